//! Which columns form an image: a column of images, or columns of single pixels, told by their names.
//!
//! The pixel in row r and column c is in the column `p<r><c>` (`p00` … `p77`) where both sides are at most 10, and in
//! `p<r>_<c>` (`p0_0` … `p27_27`) otherwise. A colour image has three of each: `p00_r`, `p00_g`, `p00_b`. Rows and columns
//! count from 0, and the pixels lie row by row, all red ones first.

use super::column::{Column, Values};
use crate::Shape;

/// What a pixel's name ends with.
const COLOURS: [&str; 3] = ["_r", "_g", "_b"];

/// The names of all pixels of an image, in order; none for other shapes.
pub(super) fn pixel_names(shape: Shape) -> impl Iterator<Item = String> {
    let (channels, height, width) = match shape {
        Shape::Image { channels, height, width } => (channels, height, width),
        _ => (0, 0, 0),
    };
    let gap = if height <= 10 && width <= 10 { "" } else { "_" };
    let colours: &[&str] = if channels == COLOURS.len() { &COLOURS } else { &[""] };
    let colours = colours.iter().take(channels);
    colours.flat_map(move |colour| {
        (0..height).flat_map(move |row| (0..width).map(move |column| format!("p{row}{gap}{column}{colour}")))
    })
}

/// Finds the image among a table's columns: the place of its first column, and its shape. Of single pixels all must be
/// there, side by side and in order, at least two rows of two.
pub(super) fn find(columns: &[Column]) -> Option<(usize, Shape)> {
    let whole = columns.iter().enumerate().find_map(|(place, column)| match column.values() {
        Values::Images(images) => Some((place, images.shape())),
        _ => None,
    });
    whole.or_else(|| {
        let names: Vec<&str> = columns.iter().map(Column::name).collect();
        find_pixels(&names)
    })
}

fn find_pixels(names: &[&str]) -> Option<(usize, Shape)> {
    let first_names = ["p00", "p0_0", "p00_r", "p0_0_r"];
    let first = names.iter().position(|name| first_names.contains(name))?;
    let pixels = names.get(first..)?;
    let colour = if pixels.first()?.ends_with("_r") { "_r" } else { "" };
    // The width shows where the second row begins.
    let second_row = ["p10", "p1_0"].map(|name| format!("{name}{colour}"));
    let width = pixels.iter().position(|name| second_row.iter().any(|second| second == name))?;
    if width < 2 {
        return None;
    }
    // The height is as many full rows as follow. The scheme depends on it, so try what the first name says.
    let narrow = pixels.first().is_some_and(|name| name.starts_with("p00"));
    let gap = if narrow { "" } else { "_" };
    let mut height = 0;
    let is_pixel = |name: &&str, row: usize, column: usize| *name == format!("p{row}{gap}{column}{colour}");
    while (0..width)
        .all(|column| pixels.get(height * width + column).is_some_and(|name| is_pixel(name, height, column)))
    {
        height += 1;
    }
    if height < 2 || narrow != (height <= 10 && width <= 10) {
        return None;
    }
    let channels = if colour.is_empty() { 1 } else { COLOURS.len() };
    let shape = Shape::Image { channels, height, width };
    let mut have = pixels.iter();
    pixel_names(shape).all(|name| have.next().is_some_and(|have| *have == name)).then_some((first, shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_found_by_their_names() {
        for (channels, height, width) in
            [(1, 8, 8), (1, 28, 28), (1, 2, 2), (1, 10, 10), (1, 11, 3), (1, 3, 12), (3, 2, 2), (3, 12, 12)]
        {
            let shape = Shape::Image { channels, height, width };
            let mut names = vec!["id".to_owned()];
            names.extend(pixel_names(shape));
            names.push("label".to_owned());
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            assert_eq!(find_pixels(&names), Some((1, shape)));
        }
    }

    #[test]
    fn other_columns_are_no_image() {
        assert_eq!(find_pixels(&["sepal_length", "petal_length"]), None);
        assert_eq!(find_pixels(&["p00", "p01"]), None);
        assert_eq!(find_pixels(&["p00", "p10"]), None);
        // A hole in the second row leaves one full row only.
        assert_eq!(find_pixels(&["p00", "p01", "p10", "p12"]), None);
        // Red alone is no image.
        assert_eq!(find_pixels(&["p00_r", "p01_r", "p10_r", "p11_r"]), None);
    }
}
