//! Which class is taken for which.

use super::chart::{Cells, Chart, ColourBar, Item, Panel};
use super::font;
use super::scale::{Notation, short};
use super::style::ColourMap;
use super::ticks::TICK_SIZE;
use super::words::clean;

/// A confusion matrix: the true class down, the predicted class across, the counts in the cells, shaded by their share
/// of the row.
///
/// ```
/// use adaline::plot::ConfusionMatrix;
/// let counts = [[9, 1], [2, 8]];
/// let chart = ConfusionMatrix::new(&["no".into(), "yes".into()], |truth, said| counts[truth][said]).chart();
/// assert!(chart.to_svg().contains("17 of 20 right"));
/// ```
#[derive(Debug, Clone)]
pub struct ConfusionMatrix {
    title: String,
    classes: Vec<String>,
    /// Row by row.
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// Classes by name, and how often the first class was taken for the second.
    pub fn new(classes: &[String], count: impl Fn(usize, usize) -> u64) -> Self {
        let k = classes.len();
        ConfusionMatrix {
            title: "Confusion matrix".to_owned(),
            classes: classes.iter().map(|name| clean(name)).collect(),
            counts: (0..k * k).map(|i| count(i / k, i % k)).collect(),
        }
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let k = self.classes.len();
        let sum = |counts: &mut dyn Iterator<Item = &u64>| counts.fold(0u64, |sum, c| sum.saturating_add(*c));
        let mut cells = Vec::with_capacity(k * k);
        for row in self.counts.chunks(k.max(1)) {
            let total = sum(&mut row.iter());
            let share = |count: u64| if total == 0 { 0.0 } else { count as f64 / total as f64 };
            cells.extend(row.iter().map(|count| (share(*count), count.to_string())));
        }
        let all = sum(&mut self.counts.iter());
        let right = sum(&mut self.counts.iter().step_by(k + 1));
        let map = ColourMap::Blues;
        let mut panel = Panel::new("predicted class", "true class")
            .x(|axis| axis.names(&self.classes).no_grid())
            .y(|axis| axis.names(&self.classes).no_grid().reversed())
            .square()
            .item(Item::Cells(Cells { columns: k, cells, map }));
        panel.bar = Some(ColourBar {
            label: "share of the true class".to_owned(),
            lo: 0.0,
            hi: 1.0,
            bands: (0..50).map(|i| map.at((f64::from(i) + 0.5) / 50.0)).collect(),
            shades: Vec::new(),
        });
        let accuracy = if all == 0 { 0.0 } else { right as f64 / all as f64 };
        let result = match all {
            0 => "no rows".to_owned(),
            _ => format!("{right} of {all} right, accuracy {}", short(accuracy, Notation::Print)),
        };
        let description = format!("Confusion matrix of {k} classes: {result}.");
        // Cells large enough for their counts, and room for the names on both sides.
        let digits = self.counts.iter().max().map_or(1, |c| c.to_string().len()) as f64;
        let names = self.classes.iter().map(|name| font::width(name, TICK_SIZE, false)).fold(0.0, f64::max).min(130.0);
        let cell = (digits * 8.0 + 10.0).clamp(24.0, 64.0).max(if k <= 4 {
            84.0
        } else if k <= 12 {
            42.0
        } else {
            0.0
        });
        let side = cell * k.max(2) as f64;
        Chart::new(&self.title)
            .subtitle(result)
            .description(description)
            .panel(panel)
            .size(side + names + 170.0, side + (names * 0.75).max(20.0) + 115.0)
    }
}
