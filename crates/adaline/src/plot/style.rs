//! Colours, dashes and marks. Nothing is told by colour alone: every series has its own mark or dash too.

/// A colour on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// The colours of Okabe and Ito (2002), which people with any kind of colour blindness can tell apart; their pink
    /// and yellow are darker here, because lines of them are faint on white, and grey stands for black.
    pub const PALETTE: [Colour; 8] = [
        Colour(0, 114, 178),
        Colour(213, 94, 0),
        Colour(0, 158, 115),
        Colour(170, 68, 153),
        Colour(230, 159, 0),
        Colour(86, 180, 233),
        Colour(90, 90, 90),
        Colour(178, 160, 0),
    ];

    /// The colour of series or class number `index`, from 0.
    pub fn of(index: usize) -> Colour {
        Self::PALETTE[index % Self::PALETTE.len()]
    }

    /// This colour with a part of `other` in it: 0 is this one, 1 the other.
    pub(super) fn mix(self, other: Colour, part: f64) -> Colour {
        let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
        let mix = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
        Colour(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// How light it looks, 0 to 1: WCAG's relative luminance.
    pub(super) fn luminance(self) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Black or white, whichever reads better on this colour.
    pub(super) fn ink(self) -> Colour {
        let light = self.luminance();
        if 1.05 / (light + 0.05) > (light + 0.05) / (INK.luminance() + 0.05) { WHITE } else { INK }
    }
}

pub(super) const WHITE: Colour = Colour(255, 255, 255);
/// Text and the outlines that carry meaning.
pub(super) const INK: Colour = Colour(33, 37, 41);
/// Text that only helps: ticks, subtitles.
pub(super) const SOFT_INK: Colour = Colour(84, 90, 96);
pub(super) const GRID: Colour = Colour(230, 233, 236);
pub(super) const ZERO_LINE: Colour = Colour(173, 181, 189);
pub(super) const FRAME: Colour = Colour(134, 142, 150);

/// A sequence of colours between which a value is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColourMap {
    /// White to dark blue: shares and counts.
    Blues,
    /// Dark violet over green to yellow, light grows evenly: values with no middle (after viridis).
    Viridis,
    /// Blue over white to orange-red: values on both sides of a middle.
    Diverging,
}

impl ColourMap {
    pub(super) fn at(self, part: f64) -> Colour {
        let stops: &[Colour] = match self {
            ColourMap::Blues => &[
                Colour(250, 252, 254),
                Colour(214, 230, 244),
                Colour(158, 202, 225),
                Colour(83, 157, 204),
                Colour(24, 100, 170),
                Colour(8, 48, 107),
            ],
            ColourMap::Viridis => &[
                Colour(68, 1, 84),
                Colour(65, 68, 135),
                Colour(42, 120, 142),
                Colour(34, 168, 132),
                Colour(122, 209, 81),
                Colour(253, 231, 37),
            ],
            ColourMap::Diverging => &[
                Colour(5, 80, 140),
                Colour(67, 147, 195),
                Colour(146, 197, 222),
                Colour(247, 247, 247),
                Colour(244, 180, 130),
                Colour(220, 110, 50),
                Colour(160, 60, 0),
            ],
        };
        let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 } * (stops.len() - 1) as f64;
        let left = (part.floor() as usize).min(stops.len() - 2);
        stops[left].mix(stops[left + 1], part - left as f64)
    }
}

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Long pieces.
    Dashed,
    /// Points.
    Dotted,
    /// Long and short in turn.
    DashDot,
}

impl Dash {
    /// The dash of series number `index`, from 0.
    pub fn of(index: usize) -> Dash {
        [Dash::Solid, Dash::Dashed, Dash::DashDot, Dash::Dotted][index % 4]
    }

    /// Lengths drawn and left out in turn, in units of the line's width.
    pub(super) fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[4.5, 2.6],
            Dash::Dotted => &[0.1, 2.4],
            Dash::DashDot => &[5.0, 2.4, 0.1, 2.4],
        }
    }
}

/// The shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// ●
    Circle,
    /// ▲
    Triangle,
    /// ■
    Square,
    /// ◆
    Diamond,
    /// ▼
    TriangleDown,
    /// ✚
    Plus,
    /// ✖
    Cross,
    /// ★
    Star,
}

impl Mark {
    const ALL: [Mark; 8] = [
        Mark::Circle,
        Mark::Triangle,
        Mark::Square,
        Mark::Diamond,
        Mark::TriangleDown,
        Mark::Plus,
        Mark::Cross,
        Mark::Star,
    ];

    /// The mark of series or class number `index`, from 0.
    pub fn of(index: usize) -> Mark {
        Self::ALL[index % Self::ALL.len()]
    }

    /// The mark as a letter in a terminal.
    pub(super) fn letter(self, hollow: bool) -> char {
        match (self, hollow) {
            (Mark::Circle, false) => '●',
            (Mark::Circle, true) => '○',
            (Mark::Triangle, false) => '▲',
            (Mark::Triangle, true) => '△',
            (Mark::Square, false) => '■',
            (Mark::Square, true) => '□',
            (Mark::Diamond, false) => '◆',
            (Mark::Diamond, true) => '◇',
            (Mark::TriangleDown, false) => '▼',
            (Mark::TriangleDown, true) => '▽',
            (Mark::Plus, _) => '+',
            (Mark::Cross, _) => '×',
            (Mark::Star, false) => '★',
            (Mark::Star, true) => '☆',
        }
    }

    /// The corners around 0, 0 for a mark as large as a circle of radius 1; none for the circle itself.
    pub(super) fn corners(self) -> Vec<(f64, f64)> {
        let turned = |corners: &[(f64, f64)], angle: f64| -> Vec<(f64, f64)> {
            let (sin, cos) = angle.sin_cos();
            corners.iter().map(|(x, y)| (x * cos - y * sin, x * sin + y * cos)).collect()
        };
        const PLUS: [(f64, f64); 12] = {
            let (a, b) = (0.36, 1.15);
            [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)]
        };
        match self {
            Mark::Circle => Vec::new(),
            Mark::Triangle => vec![(0.0, -1.22), (1.12, 0.78), (-1.12, 0.78)],
            Mark::TriangleDown => vec![(0.0, 1.22), (1.12, -0.78), (-1.12, -0.78)],
            Mark::Square => vec![(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Mark::Diamond => vec![(0.0, -1.25), (1.1, 0.0), (0.0, 1.25), (-1.1, 0.0)],
            Mark::Plus => PLUS.to_vec(),
            Mark::Cross => turned(&PLUS, std::f64::consts::FRAC_PI_4),
            Mark::Star => (0..10)
                .map(|i| {
                    let angle = std::f64::consts::PI * (f64::from(i) / 5.0 - 0.5);
                    let radius = if i % 2 == 0 { 1.4 } else { 0.6 };
                    (radius * angle.cos(), radius * angle.sin())
                })
                .collect(),
        }
    }
}

/// Colour and mark of series or class number `index`: no two of the first 64 have both in common.
pub(super) fn series(index: usize) -> (Colour, Mark) {
    (Colour::of(index), Mark::of(index + index / Colour::PALETTE.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_readable_on_every_shade() {
        for i in 0..=100 {
            let shade = ColourMap::Blues.at(f64::from(i) / 100.0);
            let (a, b) = (shade.luminance(), shade.ink().luminance());
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 3.9, "{shade:?}: {contrast}");
        }
    }

    #[test]
    fn series_differ_in_mark_and_dash() {
        for i in 0..8 {
            for j in 0..i {
                assert_ne!(Mark::of(i), Mark::of(j));
                assert_ne!(Mark::of(i).letter(false), Mark::of(j).letter(false));
                assert_ne!(Colour::of(i), Colour::of(j));
            }
        }
        assert_ne!(Dash::of(0), Dash::of(1));
    }

    #[test]
    fn a_colour_map_takes_any_number() {
        for part in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1.0, 2.0] {
            for map in [ColourMap::Blues, ColourMap::Viridis, ColourMap::Diverging] {
                let _ = map.at(part);
            }
        }
        assert_eq!(ColourMap::Diverging.at(0.5), Colour(247, 247, 247));
    }
}
