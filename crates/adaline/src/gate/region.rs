//! Where the weights of a neuron with two inputs may lie, how far each row is from turning over, and the neuron that is
//! farthest from all of them.

use super::{TruthRow, TruthTable};
use crate::{Error, Neuron, Result, Sum};

/// A row's demand on the weights (w₁, w₂): a₁·w₁ + a₂·w₂ + b > 0, or ≤ 0.
///
/// Its edge is a line in the plane of the weights, and what keeps the demand lies on one side of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HalfPlane {
    /// The row that demands it. Its inputs are a₁ and a₂.
    pub row: TruthRow,
    /// The bias b.
    pub bias: f64,
}

impl HalfPlane {
    /// Whether the weights keep the demand: the very sum that the neuron computes, above zero for a 1 and not for a 0.
    pub fn contains(&self, w1: f64, w2: f64) -> bool {
        (self.value(w1, w2) > 0.0) == self.is_open()
    }

    /// a₁·w₁ + a₂·w₂ + b.
    pub fn value(&self, w1: f64, w2: f64) -> f64 {
        let [a1, a2] = self.factors();
        a1 * w1 + a2 * w2 + self.bias
    }

    /// Whether the edge itself is outside (the demand is "above zero").
    pub fn is_open(&self) -> bool {
        self.row.output == 1
    }

    /// a₁ and a₂. Both are 0 for the row 0 0: its demand is on the bias alone.
    pub fn factors(&self) -> [f64; 2] {
        let factor = |place: usize| self.row.input.get(place).map_or(0.0, |x| f64::from(*x));
        [factor(0), factor(1)]
    }
}

/// The weights (w₁, w₂) with which a neuron of two inputs and a given bias keeps a truth table: where its four half-planes
/// overlap. It is convex, and often it has no end.
///
/// ```
/// use adaline::Gate;
/// # fn main() -> adaline::Result<()> {
/// let region = Gate::And.table().weight_region(-0.6)?;
/// assert!(region.contains(0.4, 0.4) && !region.contains(0.7, 0.4));
/// // Cut to the square from -1 to 1: the corner triangle below 0.6 and above the line w1 + w2 = 0.6.
/// let corners = region.polygon([-1.0, 1.0], [-1.0, 1.0]);
/// assert_eq!(corners, [[0.0, 0.6], [0.6, 0.0], [0.6, 0.6]]);
/// assert!(Gate::Xor.table().weight_region(0.3)?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WeightRegion {
    half_planes: Vec<HalfPlane>,
    bias: f64,
}

impl WeightRegion {
    /// The four demands, row by row.
    pub fn half_planes(&self) -> &[HalfPlane] {
        &self.half_planes
    }

    /// The bias.
    pub fn bias(&self) -> f64 {
        self.bias
    }

    /// Whether a neuron with these weights keeps the table.
    pub fn contains(&self, w1: f64, w2: f64) -> bool {
        self.half_planes.iter().all(|half_plane| half_plane.contains(w1, w2))
    }

    /// Whether there are no such weights at all, for this bias.
    pub fn is_empty(&self) -> bool {
        let demands = |row: usize| self.half_planes.get(row).is_some_and(HalfPlane::is_open);
        let (none, second, first, both) = (demands(0), demands(1), demands(2), demands(3));
        // The row 0 0 asks the bias alone. Of the others, w₁ and w₂ can be chosen freely on their sides of -b; only where
        // both are on the same side does that say something about their sum: above 2·(-b), say, when it must be at most -b.
        let wrong_bias = (self.bias > 0.0) != none;
        let low_sum = first && second && !both && self.bias <= 0.0;
        let high_sum = !first && !second && both && self.bias >= 0.0;
        wrong_bias || low_sum || high_sum
    }

    /// The region cut to a window, as the corners of a polygon, counterclockwise from the one with the least w₁ (of
    /// several, the largest w₂). No corners when nothing of it lies in the window. Edges that the region itself does not
    /// contain are drawn all the same.
    pub fn polygon(&self, w1: [f64; 2], w2: [f64; 2]) -> Vec<[f64; 2]> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut corners = vec![[w1[0], w2[0]], [w1[1], w2[0]], [w1[1], w2[1]], [w1[0], w2[1]]];
        for half_plane in &self.half_planes {
            corners = cut(&corners, half_plane);
        }
        corners.dedup();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        if corners.len() < 3 {
            return Vec::new();
        }
        let start = (0..corners.len()).min_by(|a, b| {
            let [a, b] = [corners[*a], corners[*b]];
            a[0].total_cmp(&b[0]).then(b[1].total_cmp(&a[1]))
        });
        corners.rotate_left(start.unwrap_or(0));
        corners
    }
}

/// Cuts a convex polygon along an edge (Sutherland and Hodgman 1974).
fn cut(corners: &[[f64; 2]], half_plane: &HalfPlane) -> Vec<[f64; 2]> {
    let sign = if half_plane.is_open() { 1.0 } else { -1.0 };
    let height = |point: [f64; 2]| sign * half_plane.value(point[0], point[1]);
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for (place, &corner) in corners.iter().enumerate() {
        let next = corners[(place + 1) % corners.len()];
        let (here, there) = (height(corner), height(next));
        if here >= 0.0 {
            kept.push(corner);
        }
        if (here > 0.0 && there < 0.0) || (here < 0.0 && there > 0.0) {
            kept.push(crossing(corner, next, half_plane));
        }
    }
    kept
}

/// Where the way from a corner to the next one crosses an edge. A side of the window or of another demand on one weight
/// alone keeps its number exactly.
fn crossing(from: [f64; 2], to: [f64; 2], half_plane: &HalfPlane) -> [f64; 2] {
    let (here, there) = (half_plane.value(from[0], from[1]), half_plane.value(to[0], to[1]));
    let part = here / (here - there);
    let mut point = [0, 1]
        .map(|axis| if from[axis] == to[axis] { from[axis] } else { from[axis] + part * (to[axis] - from[axis]) });
    match half_plane.factors() {
        [1.0, 0.0] => point[0] = -half_plane.bias,
        [0.0, 1.0] => point[1] = -half_plane.bias,
        _ if from[0] == to[0] => point[1] = -half_plane.bias - from[0],
        _ if from[1] == to[1] => point[0] = -half_plane.bias - from[1],
        _ => {}
    }
    point
}

/// How far a row is from turning over.
#[derive(Debug, Clone, PartialEq)]
pub struct RowMargin {
    /// The row, with what it should give.
    pub row: TruthRow,
    /// The neuron's sum: how far it is from zero, and on which side.
    pub sum: Sum,
    /// The row's distance from the neuron's line, in the plane of the inputs: |sum| / ‖w‖. Negative when the row is on
    /// the wrong side. `None` when all weights are zero: there is no line.
    pub distance: Option<f64>,
}

impl RowMargin {
    /// Whether the neuron gives what the table says.
    pub fn is_right(&self) -> bool {
        (self.sum.value > 0.0) == (self.row.output == 1)
    }
}

/// The margins of all rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    /// Row by row.
    pub rows: Vec<RowMargin>,
}

impl Margins {
    /// The least distance: the neuron's margin. `None` when all weights are zero.
    pub fn least(&self) -> Option<f64> {
        self.rows.iter().map(|row| row.distance).try_fold(f64::INFINITY, |least, distance| Some(least.min(distance?)))
    }
}

impl TruthTable {
    /// The weights of a neuron with this bias that keep the table. Fails when the table has not two inputs, or the bias is
    /// not finite.
    pub fn weight_region(&self, bias: f64) -> Result<WeightRegion> {
        self.needs_two("the region of the weights")?;
        if !bias.is_finite() {
            return Err(Error::setting("bias", format!("{bias} is not a finite number")));
        }
        Ok(WeightRegion { half_planes: self.rows().map(|row| HalfPlane { row, bias }).collect(), bias })
    }

    /// The sum of every row and its distance from the neuron's line. Fails when the neuron has another number of weights
    /// than the table has inputs.
    ///
    /// ```
    /// use adaline::{Gate, Neuron};
    /// # fn main() -> adaline::Result<()> {
    /// let margins = Gate::And.table().margins(&Neuron::step([0.4, 0.4], -0.6))?;
    /// let sums: Vec<String> = margins.rows.iter().map(|row| row.sum.to_string()).collect();
    /// assert_eq!(sums, ["-0.6", "-0.2", "-0.2", "0.2"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn margins(&self, neuron: &Neuron) -> Result<Margins> {
        let norm = neuron.weights.iter().map(|w| w * w).sum::<f64>().sqrt();
        let mut rows = Vec::new();
        for row in self.rows() {
            let inputs: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
            let sum = neuron.weigh(&inputs)?;
            // Zero is added so that a row on the line is 0 away, and not -0.
            let side = if row.output == 1 { sum.value } else { -sum.value };
            rows.push(RowMargin { row, sum, distance: (norm > 0.0).then(|| side / norm + 0.0) });
        }
        Ok(Margins { rows })
    }

    /// The neuron whose line is farthest from the nearest row: the maximum-margin separator (Vapnik and Chervonenkis
    /// 1964). Its sums are 1 or more for ones, -1 or less for zeros, and exactly 1 or -1 for the nearest rows; the line lies half-way
    /// between the two nearest points of the shapes that the ones and the zeros span.
    ///
    /// `None` where no line separates them, and where all outputs are equal, so that a line can be any distance away. Fails
    /// when the table has not two inputs.
    ///
    /// ```
    /// use adaline::{Gate, Neuron};
    /// # fn main() -> adaline::Result<()> {
    /// let best = Gate::And.table().largest_margin()?;
    /// assert_eq!(best, Some(Neuron::step([2.0, 2.0], -3.0)));
    /// assert_eq!(Gate::Xor.table().largest_margin()?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn largest_margin(&self) -> Result<Option<Neuron>> {
        self.needs_two("the largest margin")?;
        if !self.is_separable()? {
            return Ok(None);
        }
        let points = |output: u8| -> Vec<[f64; 2]> {
            let rows = self.rows().filter(|row| row.output == output);
            rows.map(|row| [f64::from(row.input[0]), f64::from(row.input[1])]).collect()
        };
        let (ones, zeros) = (points(1), points(0));
        // The nearest points of two shapes: one of them is a corner of its shape.
        let from_ones = ones.iter().flat_map(|p| on_segments(&zeros, *p).into_iter().map(|q| (*p, q)));
        let from_zeros = zeros.iter().flat_map(|q| on_segments(&ones, *q).into_iter().map(|p| (p, *q)));
        let gap = |(p, q): &([f64; 2], [f64; 2])| (p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2);
        let nearest = from_ones.chain(from_zeros).min_by(|a, b| gap(a).total_cmp(&gap(b)));
        Ok(nearest.map(|(p, q)| {
            // All of these numbers are halves and quarters: nothing is rounded.
            let gap = gap(&(p, q));
            let w = [2.0 * (p[0] - q[0]) / gap, 2.0 * (p[1] - q[1]) / gap];
            let squares = |p: [f64; 2]| p[0] * p[0] + p[1] * p[1];
            Neuron::step(w, (squares(q) - squares(p)) / gap)
        }))
    }

    fn needs_two(&self, what: &str) -> Result<()> {
        if self.inputs() == 2 {
            return Ok(());
        }
        Err(Error::shape("truth table", format!("{what} is for two inputs, and this function has {}", self.inputs())))
    }
}

/// The point nearest to `from` on each way between two of the points, the points themselves among them.
fn on_segments(points: &[[f64; 2]], from: [f64; 2]) -> Vec<[f64; 2]> {
    let mut nearest = Vec::new();
    for (place, a) in points.iter().enumerate() {
        for b in &points[place..] {
            let way = [b[0] - a[0], b[1] - a[1]];
            let length = way[0] * way[0] + way[1] * way[1];
            let along = (from[0] - a[0]) * way[0] + (from[1] - a[1]) * way[1];
            let part = if length == 0.0 { 0.0 } else { (along / length).clamp(0.0, 1.0) };
            nearest.push([a[0] + part * way[0], a[1] + part * way[1]]);
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gate;
    use crate::rng::{Purpose, Rng};

    fn functions() -> impl Iterator<Item = TruthTable> {
        (0..16u8).map(|ones| TruthTable::of(2, |x| ones >> (2 * u8::from(x[0]) + u8::from(x[1])) & 1 == 1))
    }

    #[test]
    fn ten_thousand_random_weights_agree_with_the_truth_table() {
        let mut rng = Rng::stream(1, Purpose::Data, 0);
        let mut inside = 0;
        for number in 0..10_000 {
            let table = functions().nth(number % 16).unwrap();
            let (w1, w2, bias) = (rng.range(-2.0, 2.0), rng.range(-2.0, 2.0), rng.range(-2.0, 2.0));
            let region = table.weight_region(bias).unwrap();
            let keeps = table.first_wrong_row(&Neuron::step([w1, w2], bias)).unwrap().is_none();
            assert_eq!(region.contains(w1, w2), keeps, "{table}: {w1} {w2} {bias}");
            inside += usize::from(keeps);
            assert!(!(keeps && region.is_empty()));
        }
        assert!(inside > 400, "{inside}");
    }

    /// Points of the drawn polygon, not of the whole plane.
    #[test]
    fn ten_thousand_random_points_of_the_polygon_keep_the_table() {
        let mut rng = Rng::stream(2, Purpose::Data, 0);
        let mut points = 0;
        while points < 10_000 {
            let table = functions().nth(rng.below(16)).unwrap();
            let bias = rng.range(-1.5, 1.5);
            let region = table.weight_region(bias).unwrap();
            let corners = region.polygon([-2.0, 2.0], [-2.0, 2.0]);
            if corners.is_empty() {
                continue;
            }
            // A mixture of the corners lies inside.
            let parts: Vec<f64> = corners.iter().map(|_| rng.range(0.01, 1.0)).collect();
            let total: f64 = parts.iter().sum();
            let mix =
                |axis: usize| corners.iter().zip(&parts).map(|(corner, part)| corner[axis] * part / total).sum::<f64>();
            let neuron = Neuron::step([mix(0), mix(1)], bias);
            assert_eq!(table.first_wrong_row(&neuron).unwrap(), None, "{table}: {neuron}");
            points += 1;
        }
    }

    /// What is left of a window is as large as the part of a fine grid that keeps the table, and empty regions are those
    /// without a point.
    #[test]
    fn the_polygon_is_the_whole_region() {
        for table in functions() {
            for bias in [-1.5, -0.6, 0.0, 0.3, 1.2] {
                let region = table.weight_region(bias).unwrap();
                let corners = region.polygon([-4.0, 4.0], [-4.0, 4.0]);
                let next = |place: usize| corners[(place + 1) % corners.len()];
                let area: f64 =
                    corners.iter().enumerate().map(|(i, c)| (c[0] * next(i)[1] - next(i)[0] * c[1]) / 2.0).sum();
                let grid = |i: i32| f64::from(i) * 0.05 - 3.975;
                let inside = (0..160).flat_map(|i| (0..160).map(move |j| (i, j)));
                let inside = inside.filter(|(i, j)| region.contains(grid(*i), grid(*j))).count();
                assert!((area - inside as f64 * 0.0025).abs() < 0.5, "{table} {bias}: {area} {inside}");
                assert_eq!(region.is_empty(), inside == 0, "{table} {bias}");
            }
        }
    }

    #[test]
    fn the_margins_of_and_set_by_hand() {
        let margins = Gate::And.table().margins(&Gate::And.neuron().unwrap()).unwrap();
        for (row, sum) in margins.rows.iter().zip([-0.6, -0.2, -0.2, 0.2]) {
            assert!((row.sum.value - sum).abs() < 1e-15 && row.is_right());
            assert!((row.distance.unwrap() - sum.abs() / (0.32f64).sqrt()).abs() < 1e-15);
        }
        assert!((margins.least().unwrap() - 0.2 / 0.32f64.sqrt()).abs() < 1e-15);
        let wrong = Gate::Or.table().margins(&Gate::And.neuron().unwrap()).unwrap();
        assert!(!wrong.rows[1].is_right() && wrong.least().unwrap() < 0.0);
        assert_eq!(Gate::And.table().margins(&Neuron::step([0.0, 0.0], 0.0)).unwrap().least(), None);
        assert!(Gate::And.table().margins(&Neuron::step([0.0], 0.0)).is_err());
        // A zero row on the line is 0 away, and not -0.
        let on_line = Gate::And.table().margins(&Neuron::step([1.0, 1.0], -1.0)).unwrap();
        assert_eq!(on_line.rows[1].distance.map(f64::to_bits), Some(0));
    }

    /// No direction and no shift of the line does better.
    #[test]
    fn no_other_line_has_a_larger_margin() {
        let mut found = 0;
        for table in functions() {
            let Some(best) = table.largest_margin().unwrap() else {
                assert!(table.outputs().iter().all(|x| *x == table.outputs()[0]) || !table.is_separable().unwrap());
                continue;
            };
            found += 1;
            let margin = table.margins(&best).unwrap();
            assert_eq!(table.first_wrong_row(&best).unwrap(), None);
            let nearest = margin.rows.iter().map(|row| row.sum.value.abs()).fold(f64::INFINITY, f64::min);
            assert_eq!(nearest, 1.0);
            for turn in 0..720 {
                let angle = f64::from(turn) * std::f64::consts::TAU / 720.0;
                for shift in -150..=150 {
                    let other = Neuron::step([angle.cos(), angle.sin()], f64::from(shift) * 0.01);
                    let other = table.margins(&other).unwrap().least().unwrap();
                    assert!(other <= margin.least().unwrap() + 1e-12, "{table}");
                }
            }
        }
        assert_eq!(found, 12);
        assert_eq!(Gate::Or.table().largest_margin().unwrap(), Some(Neuron::step([2.0, 2.0], -1.0)));
    }

    #[test]
    fn other_numbers_of_inputs_are_refused() {
        let message = Gate::Not.table().weight_region(0.0).unwrap_err().to_string();
        assert_eq!(message, "truth table: the region of the weights is for two inputs, and this function has 1");
        assert!(Gate::Not.table().largest_margin().is_err());
        assert!(Gate::And.table().weight_region(f64::NAN).is_err());
    }
}
