//! How formulas are written: as plain text for a terminal, or as LaTeX in Markdown.

use crate::error::printable;

/// How an explanation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Style {
    /// Plain text, for a terminal.
    Text,
    /// Markdown with formulas in LaTeX.
    Markdown,
}

/// A variable: its letter, the layer it belongs to (nothing for the network's input, `2.1` for the first layer inside the
/// second), and its indices from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol<'a> {
    pub letter: &'a str,
    pub layer: &'a str,
    pub indices: &'a [usize],
}

impl Style {
    /// A number with six digits that count.
    pub(super) fn number(self, x: f64) -> String {
        let text = short(x);
        match (self, text.split_once('e')) {
            (Style::Markdown, Some((mantissa, exponent))) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
            _ => text,
        }
    }

    /// A number inside a product: in parentheses when it has a sign.
    pub(super) fn factor(self, x: f64) -> String {
        let text = self.number(x);
        if text.starts_with('-') { format!("({text})") } else { text }
    }

    pub(super) fn times(self) -> &'static str {
        match self {
            Style::Text => " · ",
            Style::Markdown => " \\cdot ",
        }
    }

    pub(super) fn arrow(self) -> &'static str {
        match self {
            Style::Text => " ← ",
            Style::Markdown => " \\leftarrow ",
        }
    }

    /// The first factor of a product may keep its sign.
    pub(super) fn product(self, a: f64, b: f64) -> String {
        format!("{}{}{}", self.number(a), self.times(), self.factor(b))
    }

    pub(super) fn symbol(self, symbol: Symbol<'_>) -> String {
        let indices: Vec<String> = symbol.indices.iter().map(usize::to_string).collect();
        let indices = indices.join(",");
        match self {
            Style::Text => format!("{}{indices}", symbol.letter),
            Style::Markdown if symbol.layer.is_empty() => format!("{}_{{{indices}}}", symbol.letter),
            Style::Markdown => format!("{}^{{({})}}_{{{indices}}}", symbol.letter, symbol.layer),
        }
    }

    /// The derivative of the loss by a variable.
    pub(super) fn derivative(self, symbol: Symbol<'_>) -> String {
        match self {
            Style::Text => format!("dL/d{}", self.symbol(symbol)),
            Style::Markdown => format!("\\frac{{\\partial L}}{{\\partial {}}}", self.symbol(symbol)),
        }
    }

    /// A function by its name.
    pub(super) fn function(self, name: &str, argument: &str) -> String {
        match self {
            Style::Text => format!("{name}({argument})"),
            Style::Markdown => format!("\\mathrm{{{}}}({argument})", name.replace('_', "\\_")),
        }
    }

    /// A function's derivative.
    pub(super) fn slope(self, name: &str, argument: &str) -> String {
        match self {
            Style::Text => format!("{name}'({argument})"),
            Style::Markdown => format!("\\mathrm{{{}}}'({argument})", name.replace('_', "\\_")),
        }
    }

    pub(super) fn fraction(self, above: &str, below: &str) -> String {
        match self {
            Style::Text => {
                let wrap = |text: &str| if text.contains(' ') { format!("({text})") } else { text.to_owned() };
                format!("{} / {}", wrap(above), wrap(below))
            }
            Style::Markdown => format!("\\frac{{{above}}}{{{below}}}"),
        }
    }

    pub(super) fn power(self, base: &str, exponent: &str) -> String {
        match (self, exponent) {
            (Style::Text, "2") => format!("{base}²"),
            (Style::Text, _) => format!("{base}^{exponent}"),
            (Style::Markdown, _) => format!("{base}^{{{exponent}}}"),
        }
    }

    /// A heading.
    pub(super) fn heading(self, text: &str) -> String {
        match self {
            Style::Text => format!("{text}\n"),
            Style::Markdown => format!("## {text}\n\n"),
        }
    }

    /// A formula on a line of its own.
    pub(super) fn line(self, formula: &str) -> String {
        match self {
            Style::Text => format!("  {formula}\n"),
            Style::Markdown => format!("$$ {formula} $$\n\n"),
        }
    }

    /// A name from a file, inside a remark: in Markdown as code, in which no letter means anything.
    pub(super) fn name(self, name: &str) -> String {
        match self {
            Style::Text => name.to_owned(),
            Style::Markdown => format!("`{}`", name.replace('`', "'")),
        }
    }

    /// A variable inside a remark.
    pub(super) fn in_text(self, symbol: &str) -> String {
        match self {
            Style::Text => symbol.to_owned(),
            Style::Markdown => format!("${symbol}$"),
        }
    }

    /// A formula inside a remark.
    pub(super) fn code(self, formula: &str) -> String {
        match self {
            Style::Text => formula.to_owned(),
            Style::Markdown => format!("`{formula}`"),
        }
    }

    /// A remark.
    pub(super) fn remark(self, text: &str) -> String {
        match self {
            Style::Text => format!("  {}\n", printable(text)),
            Style::Markdown => format!("{}\n\n", printable(text)),
        }
    }
}

/// The shortest text that has six digits that count: `0.25`, `-1.33333`, `2e-7`.
fn short(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".to_owned() } else { x.to_string() };
    }
    // Rounding first: 9.9999996 has the exponent of 10.
    let rounded: f64 = format!("{x:.5e}").parse().unwrap_or(x);
    let size = rounded.abs();
    if !(1e-4..1e9).contains(&size) {
        return format!("{rounded:e}");
    }
    let decimals = (5 - size.log10().floor() as i64).max(0) as usize;
    let text = format!("{rounded:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_that_count() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.25, "0.25"),
            (-4.0 / 3.0, "-1.33333"),
            (2.0e-7, "2e-7"),
            (123456.789, "123457"),
            (9.9999996, "10"),
            (0.00012345678, "0.000123457"),
            (1.0e12, "1e12"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(x), text);
        }
        assert_eq!(Style::Markdown.number(2.0e-7), "2 \\cdot 10^{-7}");
        assert_eq!(Style::Text.product(-2.0, -3.0), "-2 · (-3)");
    }
}
