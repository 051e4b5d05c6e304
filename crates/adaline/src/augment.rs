//! Small changes to training images that do not change what they show: shifted, turned, mirrored. A network that sees each
//! image a little differently in every epoch learns the thing and not its place.

use crate::error::{did_you_mean, printable};
use crate::rng::{Purpose, Rng};
use crate::{Error, Result, Shape};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How far an image is shifted where nothing is said.
const SHIFT: usize = 2;

/// How far an image is turned where nothing is said, in degrees.
const ROTATE: f64 = 10.0;

/// The most pixels of a shift: more than the side of any image that is learnt.
const MOST_SHIFT: usize = 1 << 12;

/// Which changes may happen to a training image. Each image of each epoch draws its own, see [`Augment::draw`].
///
/// Its notation is a list: `shift 2` (by up to two pixels each way), `rotate 10` (by up to ten degrees each way), `flip`
/// (left and right are swapped in half of the images). Without a number a shift is of 2 pixels, a rotation of 10 degrees.
///
/// ```
/// use adaline::Augment;
/// # fn main() -> adaline::Result<()> {
/// let augment: Augment = "shift, rotate 5, flip".parse()?;
/// assert_eq!((augment.shift, augment.rotate, augment.flip), (2, 5.0, true));
/// assert_eq!(augment.to_string(), "shift 2, rotate 5, flip");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct Augment {
    /// Pixels up, down, left and right, at most; 0 for none.
    pub shift: usize,
    /// Degrees to either side, at most; 0 for none.
    pub rotate: f64,
    /// Whether half of the images are mirrored.
    pub flip: bool,
}

/// What happens to one image: first it is mirrored, then turned, then shifted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Placement {
    /// Left and right are swapped.
    pub flip: bool,
    /// Degrees about the middle, against the clock.
    pub degrees: f64,
    /// Pixels to the right.
    pub right: isize,
    /// Pixels down.
    pub down: isize,
}

impl Augment {
    /// No changes yet; add them with the methods below.
    pub fn new() -> Self {
        Augment::default()
    }

    /// Shifts by up to so many pixels.
    #[must_use]
    pub fn shift(mut self, pixels: usize) -> Self {
        self.shift = pixels;
        self
    }

    /// Turns by up to so many degrees.
    #[must_use]
    pub fn rotate(mut self, degrees: f64) -> Self {
        self.rotate = degrees;
        self
    }

    /// Mirrors half of the images.
    #[must_use]
    pub fn flip(mut self) -> Self {
        self.flip = true;
        self
    }

    /// Whether the numbers make sense.
    pub fn validate(&self) -> Result<()> {
        let fail = |message: String| Err(Error::setting("augment", message));
        if self.shift > MOST_SHIFT {
            return fail(format!("a shift by {} pixels leaves nothing of an image; give a few", self.shift));
        }
        if !(0.0..=180.0).contains(&self.rotate) {
            return fail(format!("{} degrees do not work; a rotation is by 0 to 180", self.rotate));
        }
        Ok(())
    }

    /// Whether examples of this shape can be changed so: they must be images, and something of them must stay.
    pub fn check(&self, shape: Shape) -> Result<()> {
        self.validate()?;
        let fail = |message: String| Err(Error::setting("augment", message));
        match shape {
            Shape::Image { height, width, .. } if self.shift < height.min(width) || self.shift == 0 => Ok(()),
            Shape::Image { height, width, .. } => fail(format!(
                "a shift by {} pixels leaves nothing of an image of {height}x{width}; give fewer",
                self.shift
            )),
            other => fail(format!("only images can be shifted, turned and flipped, and these examples are {other}")),
        }
    }

    /// What happens to one image. `index` numbers the images over all epochs, so that nothing depends on the order in
    /// which they are worked on, on threads, or on a run that was stopped and goes on.
    pub fn draw(&self, seed: u64, index: u64) -> Placement {
        let mut rng = Rng::stream(seed, Purpose::Augment, index);
        // All four are always drawn: one change more does not alter the others.
        let flip = rng.uniform() < 0.5;
        let turn = rng.range(-1.0, 1.0);
        let [right, down] = [(); 2].map(|()| rng.below(2 * self.shift + 1) as isize - self.shift as isize);
        Placement { flip: flip && self.flip, degrees: turn * self.rotate, right, down }
    }
}

impl Placement {
    /// The changed image behind the numbers that `out` has already.
    ///
    /// Each pixel looks up where it came from, between four pixels by their distances (bilinear). What comes from outside
    /// of the image is the nearest pixel of its border: a digit's background goes on, and so does a photo's sky, while a
    /// fixed colour would draw edges that no image has.
    ///
    /// `image` holds channels × height × width values; where it does not, nothing is added.
    pub(crate) fn extend(&self, shape: Shape, image: &[f32], out: &mut Vec<f32>) {
        let Shape::Image { height, width, .. } = shape else { return };
        if image.is_empty() || image.len() != shape.len() {
            return;
        }
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (last_row, last_column) = ((height - 1) as f64, (width - 1) as f64);
        let (middle_y, middle_x) = (last_row / 2.0, last_column / 2.0);
        for channel in image.chunks_exact(height * width) {
            for row in 0..height {
                let v = row as f64 - self.down as f64 - middle_y;
                for column in 0..width {
                    let u = column as f64 - self.right as f64 - middle_x;
                    // Back by the same angle; rows count downwards.
                    let x = (u * cos - v * sin + middle_x).clamp(0.0, last_column);
                    let y = (u * sin + v * cos + middle_y).clamp(0.0, last_row);
                    let x = if self.flip { last_column - x } else { x };
                    out.push(between(channel, (height, width), y, x));
                }
            }
        }
    }

    /// The changed image. Fails when the values do not make an image of that shape.
    ///
    /// ```
    /// use adaline::{Placement, Shape};
    /// # fn main() -> adaline::Result<()> {
    /// let shape = Shape::Image { channels: 1, height: 2, width: 3 };
    /// let image = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let right = Placement { right: 1, ..Placement::default() };
    /// assert_eq!(right.apply(shape, &image)?, [1.0, 1.0, 2.0, 4.0, 4.0, 5.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn apply(&self, shape: Shape, image: &[f32]) -> Result<Vec<f32>> {
        let is_image = matches!(shape, Shape::Image { .. });
        if !is_image || shape.is_empty() || image.len() != shape.len() {
            return Err(Error::shape("image", format!("{} values are no image of {shape}", image.len())));
        }
        let mut out = Vec::with_capacity(image.len());
        self.extend(shape, image, &mut out);
        Ok(out)
    }
}

/// The value at a place within one channel.
fn between(channel: &[f32], (height, width): (usize, usize), y: f64, x: f64) -> f32 {
    let (row, column) = (y as usize, x as usize);
    let (down, right) = ((y - row as f64) as f32, (x - column as f64) as f32);
    let (next_row, next_column) = ((row + 1).min(height - 1), (column + 1).min(width - 1));
    let along = |row: usize| {
        let (left, next) = (channel[row * width + column], channel[row * width + next_column]);
        left * (1.0 - right) + next * right
    };
    along(row) * (1.0 - down) + along(next_row) * down
}

impl fmt::Display for Augment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.shift > 0 {
            parts.push(format!("shift {}", self.shift));
        }
        if self.rotate > 0.0 {
            parts.push(format!("rotate {}", self.rotate));
        }
        if self.flip {
            parts.push("flip".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}

impl FromStr for Augment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const NAMES: [&str; 3] = ["shift", "rotate", "flip"];
        let fail = |message: String| Err(Error::setting("augment", message));
        let mut augment = Augment::new();
        let mut seen: Vec<String> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default().to_lowercase();
            let number = words.next();
            if let Some(more) = words.next() {
                return fail(format!("\"{}\" is too much after \"{}\"", printable(more), printable(&name)));
            }
            if seen.contains(&name) {
                return fail(format!("\"{}\" is there twice", printable(&name)));
            }
            let wrong = |what: &str| {
                let number = printable(number.unwrap_or_default());
                Error::setting("augment", format!("\"{number}\" does not work; {what}"))
            };
            match (name.as_str(), number) {
                ("shift", None) => augment.shift = SHIFT,
                ("shift", Some(pixels)) => {
                    let pixels = pixels.parse().ok().filter(|pixels| (1..=MOST_SHIFT).contains(pixels));
                    augment.shift = pixels.ok_or_else(|| wrong("a shift is by so many pixels: shift 2"))?;
                }
                ("rotate", None) => augment.rotate = ROTATE,
                ("rotate", Some(degrees)) => {
                    let degrees = degrees.parse().ok().filter(|degrees| *degrees > 0.0 && *degrees <= 180.0);
                    augment.rotate = degrees.ok_or_else(|| wrong("a rotation is by up to 180 degrees: rotate 10"))?;
                }
                ("flip", None) => augment.flip = true,
                ("flip", Some(_)) => return Err(wrong("flip takes no number")),
                _ => {
                    let near = did_you_mean(&name, NAMES);
                    return fail(format!(
                        "there is no change \"{}\"{near} (shift, rotate, flip: --augment \"shift 2, rotate 10, flip\")",
                        printable(&name)
                    ));
                }
            }
            seen.push(name);
        }
        Ok(augment)
    }
}

impl TryFrom<String> for Augment {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Augment> for String {
    fn from(augment: Augment) -> String {
        augment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grey(height: usize, width: usize) -> Shape {
        Shape::Image { channels: 1, height, width }
    }

    /// 0, 1, 2, … in the order of the pixels.
    fn counted(shape: Shape) -> Vec<f32> {
        (0..shape.len()).map(|i| i as f32).collect()
    }

    fn turned(degrees: f64) -> Placement {
        Placement { degrees, ..Placement::default() }
    }

    #[test]
    fn small_images_by_hand() {
        let shape = grey(3, 3);
        let image = counted(shape);
        let apply = |placement: Placement| placement.apply(shape, &image).unwrap();
        // 0 1 2
        // 3 4 5
        // 6 7 8
        assert_eq!(apply(Placement::default()), image);
        let flip = Placement { flip: true, ..Placement::default() };
        assert_eq!(apply(flip), [2.0, 1.0, 0.0, 5.0, 4.0, 3.0, 8.0, 7.0, 6.0]);
        let moved = Placement { right: -1, down: 2, ..Placement::default() };
        assert_eq!(apply(moved), [1.0, 2.0, 2.0, 1.0, 2.0, 2.0, 1.0, 2.0, 2.0]);
        // First mirrored, then shifted to the right.
        let both = Placement { flip: true, right: 1, ..Placement::default() };
        assert_eq!(apply(both), [2.0, 2.0, 1.0, 5.0, 5.0, 4.0, 8.0, 8.0, 7.0]);
    }

    #[test]
    fn a_quarter_against_the_clock_moves_the_corners() {
        let shape = Shape::Image { channels: 2, height: 3, width: 3 };
        let turned = turned(90.0).apply(shape, &counted(shape)).unwrap();
        let expected = [2.0, 5.0, 8.0, 1.0, 4.0, 7.0, 0.0, 3.0, 6.0];
        for (i, value) in turned.iter().enumerate() {
            assert!((value - (expected[i % 9] + 9.0 * (i / 9) as f32)).abs() < 1e-5, "{turned:?}");
        }
        // By 45 degrees a place lies between four pixels: the right neighbour of the middle comes from
        // (cos 45°, sin 45°) of it, as far right as down.
        let line = grey(3, 3);
        let half = super::Placement { degrees: 45.0, ..Placement::default() };
        let value = half.apply(line, &counted(line)).unwrap()[5];
        let s = 0.5f32.sqrt();
        assert!((value - (4.0 + s + 3.0 * s)).abs() < 1e-5, "{value}");
    }

    #[test]
    fn the_notation_is_read_and_written() {
        for (text, shown) in [
            ("shift", "shift 2"),
            ("flip,rotate", "rotate 10, flip"),
            (" Shift 3 ,rotate 0.5,flip ", "shift 3, rotate 0.5, flip"),
        ] {
            let augment: Augment = text.parse().unwrap();
            assert_eq!(augment.to_string(), shown);
            let json = serde_json::to_string(&augment).unwrap();
            assert_eq!(serde_json::from_str::<Augment>(&json).unwrap(), augment);
        }
        for (text, start) in [
            ("", "augment: there is no change \"\""),
            ("shfit 2", "augment: there is no change \"shfit\"; did you mean \"shift\"?"),
            ("shift 0", "augment: \"0\" does not work; a shift is by"),
            ("shift 1.5", "augment: \"1.5\" does not work"),
            ("rotate nan", "augment: \"nan\" does not work"),
            ("rotate 200", "augment: \"200\" does not work"),
            ("flip 1", "augment: \"1\" does not work; flip takes no number"),
            ("flip,flip", "augment: \"flip\" is there twice"),
            ("shift 2 3", "augment: \"3\" is too much after \"shift\""),
        ] {
            let message = text.parse::<Augment>().unwrap_err().to_string();
            assert!(message.starts_with(start), "{message}");
        }
    }

    #[test]
    fn only_images_larger_than_the_shift() {
        let augment = Augment::new().shift(3);
        assert!(augment.check(grey(4, 5)).is_ok());
        assert!(augment.check(grey(3, 5)).unwrap_err().to_string().contains("leaves nothing of an image of 3x5"));
        assert!(augment.check(Shape::Flat(9)).unwrap_err().to_string().contains("only images"));
        assert!(Augment { rotate: f64::NAN, ..augment }.validate().is_err());
        assert!(turned(1.0).apply(Shape::Flat(4), &[0.0; 4]).is_err());
        assert!(turned(1.0).apply(grey(2, 2), &[0.0; 3]).is_err());
    }

    #[test]
    fn draws_stay_within_their_bounds_and_use_them() {
        let augment = Augment::new().shift(2).rotate(10.0).flip();
        let draws: Vec<Placement> = (0..2000).map(|index| augment.draw(7, index)).collect();
        assert!(draws.iter().all(|p| p.right.abs() <= 2 && p.down.abs() <= 2 && p.degrees.abs() <= 10.0));
        for shift in -2..=2 {
            let share = draws.iter().filter(|p| p.right == shift).count() as f64 / 2000.0;
            assert!((share - 0.2).abs() < 0.04, "{shift}: {share}");
        }
        let flipped = draws.iter().filter(|p| p.flip).count();
        assert!((900..1100).contains(&flipped), "{flipped}");
        assert!(draws.iter().any(|p| p.degrees > 9.0) && draws.iter().any(|p| p.degrees < -9.0));
        // One change more does not alter the others, and an index says it all.
        let shifted = Augment::new().shift(2);
        for (index, draw) in draws.iter().enumerate() {
            let alone = shifted.draw(7, index as u64);
            assert_eq!((alone.right, alone.down, alone.flip, alone.degrees), (draw.right, draw.down, false, 0.0));
        }
    }

    proptest! {
        #[test]
        fn mirrored_twice_is_the_image(height in 1usize..6, width in 1usize..6, channels in 1usize..4) {
            let shape = Shape::Image { channels, height, width };
            let image = counted(shape);
            let flip = Placement { flip: true, ..Placement::default() };
            let twice = flip.apply(shape, &flip.apply(shape, &image).unwrap()).unwrap();
            prop_assert_eq!(twice, image);
        }

        #[test]
        fn no_value_is_new(degrees in -180.0..180.0f64, right in -9isize..9, down in -9isize..9, flip: bool) {
            let shape = grey(4, 7);
            let image = counted(shape);
            let placement = Placement { flip, degrees, right, down };
            for value in placement.apply(shape, &image).unwrap() {
                prop_assert!((-1e-4..=27.0001).contains(&value), "{}", value);
            }
            // An image of one colour stays as it is.
            let plain = placement.apply(shape, &[0.25; 28]).unwrap();
            prop_assert!(plain.iter().all(|value| (value - 0.25).abs() < 1e-6));
        }
    }
}
