//! Which ticks an axis gets, and the room that their labels need.

use super::chart::{Axis, Panel};
use super::font;
use super::scale::{Notation, Scale, Tick};

/// A name on an axis is cut beyond this.
const LONGEST_NAME: f64 = 130.0;
/// About so many pixels lie between two ticks of a horizontal axis.
const X_APART: f64 = 70.0;
pub(super) const TICK_LENGTH: f64 = 4.0;
/// From a tick to its label.
pub(super) const TICK_GAP: f64 = 4.0;
pub(super) const TICK_SIZE: f64 = 11.0;

/// The ticks of an axis, and how they are written.
pub(super) struct Ticks {
    pub(super) ticks: Vec<Tick>,
    /// Names that are too long to stand side by side lean.
    pub(super) lean: bool,
    /// The room that the labels take away from the axis.
    pub(super) room: f64,
}

/// As many ticks as have room beside each other.
pub(super) fn x_ticks(axis: &Axis, scale: &Scale, length: f64) -> Ticks {
    let upright = TICK_LENGTH + TICK_GAP + TICK_SIZE;
    if !axis.names.is_empty() {
        let step = length / axis.names.len() as f64;
        let ticks = name_ticks(&axis.names, step);
        let wide = widest(&ticks);
        let lean = wide > step * (ticks.len().max(1) as f64 / axis.names.len() as f64).recip() - 6.0;
        let room = if lean {
            TICK_LENGTH + TICK_GAP + wide * std::f64::consts::FRAC_1_SQRT_2 + TICK_SIZE * 0.5
        } else {
            upright
        };
        return Ticks { ticks, lean, room };
    }
    let mut target = (length / X_APART).round().clamp(2.0, 12.0) as usize;
    loop {
        let ticks = number_ticks(axis, scale, target);
        let needed: f64 =
            ticks.iter().filter(|t| !t.label.is_empty()).map(|t| font::width(&t.label, TICK_SIZE, false) + 12.0).sum();
        if needed <= length {
            return Ticks { ticks, lean: false, room: upright };
        }
        if target == 1 {
            // On an axis as short as this one label has to do.
            let mut ticks = ticks;
            let mut named = ticks.iter_mut().filter(|tick| !tick.label.is_empty());
            named.next();
            named.for_each(|tick| tick.label.clear());
            return Ticks { ticks, lean: false, room: upright };
        }
        target -= 1;
    }
}

pub(super) fn y_ticks(panel: &Panel, scale: &Scale, length: f64) -> Ticks {
    let axis = &panel.y;
    let ticks = if axis.names.is_empty() {
        // Where one unit is as long on both axes their ticks are alike too.
        let apart = if panel.square { X_APART } else { 52.0 };
        number_ticks(axis, scale, (length / apart).round().clamp(2.0, 12.0) as usize)
    } else {
        name_ticks(&axis.names, length / axis.names.len() as f64)
    };
    let room = TICK_LENGTH + TICK_GAP + widest(&ticks);
    Ticks { ticks, lean: false, room }
}

fn number_ticks(axis: &Axis, scale: &Scale, target: usize) -> Vec<Tick> {
    let mut ticks = scale.ticks(target, Notation::Print);
    if axis.whole && !axis.log {
        ticks.retain(|tick| tick.value.fract() == 0.0);
        without_decimals(&mut ticks);
    }
    ticks
}

/// Where halves were dropped the rest needs no decimals.
pub(super) fn without_decimals(ticks: &mut [Tick]) {
    for tick in ticks {
        if let Some((whole, _)) = tick.label.split_once('.').filter(|_| !tick.label.contains(['·', 'e'])) {
            tick.label = whole.to_owned();
        }
    }
}

/// Every name, or every second, third… where they would overlap.
fn name_ticks(names: &[String], step: f64) -> Vec<Tick> {
    let every = ((TICK_SIZE + 1.0) / step.max(0.01)).ceil().clamp(1.0, 1e6) as usize;
    names
        .iter()
        .enumerate()
        .step_by(every)
        .map(|(i, name)| Tick { value: i as f64, label: font::fit(name, TICK_SIZE, false, LONGEST_NAME) })
        .collect()
}

pub(super) fn widest(ticks: &[Tick]) -> f64 {
    ticks.iter().map(|tick| font::width(&tick.label, TICK_SIZE, false)).fold(0.0, f64::max)
}
