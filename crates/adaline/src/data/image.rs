//! Which columns form an image, told by their names.
//!
//! The pixel in row r and column c is in the column `p<r><c>` (`p00` … `p77`) where both sides are at most 10, and in
//! `p<r>_<c>` (`p0_0` … `p27_27`) otherwise. Rows and columns count from 0, and the pixels lie row by row.

use crate::Shape;

/// The name of a pixel's column.
pub(super) fn pixel_name(height: usize, width: usize, row: usize, column: usize) -> String {
    if height <= 10 && width <= 10 { format!("p{row}{column}") } else { format!("p{row}_{column}") }
}

/// The names of all pixels of a one-channel image, in order.
pub(super) fn pixel_names(height: usize, width: usize) -> impl Iterator<Item = String> {
    (0..height).flat_map(move |row| (0..width).map(move |column| pixel_name(height, width, row, column)))
}

/// Finds the image among a table's columns: the place of its first pixel and its shape. All pixels must be there, side
/// by side and in order, at least two rows of two.
pub(super) fn find(names: &[&str]) -> Option<(usize, Shape)> {
    let first = names.iter().position(|name| *name == "p00" || *name == "p0_0")?;
    let pixels = names.get(first..)?;
    // The width shows where the second row begins.
    let width = pixels.iter().position(|name| *name == "p10" || *name == "p1_0")?;
    if width < 2 {
        return None;
    }
    // The height is as many full rows as follow. The scheme depends on it, so try what the first name says.
    let narrow = pixels.first() == Some(&"p00");
    let name = |row: usize, column: usize| if narrow { format!("p{row}{column}") } else { format!("p{row}_{column}") };
    let mut height = 0;
    while (0..width).all(|column| pixels.get(height * width + column).is_some_and(|have| *have == name(height, column)))
    {
        height += 1;
    }
    let fits = height >= 2 && narrow == (height <= 10 && width <= 10);
    fits.then_some((first, Shape::Image { channels: 1, height, width }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_found_by_their_names() {
        for (height, width) in [(8, 8), (28, 28), (2, 2), (10, 10), (11, 3), (3, 12)] {
            let mut names = vec!["id".to_owned()];
            names.extend(pixel_names(height, width));
            names.push("label".to_owned());
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            assert_eq!(find(&names), Some((1, Shape::Image { channels: 1, height, width })), "{height}x{width}");
        }
    }

    #[test]
    fn other_columns_are_no_image() {
        assert_eq!(find(&["sepal_length", "petal_length"]), None);
        assert_eq!(find(&["p00", "p01"]), None);
        assert_eq!(find(&["p00", "p10"]), None);
        // A hole in the second row leaves one full row only.
        assert_eq!(find(&["p00", "p01", "p10", "p12"]), None);
    }
}
