//! A drawing made in pixels of its own: a panel without axes. And what a terminal shows instead.

use super::raster::Raster;
use super::scene::{Area, Scene, Shape};
use super::words::{self, columns};

/// Shapes on a sheet, scaled to their panel as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
    pub(super) blocks: Vec<Block>,
}

/// A part of the drawing in a terminal: lines that are always there, and images where there is room.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub(super) lines: Vec<String>,
    /// Each with a line above it, which may be empty.
    pub(super) images: Vec<(String, Raster)>,
}

impl Drawing {
    pub(super) fn draw(&self, scene: &mut Scene, plot: &Area) {
        let scale = (plot.width() / self.width.max(1.0)).min(plot.height() / self.height.max(1.0));
        scene.shapes.extend(self.shapes.iter().map(|shape| shape.moved(scale, (plot.left, plot.top))));
    }

    /// As letters. Captions come first; what is left of the room goes to the images, the first ones first.
    pub(super) fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let mut room = height.saturating_sub(self.blocks.iter().map(|block| block.lines.len()).sum());
        let mut lines = Vec::new();
        for block in &self.blocks {
            lines.extend(block.lines.iter().map(|line| words::fit(line, width)));
            let beside = image_lines(&block.images, width, room);
            room -= beside.len();
            lines.extend(beside);
        }
        lines.truncate(height);
        lines
    }
}

/// As many images as stand in the width, in as many rows as stand in the height.
fn image_lines(images: &[(String, Raster)], width: usize, height: usize) -> Vec<String> {
    const GAP: usize = 3;
    let mut out = Vec::new();
    let mut rest = images;
    while let [(_, first), ..] = rest {
        let wide = |(name, raster): &(String, Raster)| {
            let cells = if raster.columns <= 9 { 2 * raster.columns } else { raster.columns };
            cells.max(columns(name).min(cells + 4))
        };
        let mut used = 0;
        let fits = rest.iter().take_while(|image| {
            used += wide(image) + GAP;
            used - GAP <= width
        });
        let count = fits.count();
        let named = rest.iter().take(count).any(|(name, _)| !name.is_empty());
        let rows = if first.columns <= 9 { first.rows } else { first.rows.div_ceil(2) } + usize::from(named);
        // A blank line parts two rows of images.
        let gap = usize::from(!out.is_empty());
        if count == 0 || out.len() + rows + gap > height {
            break;
        }
        out.extend(std::iter::repeat_n(String::new(), gap));
        let (row, behind) = rest.split_at(count);
        let pictures: Vec<Vec<String>> = row
            .iter()
            .map(|(name, raster)| named.then(|| name.clone()).into_iter().chain(raster.letters()).collect())
            .collect();
        for i in 0..rows {
            let mut line = String::new();
            let mut start = 0usize;
            for (image, picture) in row.iter().zip(&pictures) {
                line.push_str(&" ".repeat(start.saturating_sub(columns(&line))));
                line.push_str(&words::fit(picture.get(i).map_or("", String::as_str), wide(image)));
                start += wide(image) + GAP;
            }
            out.push(line);
        }
        rest = behind;
    }
    out
}
