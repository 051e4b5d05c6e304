//! A box for each layer, from the inputs at the top to the outputs at the bottom.

use super::super::drawing::{Block, Drawing};
use super::super::font;
use super::super::scene::{Anchor, Pixel, Scene, Shape, Stroke, Text};
use super::super::style::{Colour, FRAME, INK, SOFT_INK, WHITE};
use super::{NetworkGraph, grouped, list_of, plural, shown};

const WIDTH: f64 = 620.0;
const PAD: f64 = 14.0;
const HEAD: f64 = 13.0;
const SMALL: f64 = 11.5;
const LINE: f64 = 17.0;
/// Between two boxes.
const GAP: f64 = 18.0;
/// More layers than this are left out in the middle.
const MOST_BOXES: usize = 40;

/// What stands in a box: at its left, and at its right.
struct Words {
    head: Vec<String>,
    head_right: String,
    below: String,
    below_right: String,
    fill: Colour,
}

impl NetworkGraph {
    pub(super) fn schematic(&self) -> Drawing {
        let mut page = Drawing { width: WIDTH, ..Drawing::default() };
        let mut scene = Scene::empty();
        let mut y = 1.0;
        let mut add = |words: &Words, y: &mut f64| {
            if *y > 1.0 {
                scene.polygons(vec![arrow((WIDTH / 2.0, *y + 2.0), (WIDTH / 2.0, *y + GAP - 2.0))], FRAME);
                *y += GAP;
            }
            words.draw(&mut scene, y);
            let head = words.head.join(" ");
            let [below, right] = [&words.below, &words.head_right].map(|text| match text.is_empty() {
                true => String::new(),
                false => format!("   {text}"),
            });
            page.blocks.push(Block { lines: vec![format!("{head}{below}{right}")], images: Vec::new() });
        };
        add(
            &Words {
                head: vec!["inputs".to_owned()],
                head_right: self.form.to_string(),
                below: names_in(&self.inputs, self.form.len(), "x"),
                below_right: String::new(),
                fill: WHITE,
            },
            &mut y,
        );
        for row in shown(self.layers.len(), MOST_BOXES) {
            let Some((number, layer)) = row.and_then(|i| Some((i, self.layers.get(i)?))) else {
                let left_out = self.layers.len() - (MOST_BOXES - 1);
                add(&Words::plain(format!("… {} more", plural(left_out, "layer"))), &mut y);
                continue;
            };
            let before = number.checked_sub(1).and_then(|i| self.layers.get(i)).map_or(self.form, |layer| layer.form);
            let (head_right, fill) = match layer.parameters {
                0 => ("no parameters".to_owned(), WHITE),
                n => (plural(n, "parameter"), Colour::of(0).mix(WHITE, 0.8)),
            };
            let room = WIDTH - 3.0 * PAD - font::width(&head_right, SMALL, false);
            add(
                &Words {
                    head: wrapped(&format!("{}. {}", number + 1, layer.caption), room),
                    head_right,
                    below: format!("{before} → {}", layer.form),
                    below_right: format!("{} → {} values", grouped(before.len()), grouped(layer.units())),
                    fill,
                },
                &mut y,
            );
        }
        if self.outputs.len() > 1 {
            let words = Words {
                head: vec!["outputs".to_owned()],
                head_right: plural(self.outputs.len(), "output"),
                below: names_in(&self.outputs, self.outputs.len(), "y"),
                below_right: String::new(),
                fill: Colour::of(4).mix(WHITE, 0.7),
            };
            add(&words, &mut y);
        }
        page.shapes = scene.shapes;
        page.height = y + 1.0;
        page
    }
}

impl Words {
    fn plain(head: String) -> Self {
        let empty = String::new;
        Words { head: vec![head], head_right: empty(), below: empty(), below_right: empty(), fill: WHITE }
    }

    fn draw(&self, scene: &mut Scene, y: &mut f64) {
        let lines = self.head.len() + usize::from(!self.below.is_empty());
        let height = lines as f64 * LINE + 12.0;
        let (corner, size) = ((1.0, *y), (WIDTH - 2.0, height));
        let stroke = Some(Stroke::solid(INK, 1.2));
        scene.shapes.push(Shape::Rect { corner, size, radius: 5.0, fill: Some(self.fill), opacity: 1.0, stroke });
        let mut at = *y + 6.0 + LINE / 2.0;
        scene.text(Text::new(self.head_right.as_str(), (WIDTH - PAD, at), SMALL, INK).anchor(Anchor::End));
        for line in &self.head {
            scene.text(Text::new(line.as_str(), (PAD, at), HEAD, INK).bold());
            at += LINE;
        }
        let right = font::width(&self.below_right, SMALL, false);
        let below = font::fit(&self.below, SMALL, false, WIDTH - 3.0 * PAD - right);
        scene.text(Text::new(below, (PAD, at), SMALL, SOFT_INK));
        if !self.below.is_empty() {
            let right = Text::new(self.below_right.as_str(), (WIDTH - PAD, at), SMALL, SOFT_INK);
            scene.text(right.anchor(Anchor::End));
        }
        *y += height;
    }
}

/// As many of the names as have room, the last one among them.
fn names_in(names: &[String], count: usize, letter: &str) -> String {
    let room = WIDTH - 2.0 * PAD;
    let lists = (3..=12).rev().map(|most| list_of(names, count, letter, most));
    let mut fitting = lists.filter(|list| font::width(list, SMALL, false) <= room);
    fitting.next().unwrap_or_else(|| list_of(names, count, letter, 3))
}

/// Broken at blanks into lines that have room; a layer that needs more than four of them is cut.
fn wrapped(text: &str, room: f64) -> Vec<String> {
    const MOST_LINES: usize = 4;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let is_full = lines.len() == MOST_LINES;
        match lines.last_mut() {
            Some(line) if font::width(&format!("{line} {word}"), HEAD, true) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) if is_full => {
                line.push_str(" …");
                break;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| font::fit(line, HEAD, true, room)).collect()
}

/// A line downwards with its head.
fn arrow((x, top): Pixel, (_, bottom): Pixel) -> Vec<Pixel> {
    let neck = bottom - 7.0;
    vec![
        (x - 0.8, top),
        (x + 0.8, top),
        (x + 0.8, neck),
        (x + 4.5, neck),
        (x, bottom),
        (x - 4.5, neck),
        (x - 0.8, neck),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_layer_takes_several_lines() {
        let layer =
            "residual(conv 16 3x3 same relu, conv 16 3x3 same linear, batchnorm, conv 16 1x1 same relu, dropout 0.25)";
        let lines = wrapped(layer, 300.0);
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), layer);
        assert!(lines.iter().all(|line| font::width(line, HEAD, true) <= 300.0));
        assert!(wrapped(&layer.repeat(9), 300.0).last().is_some_and(|line| line.ends_with('…')));
    }

    #[test]
    fn of_very_many_layers_the_middle_ones_are_counted() {
        let form = crate::Shape::Flat(30);
        let many = (0..100).fold(NetworkGraph::new(&["a"]), |graph, _| graph.block("layernorm", form, 60));
        let lines: Vec<String> = many.schematic().blocks.iter().flat_map(|block| block.lines.clone()).collect();
        assert_eq!(lines.len(), 41);
        assert_eq!(lines[39], "… 61 layers more");
        assert!(lines[40].starts_with("100. layernorm"));
    }
}
