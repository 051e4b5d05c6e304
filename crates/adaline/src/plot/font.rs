//! The fonts that PNG pictures are drawn with, and how wide a text is in them.

use std::sync::LazyLock;

/// A face inside the library: its bytes, and whether it is the bold one.
pub(super) struct Face {
    pub(super) data: &'static [u8],
    bold: bool,
}

/// Tried in this order, letter by letter. Another script is one more line here.
pub(super) static FACES: [Face; 3] = [
    Face { data: include_bytes!("fonts/DejaVuSans-subset.ttf"), bold: false },
    Face { data: include_bytes!("fonts/DejaVuSans-Bold-subset.ttf"), bold: true },
    Face { data: include_bytes!("fonts/AdalineHangul-subset.ttf"), bold: false },
];

/// What SVG viewers are asked for. Verdana is drawn to almost the same widths; other fonts are narrower.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// The family name inside the first face.
pub(super) const FIRST_FAMILY: &str = "DejaVu Sans";

static WIDTHS: LazyLock<Vec<Widths>> = LazyLock::new(|| FACES.iter().map(Widths::read).collect());

/// The width of a text in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    text.chars().map(|c| advance(c, bold)).sum::<f64>() * size
}

/// The advance of one letter in ems. A letter that no face has is taken to be as wide as the terminal would have it.
fn advance(c: char, bold: bool) -> f64 {
    let in_weight = WIDTHS.iter().filter(|face| face.bold == bold).find_map(|face| face.advance(c));
    let in_any = || WIDTHS.iter().find_map(|face| face.advance(c));
    in_weight.or_else(in_any).unwrap_or(match super::words::columns_of(c) {
        0 => 0.0,
        1 => 0.6,
        _ => 1.0,
    })
}

/// The text, cut with `…` so that it is at most `room` pixels wide.
pub(super) fn fit(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let room = room - width("…", size, bold);
    let mut used = 0.0;
    let mut out = String::new();
    for c in text.chars() {
        used += advance(c, bold) * size;
        if used > room {
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// The tables of a TrueType file that say how wide a letter is: `cmap` (format 4) and `hmtx`.
struct Widths {
    bold: bool,
    data: &'static [u8],
    units_per_em: f64,
    /// Where the format 4 table starts.
    cmap: usize,
    hmtx: usize,
    metrics: usize,
}

impl Widths {
    /// A face that cannot be read has no letters; a test keeps the faces readable.
    fn read(face: &Face) -> Self {
        Self::parse(face).unwrap_or(Widths {
            bold: face.bold,
            data: &[],
            units_per_em: 1.0,
            cmap: 0,
            hmtx: 0,
            metrics: 0,
        })
    }

    fn parse(face: &Face) -> Option<Self> {
        let data = face.data;
        let table = |tag: &[u8; 4]| {
            let count = u16_at(data, 4)? as usize;
            (0..count)
                .map(|i| 12 + 16 * i)
                .find(|&at| data.get(at..at + 4) == Some(tag))
                .and_then(|at| u32_at(data, at + 8))
        };
        let cmap = table(b"cmap")?;
        let subtable = (0..u16_at(data, cmap + 2)? as usize)
            .filter_map(|i| Some(cmap + u32_at(data, cmap + 4 + 8 * i + 4)?))
            .find(|&at| u16_at(data, at) == Some(4))?;
        let units = u16_at(data, table(b"head")? + 18)?;
        let metrics = u16_at(data, table(b"hhea")? + 34)? as usize;
        Some(Widths {
            bold: face.bold,
            data,
            units_per_em: f64::from(units.max(1)),
            cmap: subtable,
            hmtx: table(b"hmtx")?,
            metrics,
        })
    }

    fn advance(&self, c: char) -> Option<f64> {
        let glyph = self.glyph(u16::try_from(u32::from(c)).ok()?)?;
        let units = u16_at(self.data, self.hmtx + 4 * glyph.min(self.metrics.checked_sub(1)?))?;
        Some(f64::from(units) / self.units_per_em)
    }

    /// Format 4: segments of letters, each with an offset or an index into a glyph list.
    fn glyph(&self, c: u16) -> Option<usize> {
        let word = |at| u16_at(self.data, self.cmap + at);
        let twice = word(6)? as usize;
        let segment = (0..twice / 2).find(|i| word(14 + 2 * i).is_some_and(|end| end >= c))?;
        let start_at = 16 + twice + 2 * segment;
        let start = word(start_at)?;
        if c < start {
            return None;
        }
        let delta = word(start_at + twice)?;
        let range_at = start_at + 2 * twice;
        let range = word(range_at)? as usize;
        let glyph = match range {
            0 => c.wrapping_add(delta),
            _ => match word(range_at + range + 2 * (c - start) as usize)? {
                0 => 0,
                glyph => glyph.wrapping_add(delta),
            },
        };
        (glyph != 0).then_some(glyph as usize)
    }
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at + 2)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<usize> {
    let bytes = data.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Advances of DejaVu Sans and its bold, in units of 1/2048 em.
        let units = |c, bold| (advance(c, bold) * 2048.0).round();
        assert_eq!(units('A', false), 1401.0);
        assert_eq!(units('i', false), 569.0);
        assert_eq!(units('0', false), 1303.0);
        assert_eq!(units('−', false), 1716.0);
        assert_eq!(units('A', true), 1585.0);
        assert!(FACES.len() == WIDTHS.len() && WIDTHS.iter().all(|face| face.metrics > 0));
    }

    #[test]
    fn hangul_has_its_face() {
        let first_and_last = ['가', '힣', 'ㄱ', '한'];
        assert!(first_and_last.iter().all(|&c| FACES.len() == 3 && WIDTHS[2].advance(c) == Some(0.91)));
        assert_eq!(advance('한', true), 0.91, "there is no bold one, and the regular one serves");
    }

    #[test]
    fn letters_of_no_face_have_a_width_too() {
        assert_eq!(advance('漢', false), 1.0);
        assert_eq!(advance('😀', true), 1.0);
        assert_eq!(advance('\u{0}', false), 0.0);
    }

    #[test]
    fn a_long_text_is_cut_to_its_room() {
        let long = "petal width ".repeat(20);
        let cut = fit(&long, 12.0, false, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0, false) <= 100.0 && cut.len() > 8, "{cut}");
        assert_eq!(fit("short", 12.0, false, 100.0), "short");
    }

    #[test]
    fn the_letters_that_we_write_ourselves_are_in_the_fonts() {
        let written = "−·⁻⁰¹²³⁴⁵⁶⁷⁸⁹ˣ₁₂∞…←→αβσΦ√≤≥×äöüßéñřĐ";
        for c in written.chars() {
            assert!(WIDTHS.iter().any(|face| face.advance(c).is_some()), "{c}");
        }
    }
}
