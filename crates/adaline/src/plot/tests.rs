//! Every chart in every form: pinned pictures, hostile names, and numbers of all kinds.

use super::words::columns;
use super::*;
use crate::{Activation, Gate, Neuron};
use proptest::prelude::*;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Numbers on both sides of zero.
fn waves(count: usize) -> Vec<f64> {
    (0..count).map(|i| f64::from((i as u32 * 7) % 11) / 5.0 - 1.0).collect()
}

fn features() -> Chart {
    let image = |channels, side| crate::Shape::Image { channels, height: side, width: side };
    FeaturePicture::new(image(1, 4), &waves(16))
        .layer("conv 2 3x3 relu", image(2, 2), &[0.0, 1.0, 2.0, 0.5, 0.25, 0.0, 0.0, 1.5])
        .layer("flatten", crate::Shape::Flat(8), &[0.0, 1.0, 2.0, 0.5, 0.25, 0.0, 0.0, 1.5])
        .layer("dense 2", crate::Shape::Flat(2), &[1.5, -0.5])
        .classes(&["cat", "dog"], &[0.88, 0.12], Some(1))
        .title("A cat")
        .chart()
}

fn forecast() -> Chart {
    let truth = [0.0, 1.0, 0.5, -0.5, -1.0, 0.0, 1.0, 0.5];
    let one = [0.4, -0.4, -0.8, 0.1, 0.9, 0.6, -0.5];
    ForecastPicture::new(&truth).forecast(1, 3, &one).forecast(2, 4, &one[1..]).test_from(6).target("load").chart()
}

/// One of each chart, small enough to read as SVG.
fn samples() -> Vec<(&'static str, Chart)> {
    let grid = Grid::new((-1.0, 1.0), (0.0, 2.0), 9, 7);
    let points = [(-0.5, 0.5), (0.25, 1.75), (0.75, 0.25)];
    let three: Vec<f32> = grid
        .points()
        .flat_map(|(x, y)| {
            let scores = [0.2 - x, x - 0.2, y - 1.0].map(|s| if s > 0.0 { 1.0 + s } else { 1.0 / (1.0 - s) });
            let sum: f64 = scores.iter().sum();
            scores.map(|s| (s / sum) as f32)
        })
        .collect();
    let values: Vec<f32> = grid.points().map(|(x, y)| (x * (y - 1.0)) as f32).collect();
    let xor = |a: f64, b: f64| if (0.5..1.5).contains(&(a + b)) { 1.0 } else { 0.0 };
    let history = HistoryCurves::new(&[1.0, 0.4, 0.09, 0.006]).validation_loss(&[1.1, 0.5, 0.2, 0.3]).metric(
        "accuracy",
        &[0.5, 0.75, 1.0, 1.0],
        &[0.5, 0.7, 0.9, 0.8],
    );
    let counts = [[8, 2, 0], [1, 9, 0], [0, 3, 17]];
    let and = Neuron::step([0.4, 0.4], -0.6);
    let region = Gate::And.table().weight_region(-0.6).unwrap();
    let and_steps = [[0.1, -0.2, 0.0], [0.6, -0.2, -0.5], [1.1, 0.3, -1.0]];
    let network = NetworkGraph::new(&["a", "b"]).layer("step", 2, &[-0.6, -0.6, 0.4, 0.4], &[0.7, -0.3]).layer(
        "step",
        1,
        &[0.4, 0.4],
        &[-0.6],
    );
    vec![
        ("weights", WeightPicture::new("AND", &region).neuron("by hand", &and).chart()),
        ("neuron", NeuronGraph::new(&and).values(&[1.0, 0.0]).chart()),
        ("network", network.chart()),
        (
            "learning",
            LearningPicture::new("AND", [false, false, false, true], &and_steps).errors("errors", &[2.0, 1.0]).chart(),
        ),
        ("activation", ActivationCurves::new(&[Activation::Step, Activation::Relu]).derivative(true).chart()),
        (
            "gate",
            GatePicture::new("XOR", [false, true, true, false])
                .line(1.0, 1.0, -0.5)
                .line(-1.0, -1.0, 1.5)
                .output(xor)
                .chart(),
        ),
        (
            "regions",
            ClassRegions::new(grid, &names(&["a", "b", "c"])).probabilities(&three).points(&points, &[0, 1, 2]).chart(),
        ),
        (
            "surface",
            RegressionSurface::new(grid, &values).points(&[(0.5, 0.5, -0.2), (-0.5, 0.5, 0.3)]).target("y").chart(),
        ),
        ("history", history.title("Four epochs").chart()),
        ("filters", FilterPicture::images(2, 2, (2, 3), &waves(24)).title("Two filters").chart()),
        ("filters_1d", FilterPicture::sequences(3, 1, 5, &waves(15)).title("Three filters").chart()),
        ("features", features()),
        ("states", StatePicture::new(3, &waves(18)).inputs(&["x"], &[0.5, -0.5, 1.0, 0.0, 0.25, 0.75]).chart()),
        ("forecast", forecast()),
        ("confusion", ConfusionMatrix::new(&names(&["cat", "dog", "horse"]), |t, p| counts[t][p]).chart()),
    ]
}

#[test]
fn the_pictures_are_pinned() {
    for (name, chart) in samples() {
        insta::assert_snapshot!(format!("{name}_svg"), chart.to_svg());
        insta::assert_snapshot!(format!("{name}_text"), chart.to_text(78, 22));
    }
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    for ((name, a), (_, b)) in samples().into_iter().zip(samples()) {
        assert_eq!(a.to_svg(), b.to_svg(), "{name}");
        assert_eq!(a.to_text(60, 20), b.to_text(60, 20), "{name}");
        assert!(a.to_png(0.5).unwrap() == b.to_png(0.5).unwrap(), "{name}");
    }
}

#[test]
fn a_png_has_the_size_asked_for() {
    for (name, chart) in samples() {
        let chart = chart.size(300.0, 200.0);
        let png = chart.to_png(2.0).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n", "{name}");
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!((number(16), number(20)), (600, 400), "{name}");
    }
}

#[test]
fn texts_are_drawn_with_the_embedded_font() {
    // Without a font the picture with and without its title would be the same.
    let with = Chart::new("Title").to_png(1.0).unwrap();
    let without = Chart::new("").to_png(1.0).unwrap();
    assert!(with.len() > without.len() + 200, "{} {}", with.len(), without.len());
}

#[test]
fn a_scale_that_makes_no_picture_is_an_error() {
    let chart = Chart::new("x");
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
        let error = chart.to_png(scale).unwrap_err();
        assert!(matches!(&error, crate::Error::Setting { setting, .. } if setting == "scale"), "{error}");
    }
}

/// What has to hold for every chart whatever is in it.
fn check(chart: &Chart, width: usize, height: usize) {
    let svg = chart.to_svg();
    let tree = png::parse(&svg).unwrap_or_else(|e| panic!("{e}\n{svg}"));
    assert_eq!(f64::from(tree.size().width()), chart.width);
    assert!(svg.starts_with("<svg ") && svg.contains("<title>") && svg.contains("<desc>"));
    for bad in ["=\"NaN", "=\"inf", "=\"-inf", " NaN", "nan "] {
        let shapes = svg.lines().filter(|line| !line.contains("<title>") && !line.contains("<text"));
        assert!(!shapes.skip(3).any(|line| line.contains(bad)), "{bad} in {svg}");
    }
    let text = chart.to_text(width, height);
    for line in text.lines() {
        assert!(columns(line) <= width.max(20), "{} columns, asked for {width}:\n{text}", columns(line));
        assert!(!line.ends_with(' ') && !line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn names_may_be_anything() {
    let long = "a very long name ".repeat(100);
    for name in ["", "<b>&\"'</svg>", "\u{1b}[31mred\u{7}\u{0}", "붓꽃 😀 é", "\u{202e}evil\u{fffe}", "a\nb\tc", &long]
    {
        let classes = vec![name.to_owned(), format!("{name}2"), "c".to_owned()];
        let grid = Grid::new((0.0, 1.0), (0.0, 1.0), 5, 5);
        let regions = ClassRegions::new(grid, &classes).decisions(&[0, 1, 2, 0, 1]).inputs(name, name).title(name);
        let charts = [
            GatePicture::new(name, [true; 4]).line(1.0, 2.0, 3.0).chart(),
            regions.points(&[(0.5, 0.5)], &[1]).chart(),
            RegressionSurface::new(grid, &[1.0; 25]).inputs(name, name).target(name).title(name).chart(),
            HistoryCurves::new(&[1.0, 0.5]).metric(name, &[0.1, 0.2], &[]).title(name).chart(),
            ConfusionMatrix::new(&classes, |t, p| (t * p) as u64).title(name).chart(),
            NeuronGraph::new(&Neuron::step([1.0; 3], 0.0)).names(&classes, name).title(name).chart(),
            NetworkGraph::new(&classes).layer(name, 9, &[0.5; 27], &[0.1; 9]).outputs(&classes).title(name).chart(),
            LearningPicture::new(name, [true; 4], &[[1.0, 2.0, 3.0]]).errors(name, &[1.0]).chart(),
            WeightPicture::new(name, &Gate::Or.table().weight_region(-0.5).unwrap())
                .neuron(name, &Neuron::step([1.0, 1.0], -0.5))
                .chart(),
            FilterPicture::images(2, 1, (3, 3), &[0.5; 18]).title(name).chart(),
            FeaturePicture::new(crate::Shape::Flat(3), &[1.0, 2.0, -3.0])
                .layer(name, crate::Shape::Sequence { steps: 2, features: 2 }, &[0.1, 0.2, -0.3, 0.4])
                .classes(&classes, &[0.2, 0.3, 0.5], Some(0))
                .title(name)
                .chart(),
            StatePicture::new(1, &[0.5, -0.5])
                .inputs(&[name, name], &[1.0; 4])
                .steps(&[name, name])
                .title(name)
                .chart(),
            ForecastPicture::new(&[1.0, 2.0, 3.0]).forecast(1, 2, &[1.5, 2.5]).target(name).title(name).chart(),
            Chart::new(name).subtitle(name).description(name).panel(
                Panel::new(name, name).title(name).line(Line::new(name, [(0.0, 1.0), (1.0, 0.0)])).mark_x(0.5, name),
            ),
        ];
        for chart in charts {
            check(&chart, 60, 20);
            check(&chart, 24, 8);
            let svg = chart.to_svg();
            assert!(!svg.contains("<b>") && !svg.contains('\u{1b}') && !svg.contains('\u{202e}'));
        }
    }
}

#[test]
fn confusion_matrices_of_any_size() {
    for k in [0, 1, 2, 3, 10, 30, 60] {
        let classes: Vec<String> = (0..k).map(|i| format!("class {i}")).collect();
        for count in [0, 7, u64::MAX] {
            let chart = ConfusionMatrix::new(&classes, |t, p| if t == p { count } else { 1 }).chart();
            check(&chart, 80, 24);
            check(&chart, 30, 24);
        }
    }
}

#[test]
fn every_activation_has_a_picture() {
    let all: Vec<Activation> = Activation::all().collect();
    for activation in &all {
        check(&ActivationCurves::new(&[*activation]).derivative(true).chart(), 70, 20);
        check(&ActivationCurves::new(&[*activation]).range(-1e300, 1e300).derivative(true).chart(), 70, 20);
    }
    check(&ActivationCurves::new(&all).derivative(true).chart(), 70, 40);
    check(&ActivationCurves::new(&[]).range(f64::NAN, f64::INFINITY).chart(), 70, 20);
}

#[test]
fn a_hundred_thousand_points_make_a_small_file() {
    let loss: Vec<f64> = (0..100_000).map(|i| 1.0 / f64::from(i + 1) + 0.01 * f64::from(i % 13)).collect();
    let svg = HistoryCurves::new(&loss).chart().to_svg();
    assert!(svg.len() < 120_000, "{}", svg.len());
    let points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i % 317), f64::from(i % 211))).collect();
    let panel = Panel::new("x", "y").points(Points::new("many", points));
    check(&Chart::new("many").panel(panel), 80, 24);
}

#[test]
fn the_text_keeps_to_its_rows() {
    for (name, chart) in samples() {
        for height in [22, 30, 50] {
            let lines = chart.to_text(80, height).lines().count();
            assert!(lines <= height, "{name}: {lines} lines, asked for {height}");
        }
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 1e-320, f64::MAX])
    ]
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(number(), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_history_has_a_picture(
        loss in numbers(), validation in numbers(), accuracy in numbers(), best in 0usize..60,
        width in 0usize..120, height in 0usize..50,
    ) {
        let history = HistoryCurves::new(&loss).validation_loss(&validation).best_epoch(best);
        check(&history.metric("accuracy", &accuracy, &validation).chart(), width, height);
    }

    #[test]
    fn any_points_have_a_picture(
        x in numbers(), y in numbers(), log in any::<(bool, bool)>(), range in (number(), number()),
        size in (number(), number()), fixed in any::<bool>(),
    ) {
        let points: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
        let panel = Panel::new("x", "y")
            .line(Line::new("line", points.iter().copied()).mark(Mark::Star).dash(Dash::DashDot))
            .points(Points::new("points", points).hollow())
            .x(|axis| axis.log(log.0))
            .y(|axis| { let axis = axis.log(log.1); if fixed { axis.range(range.0, range.1) } else { axis } });
        check(&Chart::new("any").panel(panel).size(size.0 * 100.0, size.1 * 100.0), 50, 20);
    }

    #[test]
    fn any_surface_has_a_picture(values in numbers(), x in (number(), number()), y in (number(), number()), z in number()) {
        let grid = Grid::new(x, y, 6, 6);
        let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
        check(&RegressionSurface::new(grid, &values).points(&[(x.0, y.0, z)]).chart(), 50, 20);
        let classes = names(&["a", "b"]);
        check(&ClassRegions::new(grid, &classes).probabilities(&values).points(&[(x.1, z)], &[1]).chart(), 50, 20);
    }

    #[test]
    fn any_gate_has_a_picture(lines in prop::collection::vec((number(), number(), number()), 0..4), outputs in any::<[bool; 4]>()) {
        let mut picture = GatePicture::new("g", outputs);
        for (a, b, c) in lines {
            picture = picture.line(a, b, c);
        }
        check(&picture.chart(), 50, 20);
        check(&picture.output(|a, b| a - b).chart(), 50, 20);
    }

    #[test]
    fn any_neuron_has_its_pictures(weights in numbers(), bias in number(), values in numbers(), steps in numbers()) {
        let neuron = Neuron::step(weights.clone(), bias);
        check(&NeuronGraph::new(&neuron).values(&weights).chart(), 50, 20);
        check(&NeuronGraph::new(&neuron).values(&values).chart(), 50, 20);
        let network = NetworkGraph::new(&["a", "b", "c"]).layer("l", weights.len(), &values, &weights);
        check(&network.layer("m", 2, &weights, &values).chart(), 50, 20);
        let steps: Vec<[f64; 3]> = steps.chunks_exact(3).map(|s| [s[0], s[1], s[2]]).collect();
        check(&LearningPicture::new("g", [true; 4], &steps).errors("e", &values).chart(), 50, 20);
        if let Ok(region) = Gate::Nand.table().weight_region(bias) {
            let two = Neuron::step(weights.into_iter().chain([1.0, 1.0]).take(2).collect::<Vec<_>>(), bias);
            check(&WeightPicture::new("g", &region).neuron("n", &two).chart(), 50, 20);
        }
    }

    #[test]
    fn any_filters_features_states_and_forecasts_have_a_picture(
        values in numbers(), sides in (0usize..70, 0usize..70), channels in 0usize..9, first in 0usize..50, ahead in 0usize..6,
    ) {
        check(&FilterPicture::images(channels, channels, sides, &values).chart(), 50, 20);
        check(&FilterPicture::sequences(channels, 3, sides.0, &values).chart(), 30, 9);
        let image = crate::Shape::Image { channels, height: sides.0, width: sides.1 };
        let picture = FeaturePicture::new(image, &values)
            .layer("a", crate::Shape::Sequence { steps: sides.0, features: channels }, &values)
            .layer("b", image, &values.iter().rev().copied().collect::<Vec<_>>())
            .layer("c", crate::Shape::Flat(values.len()), &values)
            .classes(&["p", "q"], &values, Some(first));
        check(&picture.chart(), 50, 20);
        check(&StatePicture::new(channels, &values).inputs(&["a", "b"][..channels % 3], &values).chart(), 50, 20);
        let forecast = ForecastPicture::new(&values).forecast(ahead, first, &values).test_from(first).last(sides.0);
        check(&forecast.chart(), 50, 20);
    }
}
