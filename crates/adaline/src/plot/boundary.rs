//! What a model says over two inputs: the regions of its classes, or the surface of its predictions.

use super::chart::{Chart, ColourBar, Item, Panel, Points};
use super::scale::{Notation, Scale, short};
use super::style::{Colour, ColourMap, Dash, INK, WHITE, series};
use super::surface::{Contour, Grid, Layer, Surface};
use super::words::clean;

/// Letters that fill the regions in a terminal.
const CLASS_SHADES: [char; 8] = [' ', '░', '▒', '·', '-', '▓', ':', '='];
/// From low to high.
const VALUE_SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// The regions of a classifier's classes over two inputs, with the decision line and the data over it.
///
/// ```
/// use adaline::plot::{ClassRegions, Grid};
/// let grid = Grid::new((0.0, 1.0), (0.0, 1.0), 80, 60);
/// // A model of one weight: the probability of the second class.
/// let second: Vec<f32> = grid.points().map(|(x, y)| 1.0 / (1.0 + (-8.0 * (x - y) as f32).exp())).collect();
/// let both: Vec<f32> = second.iter().flat_map(|p| [1.0 - p, *p]).collect();
/// let classes = ["below".to_string(), "above".to_string()];
/// let chart = ClassRegions::new(grid, &classes)
///     .probabilities(&both)
///     .points(&[(0.2, 0.8), (0.9, 0.1)], &[0, 1])
///     .inputs("width", "height")
///     .chart();
/// assert!(chart.to_svg().contains("above"));
/// ```
#[derive(Debug, Clone)]
pub struct ClassRegions {
    grid: Grid,
    classes: Vec<String>,
    title: String,
    inputs: [String; 2],
    /// For each class, place by place; empty where nothing was given.
    probabilities: Vec<Vec<f64>>,
    points: Vec<Vec<(f64, f64)>>,
}

impl ClassRegions {
    /// Classes by name, over a grid on which the caller has evaluated the model.
    pub fn new(grid: Grid, classes: &[String]) -> Self {
        ClassRegions {
            grid,
            classes: classes.iter().map(|name| clean(name)).collect(),
            title: "Decision regions".to_owned(),
            inputs: ["x₁".to_owned(), "x₂".to_owned()],
            probabilities: Vec::new(),
            points: vec![Vec::new(); classes.len()],
        }
    }

    /// The probability of every class at every place of the grid: the places in the grid's order, the classes of one
    /// place side by side. Missing ones are taken as unknown.
    pub fn probabilities(mut self, probabilities: &[f32]) -> Self {
        let k = self.classes.len();
        let of = |class: usize, place: usize| probabilities.get(place * k + class).map_or(f64::NAN, |p| f64::from(*p));
        self.probabilities = (0..k).map(|class| (0..self.grid.len()).map(|place| of(class, place)).collect()).collect();
        self
    }

    /// The class at every place of the grid, where there are no probabilities.
    pub fn decisions(mut self, decisions: &[usize]) -> Self {
        let of =
            |class: usize, place: usize| decisions.get(place).map_or(f64::NAN, |d| f64::from(u8::from(*d == class)));
        self.probabilities =
            (0..self.classes.len()).map(|class| (0..self.grid.len()).map(|place| of(class, place)).collect()).collect();
        self
    }

    /// Data to draw over the regions, each with the index of its class. Points of an unknown class are left out.
    pub fn points(mut self, points: &[(f64, f64)], classes: &[usize]) -> Self {
        for (point, class) in points.iter().zip(classes) {
            if let Some(list) = self.points.get_mut(*class) {
                list.push(*point);
            }
        }
        self
    }

    /// The names of the two inputs, with their units.
    pub fn inputs(mut self, x: impl AsRef<str>, y: impl AsRef<str>) -> Self {
        self.inputs = [clean(x.as_ref()), clean(y.as_ref())];
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let mut panel = panel(&self.inputs, &self.grid);
        if !self.probabilities.is_empty() {
            panel = panel.item(Item::Surface(self.surface()));
        }
        let total: usize = self.points.iter().map(Vec::len).sum();
        for (i, (name, points)) in self.classes.iter().zip(&self.points).enumerate() {
            let (colour, mark) = series(i);
            let zone = region_colour(colour, 0.75);
            panel = panel.points(
                Points::new(name, points.iter().copied())
                    .mark(mark)
                    .colour(colour)
                    .radius(super::items::radius_for(total))
                    .zone(zone, CLASS_SHADES[i % CLASS_SHADES.len()]),
            );
        }
        let description = format!(
            "Regions of the classes {} over {} and {}, with {total} points of data.",
            self.classes.join(", "),
            self.inputs[0],
            self.inputs[1]
        );
        Chart::new(&self.title).description(description).panel(panel)
    }

    fn surface(&self) -> Surface {
        let k = self.classes.len();
        // How far each class is ahead of the best other one.
        let ahead = |class: usize, place: usize| {
            let other = (0..k).filter(|c| *c != class).map(|c| self.probabilities[c][place]);
            let best = other.fold(f64::NEG_INFINITY, f64::max);
            let own = self.probabilities[class][place];
            if k == 1 { own } else { own - best }
        };
        let places = 0..self.grid.len();
        let fields: Vec<Vec<f64>> =
            (0..k).map(|class| places.clone().map(|place| ahead(class, place)).collect()).collect();
        let mut layers = Vec::new();
        // From the decision line to certainty the region gets stronger.
        for (level, strength) in [(0.0, 0.25), (0.2, 0.45), (0.4, 0.6), (0.6, 0.75), (0.8, 0.9)] {
            for field in 0..k {
                layers.push(Layer { field, level, colour: region_colour(series(field).0, strength) });
            }
        }
        // Every line between two classes belongs to both; the last class's lines are drawn already.
        let contours = (0..k.saturating_sub(1)).map(|field| Contour {
            field,
            level: 0.0,
            colour: INK,
            width: 1.5,
            dash: Dash::Solid,
        });
        let leader = |place: usize| {
            let best = (0..k)
                .filter(|c| !fields[*c][place].is_nan())
                .max_by(|a, b| fields[*a][place].total_cmp(&fields[*b][place]));
            best.map_or('?', |class| CLASS_SHADES[class % CLASS_SHADES.len()])
        };
        let shades = places.clone().map(leader).collect();
        Surface { grid: self.grid, layers, contours: contours.collect(), shades, fields }
    }
}

fn region_colour(colour: Colour, strength: f64) -> Colour {
    WHITE.mix(colour, 0.42 * strength)
}

fn panel(inputs: &[String; 2], grid: &Grid) -> Panel {
    let mut panel = Panel::new(&inputs[0], &inputs[1])
        .x(|axis| axis.range(grid.x.0, grid.x.1).no_grid())
        .y(|axis| axis.range(grid.y.0, grid.y.1).no_grid());
    panel.legend_outside = true;
    panel
}

/// The surface of a regression over two inputs: bands of colour, a colour bar, and the data in the same colours.
///
/// ```
/// use adaline::plot::{Grid, RegressionSurface};
/// let grid = Grid::new((-1.0, 1.0), (-1.0, 1.0), 60, 60);
/// let values: Vec<f32> = grid.points().map(|(x, y)| (x * y) as f32).collect();
/// let chart = RegressionSurface::new(grid, &values).target("profit").chart();
/// assert!(chart.to_svg().contains("profit"));
/// ```
#[derive(Debug, Clone)]
pub struct RegressionSurface {
    grid: Grid,
    values: Vec<f64>,
    title: String,
    inputs: [String; 2],
    target: String,
    points: Vec<(f64, f64, f64)>,
}

impl RegressionSurface {
    /// The prediction at every place of the grid, in the grid's order. Missing ones are taken as unknown.
    pub fn new(grid: Grid, values: &[f32]) -> Self {
        let values = (0..grid.len()).map(|i| values.get(i).map_or(f64::NAN, |v| f64::from(*v))).collect();
        RegressionSurface {
            grid,
            values,
            title: "Predictions".to_owned(),
            inputs: ["x₁".to_owned(), "x₂".to_owned()],
            target: "prediction".to_owned(),
            points: Vec::new(),
        }
    }

    /// Data to draw over the surface: two inputs and the true value.
    pub fn points(mut self, points: &[(f64, f64, f64)]) -> Self {
        self.points = points.to_vec();
        self
    }

    /// The names of the two inputs, with their units.
    pub fn inputs(mut self, x: impl AsRef<str>, y: impl AsRef<str>) -> Self {
        self.inputs = [clean(x.as_ref()), clean(y.as_ref())];
        self
    }

    /// The name of what is predicted, with its unit.
    pub fn target(mut self, target: impl AsRef<str>) -> Self {
        self.target = clean(target.as_ref());
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let all = self.values.iter().copied().chain(self.points.iter().map(|p| p.2));
        let levels = Levels::of(Scale::around(all, false, 0.0));
        let surface = Surface {
            grid: self.grid,
            layers: levels.layers(),
            contours: Vec::new(),
            shades: self.values.iter().map(|v| levels.shade(*v)).collect(),
            fields: vec![self.values.clone()],
        };
        let mut panel = panel(&self.inputs, &self.grid).item(Item::Surface(surface));
        let radius = super::items::radius_for(self.points.len());
        for band in 0..levels.count {
            let inside = self.points.iter().filter(|p| levels.band(p.2) == Some(band)).map(|p| (p.0, p.1));
            let points = Points::new("", inside).colour(levels.colour(band)).radius(radius).edge(INK);
            if !points.points.is_empty() {
                panel = panel.points(points);
            }
        }
        panel.bar = Some(ColourBar {
            label: self.target.clone(),
            lo: levels.lo,
            hi: levels.lo + levels.step * levels.count as f64,
            bands: (0..levels.count).map(|band| levels.colour(band)).collect(),
            shades: VALUE_SHADES.to_vec(),
        });
        let description = format!(
            "{} predicted over {} and {}: from {} to {}, with {} points of data.",
            self.target,
            self.inputs[0],
            self.inputs[1],
            short(levels.lo, Notation::Print),
            short(levels.lo + levels.step * levels.count as f64, Notation::Print),
            self.points.len()
        );
        Chart::new(&self.title).description(description).panel(panel)
    }
}

/// Equal bands between round values.
struct Levels {
    lo: f64,
    step: f64,
    count: usize,
}

impl Levels {
    fn of(scale: Scale) -> Self {
        let ticks = scale.ticks(14, Notation::Plain);
        let step = ticks.windows(2).map(|pair| pair[1].value - pair[0].value).next();
        let step = step.filter(|step| step.is_finite() && *step > 0.0).unwrap_or((scale.hi - scale.lo) / 14.0);
        let lo = (scale.lo / step + 1e-9).floor() * step;
        let count = (((scale.hi - lo) / step - 1e-9).ceil()).clamp(1.0, 60.0) as usize;
        Levels { lo, step, count }
    }

    fn layers(&self) -> Vec<Layer> {
        let level = |band: usize| if band == 0 { f64::NEG_INFINITY } else { self.lo + band as f64 * self.step };
        (0..self.count).map(|band| Layer { field: 0, level: level(band), colour: self.colour(band) }).collect()
    }

    fn band(&self, value: f64) -> Option<usize> {
        let band = (value - self.lo) / self.step;
        value.is_finite().then(|| (band.max(0.0) as usize).min(self.count - 1))
    }

    /// With values on both sides of zero, zero is white; else the colour grows with the value.
    fn colour(&self, band: usize) -> Colour {
        let middle = self.lo + (band as f64 + 0.5) * self.step;
        let hi = self.lo + self.count as f64 * self.step;
        if self.lo < 0.0 && hi > 0.0 {
            let most = self.lo.abs().max(hi);
            return ColourMap::Diverging.at(0.5 + 0.5 * middle / most);
        }
        ColourMap::Viridis.at((band as f64 + 0.5) / self.count as f64)
    }

    fn shade(&self, value: f64) -> char {
        let part = (value - self.lo) / (self.step * self.count as f64);
        if part.is_nan() {
            return '?';
        }
        let last = VALUE_SHADES.len() - 1;
        VALUE_SHADES[((part.clamp(0.0, 1.0) * VALUE_SHADES.len() as f64) as usize).min(last)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_lie_between_round_values() {
        let levels = Levels::of(Scale::new(-0.97, 0.98, false));
        assert!((levels.lo - -1.0).abs() < 1e-12 && (levels.step - 0.1).abs() < 1e-12 && levels.count == 20);
        assert_eq!(levels.band(-0.95), Some(0));
        assert_eq!(levels.band(5.0), Some(19));
        assert_eq!(levels.band(f64::NAN), None);
        assert_eq!((levels.shade(-1.0), levels.shade(1.0)), (' ', '█'));
    }

    #[test]
    fn the_decision_line_is_where_two_classes_are_equal() {
        let grid = Grid::new((0.0, 1.0), (0.0, 1.0), 41, 41);
        let p: Vec<f32> = grid.points().flat_map(|(x, _)| [1.0 - x as f32, x as f32]).collect();
        let regions = ClassRegions::new(grid, &["a".into(), "b".into()]).probabilities(&p);
        let surface = regions.surface();
        let line = surface.line(&surface.contours[0], |x, y| (x, y));
        assert!(line.iter().flatten().all(|p| (p.0 - 0.5).abs() < 1e-6));
    }

    #[test]
    fn too_few_values_are_unknown_and_not_a_panic() {
        let grid = Grid::new((0.0, 1.0), (0.0, 1.0), 5, 5);
        let regions = ClassRegions::new(grid, &["a".into(), "b".into()]).probabilities(&[0.1, 0.9]).decisions(&[1, 7]);
        assert!(regions.points(&[(0.5, 0.5)], &[9]).chart().to_svg().len() > 100);
        assert!(RegressionSurface::new(grid, &[1.0]).chart().to_text(40, 12).len() > 100);
        assert!(ClassRegions::new(grid, &[]).probabilities(&[]).chart().to_svg().len() > 100);
    }
}
