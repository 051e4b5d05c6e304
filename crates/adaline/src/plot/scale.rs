//! From values to places along an axis: ranges, nice ticks, and numbers as they are written on them.

/// Where one value stands along an axis, and what is written there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    /// Empty on the small ticks of a logarithmic axis.
    pub(super) label: String,
}

/// How a number is written: as in print (`−2·10⁶`) or with the letters that every terminal has (`-2e6`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Print,
    Plain,
}

/// A range of values on an axis, linear or logarithmic. Always finite, never empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) lo: f64,
    pub(super) hi: f64,
    pub(super) log: bool,
}

/// Values beyond this are drawn as this, so that no difference of two values overflows.
const HUGE: f64 = 1e300;
/// A span smaller than this part of the values cannot be labelled in a few digits.
const SMALLEST_SPAN: f64 = 1e-6;

impl Scale {
    /// A range given by hand: in order, finite and not empty, whatever was given.
    pub(super) fn new(lo: f64, hi: f64, log: bool) -> Self {
        let held = |v: f64, other: f64| if v.is_nan() { other } else { v.clamp(-HUGE, HUGE) };
        let (lo, hi) = (held(lo, 0.0), held(hi, 1.0));
        let (lo, hi) = if lo <= hi { (lo, hi) } else { (hi, lo) };
        if log {
            let hi = if hi > 0.0 { hi.max(1e-299) } else { 1.0 };
            let lo = if lo > 0.0 { lo.max(1e-300).min(hi) } else { hi / 1e3 };
            if hi / lo < 1.01 {
                return Scale { lo: lo / 3.0, hi: hi * 3.0, log };
            }
            return Scale { lo, hi, log };
        }
        let magnitude = lo.abs().max(hi.abs());
        if hi - lo < SMALLEST_SPAN * magnitude || hi - lo < 1e-290 {
            let half = if magnitude < 1e-290 { 0.5 } else { magnitude * 0.05 };
            let middle = lo / 2.0 + hi / 2.0;
            return Scale { lo: middle - half, hi: middle + half, log };
        }
        Scale { lo, hi, log }
    }

    /// The range of the values that can be drawn, with a margin of `pad` of its length at both ends.
    pub(super) fn around(values: impl Iterator<Item = f64>, log: bool, pad: f64) -> Self {
        let mut range: Option<(f64, f64)> = None;
        for v in values.filter(|v| v.is_finite() && (!log || *v > 0.0)) {
            let (lo, hi) = range.unwrap_or((v, v));
            range = Some((lo.min(v), hi.max(v)));
        }
        let Some((lo, hi)) = range else {
            return if log { Scale::new(0.1, 10.0, true) } else { Scale::new(0.0, 1.0, false) };
        };
        let exact = Scale::new(lo, hi, log);
        if log {
            let factor = (exact.hi.log10() - exact.lo.log10()) * pad;
            return Scale::new(exact.lo / 10f64.powf(factor), exact.hi * 10f64.powf(factor), true);
        }
        let margin = (exact.hi - exact.lo) * pad;
        Scale::new(exact.lo - margin, exact.hi + margin, false)
    }

    /// 0 at the low end, 1 at the high end, beyond them outside. NaN for what has no place here.
    pub(super) fn unit(&self, value: f64) -> f64 {
        if !value.is_finite() || (self.log && value <= 0.0) {
            return f64::NAN;
        }
        if self.log {
            let (lo, hi) = (self.lo.log10(), self.hi.log10());
            (value.log10() - lo) / (hi - lo)
        } else {
            (value.clamp(-HUGE, HUGE) - self.lo) / (self.hi - self.lo)
        }
    }

    /// The value at a place between 0 and 1.
    pub(super) fn value(&self, unit: f64) -> f64 {
        if self.log {
            let (lo, hi) = (self.lo.log10(), self.hi.log10());
            10f64.powf(lo + unit * (hi - lo))
        } else {
            self.lo + unit * (self.hi - self.lo)
        }
    }

    /// About `target` ticks at round values.
    pub(super) fn ticks(&self, target: usize, notation: Notation) -> Vec<Tick> {
        let target = target.clamp(1, 30);
        if self.log { self.log_ticks(target, notation) } else { self.linear_ticks(target, notation) }
    }

    fn linear_ticks(&self, target: usize, notation: Notation) -> Vec<Tick> {
        let step = NiceStep::near((self.hi - self.lo) / target as f64);
        let size = step.size();
        let first = (self.lo / size - 1e-9).ceil();
        let last = (self.hi / size + 1e-9).floor();
        let count = (last - first).clamp(0.0, 100.0) as usize;
        let largest = self.lo.abs().max(self.hi.abs());
        let tick = |i: usize| {
            let steps = first + i as f64;
            let value = step.times(steps);
            Tick { value, label: number(value, step.exponent, largest, notation) }
        };
        if last < first { Vec::new() } else { (0..=count).map(tick).collect() }
    }

    fn log_ticks(&self, target: usize, notation: Notation) -> Vec<Tick> {
        let (lo, hi) = (self.lo.log10(), self.hi.log10());
        let inside = |v: f64| v >= self.lo * (1.0 - 1e-9) && v <= self.hi * (1.0 + 1e-9);
        let decades = hi - lo;
        let (from, to) = (lo.floor() as i32, hi.ceil() as i32);
        let mut ticks = Vec::new();
        // Below 1.5 decades every round value is named, below 3 also 2 and 5, above that whole decades only.
        let named: &[i32] = if decades < 1.5 && target > 3 {
            &[1, 2, 3, 5, 7]
        } else if decades < 3.0 && target >= (3.0 * decades) as usize {
            &[1, 2, 5]
        } else {
            &[1]
        };
        let every = ((decades / target as f64).ceil() as i32).max(1);
        for exponent in from..=to {
            let decade = 10f64.powi(exponent);
            for digit in 1..10 {
                let value =
                    if exponent < 0 { f64::from(digit) / 10f64.powi(-exponent) } else { f64::from(digit) * decade };
                if !inside(value) {
                    continue;
                }
                let show = named.contains(&digit) && (digit != 1 || exponent.rem_euclid(every) == 0);
                if show {
                    ticks.push(Tick { value, label: number(value, exponent, value, notation) });
                } else if every == 1 || (digit == 1 && decades < 50.0) {
                    ticks.push(Tick { value, label: String::new() });
                }
            }
        }
        ticks
    }
}

/// 1, 2 or 5 times a power of ten.
struct NiceStep {
    digit: f64,
    exponent: i32,
}

impl NiceStep {
    fn near(raw: f64) -> Self {
        let exponent = raw.log10().floor();
        let part = raw / 10f64.powf(exponent);
        let exponent = exponent as i32;
        match part {
            p if p < 1.5 => NiceStep { digit: 1.0, exponent },
            p if p < 3.5 => NiceStep { digit: 2.0, exponent },
            p if p < 7.5 => NiceStep { digit: 5.0, exponent },
            _ => NiceStep { digit: 1.0, exponent: exponent + 1 },
        }
    }

    fn size(&self) -> f64 {
        self.times(1.0)
    }

    /// So many steps, divided where that is exact and multiplying would not be.
    fn times(&self, steps: f64) -> f64 {
        let value = steps * self.digit;
        if self.exponent < 0 && self.exponent > -300 {
            value / 10f64.powi(-self.exponent)
        } else {
            value * 10f64.powi(self.exponent)
        }
    }
}

/// A number on an axis whose steps are of size 10^`exponent` and whose largest value is `largest`.
fn number(value: f64, exponent: i32, largest: f64, notation: Notation) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    let largest = largest.abs().max(value.abs());
    let text = if largest < 1e6 && exponent >= -4 {
        let decimals = exponent.clamp(-4, 0).unsigned_abs() as usize;
        format!("{value:.decimals$}")
    } else if value == 0.0 {
        "0".to_owned()
    } else {
        let power = value.abs().log10().floor() as i32;
        let mantissa = value / 10f64.powi(power.max(-300)) / if power < -300 { 10f64.powi(power + 300) } else { 1.0 };
        let decimals = (power - exponent).clamp(0, 7) as usize;
        let mut mantissa = format!("{mantissa:.decimals$}");
        if mantissa.contains('.') {
            mantissa.truncate(mantissa.trim_end_matches('0').trim_end_matches('.').len());
        }
        match (notation, mantissa.as_str()) {
            (Notation::Plain, _) => format!("{mantissa}e{power}"),
            (Notation::Print, "1") => format!("10{}", superscript(power)),
            (Notation::Print, "-1") => format!("-10{}", superscript(power)),
            (Notation::Print, _) => format!("{mantissa}·10{}", superscript(power)),
        }
    };
    printed(text, notation)
}

/// A number in a sentence or a formula: four significant digits, without a tail of zeroes.
pub(super) fn short(value: f64, notation: Notation) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".to_owned()
        } else {
            printed(format!("{value}"), notation).replace("inf", "∞")
        };
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let power = value.abs().log10().floor() as i32;
    if (-4..6).contains(&power) {
        let mut text = format!("{value:.*}", (3 - power).clamp(0, 8) as usize);
        if text.contains('.') {
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        }
        return printed(text, notation);
    }
    number(value, power - 3, value, notation)
}

fn printed(text: String, notation: Notation) -> String {
    if notation == Notation::Print { text.replace('-', "−") } else { text }
}

fn superscript(power: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    power.to_string().chars().map(|c| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(lo: f64, hi: f64, log: bool, target: usize) -> Vec<String> {
        Scale::new(lo, hi, log)
            .ticks(target, Notation::Print)
            .into_iter()
            .map(|t| t.label)
            .filter(|l| !l.is_empty())
            .collect()
    }

    #[test]
    fn ticks_are_at_round_values() {
        assert_eq!(labels(-5.0, 5.0, false, 5), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(labels(0.0, 1.0, false, 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(0.0, 3e6, false, 3), ["0", "10⁶", "2·10⁶", "3·10⁶"]);
        assert_eq!(labels(0.0, 3e-7, false, 3), ["0", "10⁻⁷", "2·10⁻⁷", "3·10⁻⁷"]);
        assert_eq!(labels(1e-3, 1e2, true, 6), ["0.001", "0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(0.09, 11.0, true, 8), ["0.1", "0.2", "0.5", "1", "2", "5", "10"]);
    }

    #[test]
    fn a_number_in_a_sentence_is_short() {
        assert_eq!(short(0.4, Notation::Print), "0.4");
        assert_eq!(short(-0.6, Notation::Print), "−0.6");
        assert_eq!(short(1234.567, Notation::Plain), "1235");
        assert_eq!(short(1e-9, Notation::Print), "10⁻⁹");
        assert_eq!(short(f64::NAN, Notation::Print), "NaN");
        assert_eq!(short(f64::NEG_INFINITY, Notation::Plain), "-∞");
    }

    #[test]
    fn a_single_value_gets_a_range_around_it() {
        for value in [0.0, 7.0, -1e-320, 1e300, f64::MAX, f64::MIN] {
            let scale = Scale::around([value].into_iter(), false, 0.05);
            assert!(scale.lo < scale.hi && scale.lo.is_finite() && scale.hi.is_finite(), "{value}: {scale:?}");
            assert!((0.0..=1.0).contains(&scale.unit(value)), "{value}: {scale:?}");
        }
    }

    proptest! {
        #[test]
        fn any_range_has_finite_ticks_inside_it(a in any::<f64>(), b in any::<f64>(), log in any::<bool>(), target in 1usize..12) {
            let scale = Scale::new(a, b, log);
            prop_assert!(scale.lo < scale.hi && (scale.hi - scale.lo).is_finite());
            let ticks = scale.ticks(target, Notation::Print);
            prop_assert!(ticks.len() <= 400);
            for tick in &ticks {
                let place = scale.unit(tick.value);
                prop_assert!((-1e-6..=1.0 + 1e-6).contains(&place), "{scale:?} {tick:?} at {place}");
            }
            if !log {
                prop_assert!(ticks.len() <= 4 * target + 2, "{scale:?} {ticks:?}");
                let mut names: Vec<&str> = ticks.iter().map(|t| t.label.as_str()).collect();
                names.dedup();
                prop_assert_eq!(names.len(), ticks.len(), "two ticks with one label: {:?}", ticks);
            }
        }

        #[test]
        fn a_range_around_values_holds_them(values in proptest::collection::vec(-1e12..1e12f64, 1..20)) {
            let scale = Scale::around(values.iter().copied(), false, 0.05);
            prop_assert!(values.iter().all(|&v| (0.0..=1.0).contains(&scale.unit(v))));
        }
    }
}
