//! Draws one of every chart into a folder, as SVG, PNG and text: `cargo run --example pictures -- pictures`.

use adaline::gate::{Learner, LearningRule};
use adaline::plot::{
    ActivationCurves, Chart, ClassRegions, Colour, ConfusionMatrix, Dash, FeaturePicture, FilterPicture,
    ForecastPicture, GatePicture, Grid, HistoryCurves, LearningPicture, Line, NetworkGraph, NeuronGraph, Panel,
    RegressionSurface, StatePicture, WeightPicture,
};
use adaline::reference::{self, Kept, Pass};
use adaline::rng::Rng;
use adaline::{Activation, Error, Gate, Layer, Network, Neuron, Result, Shape};
use std::path::Path;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "pictures".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    for (name, chart) in charts().into_iter().chain(lecture()?).chain(shapes()?) {
        let write = |extension: &str, bytes: &[u8]| {
            let path = folder.join(name).with_extension(extension);
            std::fs::write(&path, bytes).map_err(|e| Error::io("write", &path, e))
        };
        write("svg", chart.to_svg().as_bytes())?;
        write("png", &chart.to_png(2.0)?)?;
        write("txt", chart.to_text(80, 24).as_bytes())?;
    }
    Ok(())
}

fn charts() -> Vec<(&'static str, Chart)> {
    let one = ActivationCurves::new(&[Activation::Sigmoid]).derivative(true).chart();
    let step = ActivationCurves::new(&[Activation::Step]).derivative(true).chart();
    let several =
        [Activation::Step, Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Elu { alpha: 1.0 }];
    let several = ActivationCurves::new(&several).chart();
    let pair = ActivationCurves::new(&[Activation::Silu, Activation::Softplus]).derivative(true).chart();
    vec![
        ("activation-sigmoid", one),
        ("activation-step", step),
        ("activation-several", several),
        ("activation-pair", pair),
        ("gate-and", GatePicture::new("AND", [false, false, false, true]).line(0.4, 0.4, -0.6).chart()),
        ("gate-wrong", GatePicture::new("AND", [false, false, false, true]).line(0.4, 0.4, -0.3).chart()),
        ("gate-xor", xor()),
        ("regions-two", two_classes()),
        ("regions-three", three_classes()),
        ("surface", surface()),
        ("surface-positive", positive_surface()),
        ("history", history(120)),
        ("history-short", history(8)),
        ("odd-names", odd_names()),
        ("odd-small", history(30).size(300.0, 160.0)),
        ("odd-one-epoch", HistoryCurves::new(&[0.7]).validation_loss(&[0.8]).chart()),
        ("odd-empty", HistoryCurves::new(&[]).chart()),
        ("odd-many-lines", ActivationCurves::new(&Activation::all().collect::<Vec<_>>()).derivative(true).chart()),
        ("history-loss-only", HistoryCurves::new(&[0.9, 0.6, 0.45, 0.4]).chart()),
        (
            "confusion-two",
            ConfusionMatrix::new(&names(&["benign", "malignant"]), |t, p| [[70, 2], [3, 39]][t][p]).chart(),
        ),
        ("confusion-three", confusion(&names(&["setosa", "versicolor", "virginica"]))),
        ("confusion-ten", confusion(&(0..10).map(|i| i.to_string()).collect::<Vec<_>>())),
        (
            "confusion-thirty",
            confusion(&(0..30).map(|i| format!("{} class number {i}", "long ".repeat(i % 4))).collect::<Vec<_>>()),
        ),
    ]
}

/// What a lecture on one neuron shows.
fn lecture() -> Result<Vec<(&'static str, Chart)>> {
    let by_hand = Neuron::step([0.4, 0.4], -0.6);
    let weights = |name: &str, gate: Gate, hand: &Neuron| -> Result<Chart> {
        let region = gate.table().weight_region(hand.bias)?;
        let picture = WeightPicture::new(name, &region).neuron("by hand", hand);
        Ok(match gate.table().largest_margin()? {
            Some(best) => picture.neuron("largest margin", &best),
            None => picture,
        }
        .chart())
    };
    Ok(vec![
        ("activation-lecture", ActivationCurves::new(&[Activation::Step, Activation::Sigmoid]).chart()),
        ("weights-and", weights("AND", Gate::And, &by_hand)?),
        ("weights-or", weights("OR", Gate::Or, &Neuron::step([0.4, 0.4], -0.3))?),
        ("weights-nand", weights("NAND", Gate::Nand, &Neuron::step([-0.6, -0.6], 0.7))?),
        ("weights-xor", weights("XOR", Gate::Xor, &Neuron::step([0.4, 0.4], -0.3))?),
        ("weights-hangul", weights("논리곱", Gate::And, &by_hand)?),
        ("neuron", NeuronGraph::new(&by_hand).title("AND as a neuron").chart()),
        ("neuron-row", NeuronGraph::new(&by_hand).values(&[1.0, 0.0]).title("AND as a neuron, row 1 0").chart()),
        ("neuron-many", NeuronGraph::new(&Neuron::step(vec![0.25; 784], -1.0)).chart()),
        ("network-xor", network_xor()),
        ("network-large", network_large()),
        ("learning-and", learning("AND", Gate::And, LearningRule::Perceptron)?),
        ("learning-xor", learning("XOR", Gate::Xor, LearningRule::Perceptron)?),
        ("learning-delta", learning("AND", Gate::And, LearningRule::Delta)?),
    ])
}

/// What convolutions look for, what comes out of each layer, what recurrent layers remember, and forecasts.
fn shapes() -> Result<Vec<(&'static str, Chart)>> {
    let mut rng = rng();
    let mut numbers = |count: usize| -> Vec<f64> { (0..count).map(|_| rng.normal()).collect() };
    let waves: Vec<f64> = (0..300).map(|t| (f64::from(t) * 0.31).sin() + 0.4 * (f64::from(t) * 0.9).sin()).collect();
    let noise = numbers(300);
    let off = |ahead: usize| -> Vec<f64> {
        (24 + ahead..=300).map(|row| waves[row - 1] + 0.08 * (ahead as f64).sqrt() * noise[row - ahead]).collect()
    };
    let several = [1, 2, 4, 8].into_iter();
    let several = several.fold(ForecastPicture::new(&waves), |p, ahead| p.forecast(ahead, 24 + ahead, &off(ahead)));
    Ok(vec![
        ("filters", FilterPicture::images(16, 1, (3, 3), &numbers(144)).title("Filters of a layer").chart()),
        ("filters-five", FilterPicture::images(32, 1, (5, 5), &numbers(800)).chart()),
        ("filters-colour", FilterPicture::images(12, 3, (3, 3), &numbers(324)).chart()),
        ("filters-mean", FilterPicture::images(100, 16, (5, 5), &numbers(40_000)).chart()),
        ("filters-one", FilterPicture::images(1, 1, (7, 7), &numbers(49)).chart()),
        ("filters-sequence", FilterPicture::sequences(12, 1, 7, &numbers(84)).chart()),
        ("filters-sequence-two", FilterPicture::sequences(8, 2, 5, &numbers(80)).chart()),
        (
            "features",
            features(28, "conv 16 3x3 relu, maxpool 2, conv 32 3x3 relu, maxpool 2, flatten, dense 64 relu, dense 10")?,
        ),
        ("features-colour", features_in_colour(&numbers(3 * 32 * 32))?),
        ("states", states("lstm 16, dense 1", 48, 1)?),
        ("states-many", states("gru 80, dense 1", 100, 12)?),
        (
            "forecast",
            ForecastPicture::new(&waves).forecast(1, 25, &off(1)).test_from(241).target("load (MW)").last(120).chart(),
        ),
        ("forecast-several", several.test_from(241).target("load (MW)").chart()),
    ])
}

/// A seven going through a network that has learnt nothing yet.
fn features(side: usize, line: &str) -> Result<Chart> {
    let place = |i: usize| ((i / side) as f64 / side as f64, (i % side) as f64 / side as f64);
    let ink = |(row, column): (f64, f64)| {
        let stroke = |distance: f64| (1.0 - (distance / 0.07).powi(2)).max(0.0);
        let bar = if (0.25..0.75).contains(&column) { stroke(row - 0.25) } else { 0.0 };
        let leg = if (0.25..0.85).contains(&row) { stroke(column - 0.72 + 0.5 * (row - 0.25)) } else { 0.0 };
        bar.max(leg)
    };
    let image: Vec<f64> = (0..side * side).map(|i| ink(place(i))).collect();
    through(Shape::Image { channels: 1, height: side, width: side }, line, &image)
}

fn features_in_colour(noise: &[f64]) -> Result<Chart> {
    let pixel = |i: usize| {
        let (channel, row, column) = (i / 1024, (i / 32 % 32) as f64 / 31.0, (i % 32) as f64 / 31.0);
        let sun = (row - 0.3).hypot(column - 0.7) < 0.16;
        let sky = [0.4, 0.6, 0.9][channel] * (1.0 - 0.3 * row);
        let base = if sun {
            [1.0, 0.85, 0.2][channel]
        } else if row > 0.7 {
            [0.2, 0.5, 0.2][channel]
        } else {
            sky
        };
        base + 0.03 * noise[i]
    };
    let image: Vec<f64> = (0..3 * 1024).map(pixel).collect();
    let line = "conv 12 5x5 tanh, avgpool 2, batchnorm, conv 24 3x3 relu, global_avgpool, dropout 0.5, dense 3";
    through(Shape::Image { channels: 3, height: 32, width: 32 }, line, &image)
}

fn through(shape: Shape, line: &str, values: &[f64]) -> Result<Chart> {
    let network = Network::new(shape, Layer::parse_chain(line)?)?;
    let trace = reference::Network::of(&network)?.forward(values, Pass::default())?;
    let mut picture = FeaturePicture::new(shape, values).title("One image through a network");
    for ((layer, shape), done) in network.layers().iter().zip(network.shapes()).zip(&trace.layers) {
        picture = picture.layer(layer.to_string(), *shape, &done.outputs);
    }
    let classes: Vec<String> = (0..network.output().len()).map(|class| class.to_string()).collect();
    Ok(picture.classes(&classes, &adaline::softmax(trace.outputs()), Some(2)).chart())
}

fn states(line: &str, steps: usize, features: usize) -> Result<Chart> {
    let shape = Shape::Sequence { steps, features };
    let network = Network::new(shape, Layer::parse_chain(line)?)?;
    let wave = |i: usize| 2.0 * ((i / features) as f64 * (0.2 + 0.05 * (i % features) as f64)).sin();
    let input: Vec<f64> = (0..shape.len()).map(wave).collect();
    let trace = reference::Network::of(&network)?.forward(&input, Pass::default())?;
    let Some(Kept::Sweeps(sweeps)) = trace.layers.first().map(|layer| &layer.kept) else {
        return Ok(Chart::new("no states"));
    };
    let names: Vec<String> = (1..=features).map(|i| format!("x{i}")).collect();
    let states = sweeps.iter().flat_map(|sweep| sweep.states.iter().copied()).collect::<Vec<f64>>();
    let units = sweeps.iter().map(|sweep| sweep.units).sum();
    Ok(StatePicture::new(units, &states).inputs(&names, &input).title(format!("State of {line}")).chart())
}

fn network_xor() -> Chart {
    NetworkGraph::new(&["x₁", "x₂"])
        .layer("nand, or", 2, &[-0.6, -0.6, 0.4, 0.4], &[0.7, -0.3])
        .layer("and", 1, &[0.4, 0.4], &[-0.6])
        .outputs(&["xor"])
        .title("XOR in two layers")
        .chart()
}

fn network_large() -> Chart {
    let mut rng = rng();
    let mut numbers = |count: usize| -> Vec<f64> { (0..count).map(|_| rng.normal()).collect() };
    NetworkGraph::new(&["꽃받침 길이", "sepal width", "petal length", "petal width"])
        .layer("dense 64 tanh", 64, &numbers(4 * 64), &numbers(64))
        .layer("dense 4 relu", 4, &numbers(64 * 4), &numbers(4))
        .layer("dense 3 softmax", 3, &numbers(12), &numbers(3))
        .outputs(&["setosa", "versicolor", "virginica"])
        .title("Iris: 붓꽃")
        .chart()
}

/// The steps of a learning rule, and how many rows were answered wrongly in each epoch.
fn learning(name: &str, gate: Gate, rule: LearningRule) -> Result<Chart> {
    let learner = Learner::new(&gate.table(), rule, rule.default_learning_rate(), 1)?.most_epochs(30);
    let line = |neuron: &Neuron| [neuron.weights[0], neuron.weights[1], neuron.bias];
    let mut lines = vec![line(learner.start())];
    let mut errors = Vec::new();
    for step in learner {
        errors.resize(step.epoch, 0.0);
        errors[step.epoch - 1] += step.error * step.error;
        lines.push(line(&step.neuron));
    }
    let outputs = gate.table().outputs().try_into().unwrap_or_default();
    Ok(LearningPicture::new(name, outputs, &lines).errors("squared error of an epoch", &errors).chart())
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Names as they come in real files, and the longest series name that anyone could think of.
fn odd_names() -> Chart {
    let line = |i: usize, name: &str| {
        let points = (0..50).map(move |x| (f64::from(x), 1e6 * (f64::from(x) * 0.2 + i as f64).sin()));
        Line::new(name, points).colour(Colour::of(i)).dash(Dash::of(i))
    };
    let panel = Panel::new("größe <mm> & “weight”", "붓꽃 😀")
        .line(line(0, "a name that is so very long that no legend on any picture could ever hold the whole of it"))
        .line(line(1, "</text><script>"))
        .line(line(2, "σ(x) = 1/(1+e⁻ˣ) → ∞"));
    Chart::new(
        "A title that is much too long for the picture, because somebody pasted a whole sentence into the field for it",
    )
    .panel(panel)
}

fn xor() -> Chart {
    let step = |v: f64| Activation::Step.value(v);
    let output = move |a: f64, b: f64| {
        let (nand, or) = (step(-0.6 * a - 0.6 * b + 0.7), step(0.4 * a + 0.4 * b - 0.3));
        step(0.4 * nand + 0.4 * or - 0.6)
    };
    GatePicture::new("XOR", [false, true, true, false])
        .line(-0.6, -0.6, 0.7)
        .line(0.4, 0.4, -0.3)
        .output(output)
        .chart()
}

fn rng() -> Rng {
    Rng::stream(1, adaline::rng::Purpose::Data, 0)
}

fn two_classes() -> Chart {
    let mut rng = rng();
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    for i in 0..200 {
        let angle = std::f64::consts::PI * f64::from(i / 2) / 99.0;
        let (x, y) = if i % 2 == 0 { (angle.cos(), angle.sin()) } else { (1.0 - angle.cos(), 0.5 - angle.sin()) };
        points.push((x + 0.15 * rng.normal(), y + 0.15 * rng.normal()));
        labels.push(i % 2);
    }
    let labels: Vec<usize> = labels.into_iter().map(|l| l as usize).collect();
    let grid = Grid::around(&points, 180, 120);
    let upper = grid.points().map(|(x, y)| 1.0 / (1.0 + (5.0 * (y - 0.25 + 0.9 * (3.1 * (x - 0.5)).sin())).exp()));
    let both: Vec<f32> = upper.flat_map(|p| [1.0 - p as f32, p as f32]).collect();
    ClassRegions::new(grid, &names(&["upper moon", "lower moon"]))
        .probabilities(&both)
        .points(&points, &labels)
        .title("Two moons")
        .chart()
}

fn three_classes() -> Chart {
    let centres = [(1.46, 0.25), (4.26, 1.33), (5.55, 2.03)];
    let mut rng = rng();
    let labels: Vec<usize> = (0..150).map(|i| i % 3).collect();
    let points: Vec<(f64, f64)> =
        labels.iter().map(|l| (centres[*l].0 + 0.4 * rng.normal(), centres[*l].1 + 0.2 * rng.normal())).collect();
    let grid = Grid::around(&points, 160, 120);
    let scores = grid.points().flat_map(|(x, y)| {
        let near = centres.map(|(a, b)| (-2.0 * (x - a).powi(2) - 6.0 * (y - b).powi(2)).exp() + 1e-9);
        let sum: f64 = near.iter().sum();
        near.map(|p| (p / sum) as f32)
    });
    let scores: Vec<f32> = scores.collect();
    ClassRegions::new(grid, &names(&["setosa", "versicolor", "virginica"]))
        .probabilities(&scores)
        .points(&points, &labels)
        .inputs("petal length (cm)", "petal width (cm)")
        .title("Iris: regions of a network with 16 units")
        .chart()
}

fn surface() -> Chart {
    let f = |x: f64, y: f64| 3.0 * (x * 1.3).sin() * (y * 0.9).cos() + 0.4 * x;
    let mut rng = rng();
    let points: Vec<(f64, f64, f64)> = (0..80)
        .map(|_| {
            let (x, y) = (rng.range(-3.0, 3.0), rng.range(-3.0, 3.0));
            (x, y, f(x, y) + 0.3 * rng.normal())
        })
        .collect();
    let grid = Grid::new((-3.2, 3.2), (-3.2, 3.2), 120, 120);
    let values: Vec<f32> = grid.points().map(|(x, y)| f(x, y) as f32).collect();
    RegressionSurface::new(grid, &values)
        .points(&points)
        .target("yield (t/ha)")
        .title("A regression over two inputs")
        .chart()
}

fn positive_surface() -> Chart {
    let grid = Grid::new((0.0, 40.0), (20.0, 80.0), 100, 80);
    let values: Vec<f32> = grid.points().map(|(x, y)| (250_000.0 + 9000.0 * x + 20.0 * y * y) as f32).collect();
    RegressionSurface::new(grid, &values).inputs("age (years)", "area (m²)").target("price").chart()
}

fn history(epochs: u32) -> Chart {
    let mut rng = rng();
    let curve = |from: f64, to: f64, rate: f64, rise: f64, rng: &mut Rng| -> Vec<f64> {
        let decay = |i: u32| (-f64::from(i) * rate * 120.0 / f64::from(epochs)).exp();
        (0..epochs).map(|i| (to + (from - to) * decay(i) + rise * f64::from(i)) * (1.0 + 0.03 * rng.normal())).collect()
    };
    let loss = curve(1.8, 0.004, 0.06, 0.0, &mut rng);
    let validation = curve(1.7, 0.06, 0.08, 0.0007, &mut rng);
    let accuracy: Vec<f64> = loss.iter().map(|l| (1.0 - l / 3.0).min(1.0)).collect();
    let validation_accuracy: Vec<f64> = validation.iter().map(|l| (1.0 - l / 2.7).min(1.0)).collect();
    HistoryCurves::new(&loss)
        .validation_loss(&validation)
        .metric("accuracy", &accuracy, &validation_accuracy)
        .title("Training of iris")
        .chart()
}

fn confusion(classes: &[String]) -> Chart {
    ConfusionMatrix::new(classes, |truth, said| match truth.abs_diff(said) {
        0 => 46 + (truth as u64 * 7) % 5,
        1 if truth > 0 && said > 0 => (truth + said) as u64 % 4,
        3 => (truth * said) as u64 % 3,
        _ => 0,
    })
    .chart()
}
