//! One image while it is read: grey or colour, turned, resized.

/// The pixels of one image, row by row, the channels of a pixel side by side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    /// 1 for grey, 3 for red, green and blue.
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) bytes: Vec<u8>,
}

impl Picture {
    /// Grey by the weights of ITU-R BT.601, rounded, as Pillow's mode "L" has them.
    pub(super) fn into_grey(self) -> Picture {
        if self.channels == 1 {
            return self;
        }
        let grey = |pixel: &[u8]| match *pixel {
            [red, green, blue] => {
                ((u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471 + 0x8000) >> 16) as u8
            }
            _ => 0,
        };
        let bytes = self.bytes.chunks_exact(3).map(grey).collect();
        Picture { channels: 1, bytes, ..self }
    }

    /// A colour image in which all pixels are grey, as the grey image that it is.
    #[cfg_attr(not(feature = "images"), allow(dead_code, reason = "only image files need it"))]
    pub(super) fn reduced(self) -> Picture {
        let is_grey = self.channels == 1 || self.bytes.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]);
        if is_grey { self.into_grey() } else { self }
    }

    /// What a camera's orientation (1 to 8, as EXIF numbers them) makes of the image.
    #[cfg_attr(not(feature = "images"), allow(dead_code, reason = "only image files need it"))]
    pub(super) fn oriented(self, orientation: u8) -> Picture {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        // From 5 on rows and columns change places.
        let (height, width) = if orientation >= 5 { (self.width, self.height) } else { (self.height, self.width) };
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for row in 0..height {
            for column in 0..width {
                let (bottom, right) = (height - 1 - row, width - 1 - column);
                let (y, x) = match orientation {
                    2 => (row, right),
                    3 => (bottom, right),
                    4 => (bottom, column),
                    5 => (column, row),
                    6 => (right, row),
                    7 => (right, bottom),
                    _ => (column, bottom),
                };
                let at = (y * self.width + x) * self.channels;
                bytes.extend_from_slice(&self.bytes[at..at + self.channels]);
            }
        }
        Picture { channels: self.channels, height, width, bytes }
    }

    /// The image in another size: each new pixel is the mean of the old ones under it, weighed by a triangle that is two
    /// new pixels wide (two old ones where the image grows). It is what Pillow calls `BILINEAR`, with the sums rounded once
    /// at the end.
    pub(super) fn resized(self, height: usize, width: usize) -> Picture {
        if (height, width) == (self.height, self.width) {
            return self;
        }
        let (channels, stride) = (self.channels, self.width * self.channels);
        let columns = weights(self.width, width);
        let mut bytes = Vec::with_capacity(height * width * channels);
        let mut line = vec![0.0f32; stride];
        for (first, rows) in weights(self.height, height) {
            line.fill(0.0);
            for (weight, row) in rows.iter().zip(self.bytes.chunks_exact(stride).skip(first)) {
                line.iter_mut().zip(row).for_each(|(sum, &byte)| *sum += weight * f32::from(byte));
            }
            for (first, columns) in &columns {
                let mut pixel = [0.0f32; 3];
                for (weight, values) in columns.iter().zip(line.chunks_exact(channels).skip(*first)) {
                    pixel.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
                }
                // Casting from float to integer holds the value between 0 and 255.
                bytes.extend(pixel.iter().take(channels).map(|value| (value + 0.5) as u8));
            }
        }
        Picture { channels, height, width, bytes }
    }

    /// The image with this many channels, as a column of images holds it: channel by channel.
    pub(super) fn planes(self, channels: usize) -> Vec<u8> {
        let picture = if channels == 1 { self.into_grey() } else { self };
        match picture.channels {
            1 => picture.bytes.repeat(channels),
            own => (0..own).flat_map(|channel| picture.bytes.iter().skip(channel).step_by(own)).copied().collect(),
        }
    }
}

/// For each of the new places the first old one that it is made of, and the weights from there on, which add up to one.
fn weights(old: usize, new: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = old as f64 / new as f64;
    let reach = scale.max(1.0);
    (0..new)
        .map(|place| {
            let middle = (place as f64 + 0.5) * scale;
            let first = (middle - reach + 0.5).max(0.0) as usize;
            let end = ((middle + reach + 0.5) as usize).min(old);
            let triangle = |at: usize| (1.0 - ((at as f64 + 0.5 - middle) / reach).abs()).max(0.0);
            let sum: f64 = (first..end).map(triangle).sum();
            (first, (first..end).map(|at| (triangle(at) / sum) as f32).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(height: usize, width: usize, bytes: &[u8]) -> Picture {
        Picture { channels: 1, height, width, bytes: bytes.to_vec() }
    }

    #[test]
    fn sizes_by_hand() {
        // Four pixels in a row become two, each made of three by the weights 3, 3 and 1: (0·3 + 80·3 + 160·1) / 7 and
        // (80·1 + 160·3 + 240·3) / 7.
        assert_eq!(grey(1, 4, &[0, 80, 160, 240]).resized(1, 2).bytes, [57, 183]);
        // Two become four: quarters between the middles, and the ends stay.
        assert_eq!(grey(2, 1, &[0, 100]).resized(4, 1).bytes, [0, 25, 75, 100]);
        assert_eq!(grey(2, 3, &[7; 6]).resized(5, 2), grey(5, 2, &[7; 10]));
        assert_eq!(grey(1, 1, &[9]).resized(3, 3), grey(3, 3, &[9; 9]));
    }

    /// `PIL.Image.fromarray(…).resize((3, 4), Image.BILINEAR)`, Pillow 13, of the image with the bytes 37·i² mod 256.
    #[test]
    fn sizes_are_pillows() {
        let bytes: Vec<u8> = (0..63u32).map(|i| (37 * i * i % 256) as u8).collect();
        let image = grey(9, 7, &bytes).resized(4, 3);
        let pillow: [u8; 12] = [67, 123, 132, 133, 118, 117, 110, 167, 110, 106, 151, 126];
        for (ours, theirs) in image.bytes.iter().zip(pillow) {
            assert!(ours.abs_diff(theirs) <= 1, "{:?}", image.bytes);
        }
        let image = grey(3, 2, &bytes[..6]).resized(4, 5);
        let pillow: [u8; 20] = [0, 4, 19, 33, 37, 93, 90, 78, 65, 62, 123, 121, 115, 108, 107, 80, 88, 119, 149, 157];
        for (ours, theirs) in image.bytes.iter().zip(pillow) {
            assert!(ours.abs_diff(theirs) <= 1, "{:?}", image.bytes);
        }
    }

    #[test]
    fn colour_becomes_grey_and_lies_in_planes() {
        let picture = Picture { channels: 3, height: 1, width: 2, bytes: vec![255, 0, 0, 10, 10, 10] };
        assert_eq!(picture.clone().planes(3), [255, 10, 0, 10, 0, 10]);
        // 0.299 · 255 = 76.2
        assert_eq!(picture.clone().planes(1), [76, 10]);
        assert_eq!(picture.clone().reduced(), picture);
        let plain = Picture { channels: 3, height: 1, width: 1, bytes: vec![8, 8, 8] };
        assert_eq!(plain.reduced(), grey(1, 1, &[8]));
        assert_eq!(grey(1, 2, &[1, 2]).planes(3), [1, 2, 1, 2, 1, 2]);
    }

    #[test]
    fn orientations_are_those_of_exif() {
        // 1 2 3
        // 4 5 6
        let image = grey(2, 3, &[1, 2, 3, 4, 5, 6]);
        for (orientation, height, bytes) in [
            (1, 2, [1, 2, 3, 4, 5, 6]),
            (2, 2, [3, 2, 1, 6, 5, 4]), // mirrored
            (3, 2, [6, 5, 4, 3, 2, 1]), // turned by half
            (4, 2, [4, 5, 6, 1, 2, 3]), // upside down in a mirror
            (5, 3, [1, 4, 2, 5, 3, 6]), // rows are columns
            (6, 3, [4, 1, 5, 2, 6, 3]), // to be turned with the clock
            (7, 3, [6, 3, 5, 2, 4, 1]),
            (8, 3, [3, 6, 2, 5, 1, 4]), // to be turned against the clock
            (9, 2, [1, 2, 3, 4, 5, 6]),
        ] {
            assert_eq!(image.clone().oriented(orientation), grey(height, 6 / height, &bytes), "{orientation}");
        }
    }
}
