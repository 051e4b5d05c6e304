//! A scene as an SVG document. The same scene gives the same bytes.

use super::font;
use super::scene::{Anchor, Pixel, Scene, Shape, Stroke, Text};
use super::style::Colour;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Writes the document.
pub(super) fn write(scene: &Scene) -> String {
    let mut out = String::with_capacity(16 * 1024);
    let (w, h) = (Num(scene.width), Num(scene.height));
    // No ids: several pictures may stand in one page.
    let title = escape(&scene.title);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
         aria-label=\"{title}\" font-family=\"{}\">\n\
         <title>{title}</title>\n<desc>{}</desc>\n",
        font::FAMILY,
        escape(&scene.description)
    );
    for shape in &scene.shapes {
        write_shape(&mut out, shape);
    }
    out.push_str("</svg>\n");
    out
}

// Writing to a String cannot fail, so the results of `write!` are dropped.
fn write_shape(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Path { pieces, closed, fill, stroke, crisp } => {
            out.push_str("<path d=\"");
            write_path(out, pieces, *closed);
            out.push('"');
            write_paint(out, *fill, *stroke);
            if *crisp {
                out.push_str(" shape-rendering=\"crispEdges\"");
            }
            out.push_str("/>\n");
        }
        Shape::Circle { centre, radius, fill, stroke } => {
            let _ = write!(out, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"", Num(centre.0), Num(centre.1), Num(*radius));
            write_paint(out, *fill, *stroke);
            out.push_str("/>\n");
        }
        Shape::Rect { corner, size, radius, fill, opacity, stroke } => {
            let _ = write!(out, "<rect x=\"{}\" y=\"{}\"", Num(corner.0), Num(corner.1));
            let _ = write!(out, " width=\"{}\" height=\"{}\"", Num(size.0.max(0.0)), Num(size.1.max(0.0)));
            if *radius > 0.0 {
                let _ = write!(out, " rx=\"{}\"", Num(*radius));
            }
            write_paint(out, *fill, *stroke);
            if *opacity < 1.0 {
                let _ = write!(out, " fill-opacity=\"{}\"", Num(*opacity));
            }
            out.push_str("/>\n");
        }
        Shape::Cells { corner, size, columns, colours } => write_cells(out, (*corner, *size), *columns, colours),
        Shape::Text(text) => write_text(out, text),
        Shape::Begin(name) => {
            let _ = write!(out, "<g>");
            if !name.is_empty() {
                let _ = write!(out, "<title>{}</title>", escape(name));
            }
            out.push('\n');
        }
        Shape::End => out.push_str("</g>\n"),
    }
}

/// Cells as one path a colour, in units of cells; neighbours of one colour in a row are one piece. The most frequent
/// colour lies below all others.
fn write_cells(out: &mut String, (corner, size): (Pixel, Pixel), columns: usize, colours: &[Colour]) {
    let columns = columns.max(1);
    let rows = colours.len().div_ceil(columns);
    let mut counts: BTreeMap<(u8, u8, u8), usize> = BTreeMap::new();
    for Colour(red, green, blue) in colours {
        *counts.entry((*red, *green, *blue)).or_default() += 1;
    }
    let Some((ground, _)) = counts.iter().max_by_key(|(_, count)| **count) else { return };
    let (x, y) = (size.0.max(0.0) / columns as f64, size.1.max(0.0) / rows as f64);
    let (left, top) = (Num(corner.0), Num(corner.1));
    let _ =
        write!(out, "<g transform=\"translate({left} {top}) scale({x:.5} {y:.5})\" shape-rendering=\"crispEdges\">");
    let paint = |key: &(u8, u8, u8)| Hex(Colour(key.0, key.1, key.2));
    let _ = write!(out, "<path fill=\"{}\" d=\"M0 0h{columns}v{rows}h-{columns}z\"/>", paint(ground));
    for colour in counts.keys().filter(|colour| *colour != ground) {
        let _ = write!(out, "<path fill=\"{}\" d=\"", paint(colour));
        for (row, cells) in colours.chunks(columns).enumerate() {
            let mut at = 0;
            for piece in cells.chunk_by(|a, b| a == b) {
                let here = piece.first().is_some_and(|c| (c.0, c.1, c.2) == *colour);
                if here {
                    let _ = write!(out, "M{at} {row}h{0}v1h-{0}z", piece.len());
                }
                at += piece.len();
            }
        }
        out.push_str("\"/>");
    }
    out.push_str("</g>\n");
}

fn write_path(out: &mut String, pieces: &[Vec<Pixel>], closed: bool) {
    for piece in pieces {
        for (i, (x, y)) in piece.iter().enumerate() {
            let command = match i {
                0 => "M",
                1 => "L",
                _ => " ",
            };
            let _ = write!(out, "{command}{} {}", Num(*x), Num(*y));
        }
        if closed {
            out.push('Z');
        }
    }
}

fn write_paint(out: &mut String, fill: Option<Colour>, stroke: Option<Stroke>) {
    match fill {
        Some(colour) => _ = write!(out, " fill=\"{}\"", Hex(colour)),
        None => out.push_str(" fill=\"none\""),
    }
    let Some(stroke) = stroke else { return };
    let _ = write!(out, " stroke=\"{}\" stroke-width=\"{}\"", Hex(stroke.colour), Num(stroke.width));
    let pattern = stroke.dash.pattern();
    if fill.is_none() {
        // Round ends make dots of the shortest dashes; corners of curves stay smooth.
        out.push_str(" stroke-linejoin=\"round\"");
        if pattern.iter().any(|p| *p < 1.0) || pattern.is_empty() {
            out.push_str(" stroke-linecap=\"round\"");
        }
    }
    if !pattern.is_empty() {
        let lengths: Vec<String> = pattern.iter().map(|part| Num(part * stroke.width).to_string()).collect();
        let _ = write!(out, " stroke-dasharray=\"{}\"", lengths.join(" "));
    }
}

fn write_text(out: &mut String, text: &Text) {
    // Capitals are 0.73 em high: half of that below the middle is the baseline.
    let down = text.size * 0.36;
    let (x, y) = text.at;
    if text.turn == 0.0 {
        let _ = write!(out, "<text x=\"{}\" y=\"{}\"", Num(x), Num(y + down));
    } else {
        let _ = write!(
            out,
            "<text transform=\"translate({} {}) rotate({})\" y=\"{}\"",
            Num(x),
            Num(y),
            Num(text.turn),
            Num(down)
        );
    }
    let _ = write!(out, " font-size=\"{}\" fill=\"{}\"", Num(text.size), Hex(text.colour));
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
        Anchor::End => out.push_str(" text-anchor=\"end\""),
    }
    if text.bold {
        out.push_str(" font-weight=\"bold\"");
    }
    let _ = writeln!(out, ">{}</text>", escape(&text.text));
}

/// A text inside XML. What XML does not allow at all is dropped.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in super::words::clean(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A length with at most two decimals and no superfluous ones.
struct Num(f64);

impl std::fmt::Display for Num {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = if self.0.is_finite() { (self.0.clamp(-1e6, 1e6) * 100.0).round() as i64 } else { 0 };
        let (whole, part) = (hundredths.abs() / 100, hundredths.abs() % 100);
        if hundredths < 0 {
            f.write_str("-")?;
        }
        match part {
            0 => write!(f, "{whole}"),
            p if p % 10 == 0 => write!(f, "{whole}.{}", p / 10),
            p => write!(f, "{whole}.{p:02}"),
        }
    }
}

struct Hex(Colour);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0.0, self.0.1, self.0.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        let written: Vec<String> =
            [0.0, -0.0, -0.001, 1.5, 2.345, -3.0, 1e300, f64::NAN].iter().map(|v| Num(*v).to_string()).collect();
        assert_eq!(written, ["0", "0", "0", "1.5", "2.35", "-3", "1000000", "0"]);
    }

    #[test]
    fn markup_in_a_name_stays_text() {
        assert_eq!(escape("<script>\"&'\u{1b}\u{fffe}"), "&lt;script&gt;&quot;&amp;&#39;");
    }
}
