//! 9. A convolution finds features, a pool narrows them down.
//!
//! `cargo run -p adaline --example 09_a_cnn_narrows_information`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::prelude::*;
use adaline::reference::{self, Pass};

const CNN: &str = "conv 8 3x3 relu, maxpool 2, flatten, dense 10";
const DENSE: &str = "dense 11 relu, dense 10";

pub(crate) fn main() -> adaline::Result<()> {
    let data = Table::builtin("digits")?.target("digit")?.split(Split::seeded(1))?;
    let test = data.encoder().encode(data.test())?;
    let image = test.input(0).to_vec();
    a_filter_answers_to_an_edge(&image)?;
    let cnn = train(&data, CNN)?;
    layer_by_layer(&cnn, &image)?;
    what_the_filters_look_for(&cnn, test.inputs())?;
    beside_a_dense_network(&data, &cnn)
}

/// An image of 8 columns as letters, from its lowest value to its highest.
fn picture(values: &[f32], columns: usize) -> Vec<String> {
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let letter = |v: &f32| [' ', '░', '▒', '▓', '█'][((v - low) / (high - low).max(1e-9) * 4.99) as usize];
    values.chunks(columns).map(|row| row.iter().flat_map(|v| [letter(v); 2]).collect()).collect()
}

fn beside(pictures: &[Vec<String>]) {
    for row in 0..pictures.iter().map(Vec::len).max().unwrap_or(0) {
        let cells: Vec<&str> = pictures.iter().map(|picture| picture.get(row).map_or("", String::as_str)).collect();
        println!("  {}", cells.iter().map(|cell| format!("{cell:<20}")).collect::<String>().trim_end());
    }
}

fn a_filter_answers_to_an_edge(image: &[f32]) -> adaline::Result<()> {
    println!("A filter is a neuron with a small window, and it is put on every place of an image. This one is set by");
    println!("hand: it answers where it is dark at the left and light at the right.\n");
    let filter = [-1.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0];
    let mut edge = Network::new(Shape::Image { channels: 1, height: 8, width: 8 }, [Conv::relu(1, 3)])?;
    edge.set("layers.0.weight", &filter)?;
    edge.set("layers.0.bias", &[0.0])?;
    let answers = edge.predict(image)?;
    beside(&[
        vec!["filter".to_owned(), "-1  0  1".to_owned(), "-1  0  1".to_owned(), "-1  0  1".to_owned()],
        [vec!["image, 8x8".to_owned()], picture(image, 8)].concat(),
        [vec!["answers, 6x6".to_owned()], picture(&answers, 6)].concat(),
    ]);
    // The answer at one place, added up by hand.
    let at = (0..answers.len()).max_by(|a, b| answers[*a].total_cmp(&answers[*b])).unwrap_or(0);
    let (row, column) = (at / 6, at % 6);
    let sum: f32 = (0..9).map(|i| filter[i] * image[(row + i / 3) * 8 + column + i % 3]).sum();
    println!(
        "\nIt answers most, with {:.2}, at row {row}, column {column}: the sum by hand is {sum:.2}.\n",
        answers[at]
    );
    assert!((sum - answers[at]).abs() < 1e-4 && sum > 0.0);
    Ok(())
}

fn train(data: &adaline::data::Dataset, line: &str) -> adaline::Result<Model> {
    let network = Network::new(data.input(), Layer::parse_chain(line)?)?;
    let mut model = Model::new(data.encoder(), network);
    model.fit(data, Trainer::new(Adam::default().learning_rate(0.01)).epochs(30).seed(1))?;
    Ok(model)
}

fn layer_by_layer(model: &Model, image: &[f32]) -> adaline::Result<()> {
    let network = model.network();
    println!("Nobody has to set filters: training finds eight of them. What goes through the trained network:\n");
    println!("  {:<18}{:>8}  {:>7}  {:>7}", "layer", "shape", "values", "weights");
    println!("  {:<18}{:>8}  {:>7}", "image", network.input().to_string(), network.input().len());
    let mut values = vec![network.input().len()];
    for (number, (layer, shape)) in network.layers().iter().zip(network.shapes()).enumerate() {
        let weights = network.parameters_of(number);
        println!("  {:<18}{:>8}  {:>7}  {:>7}", layer.to_string(), shape.to_string(), shape.len(), weights);
        values.push(shape.len());
    }
    println!(
        "\nThe convolution looks for eight things at 36 places: {} values. The pool keeps the largest of each",
        values[1]
    );
    println!(
        "2x2, so that it counts that a thing is there and not just where: {}. The last layer weighs them: {}.\n",
        values[2], values[4]
    );
    assert_eq!(values, [64, 288, 72, 72, 10]);

    // The same example through plain loops: what the pool keeps is the largest of four.
    let x: Vec<f64> = image.iter().copied().map(f64::from).collect();
    let trace = reference::Network::of(network)?.forward(&x, Pass::default())?;
    let maps: Vec<Vec<f32>> =
        [0, 1].map(|layer| trace.layers[layer].outputs.iter().map(|v| *v as f32).collect()).to_vec();
    println!("Three of the eight feature maps, and what the pool leaves of them:\n");
    beside(&[0, 1, 2].map(|map| picture(&maps[0][map * 36..(map + 1) * 36], 6)));
    println!();
    beside(&[0, 1, 2].map(|map| picture(&maps[1][map * 9..(map + 1) * 9], 3)));
    for map in 0..8 {
        let four = [0, 1, 6, 7].map(|at| maps[0][map * 36 + at]);
        assert_eq!(maps[1][map * 9], four.into_iter().fold(f32::MIN, f32::max));
    }
    Ok(())
}

fn what_the_filters_look_for(model: &Model, images: &[f32]) -> adaline::Result<()> {
    println!(
        "\nWhat do the filters answer to? The weights of three, and of all the pieces of all the test images the one"
    );
    println!("with the largest answer:\n");
    let weights = model.network().get("layers.0.weight")?;
    let mut columns = Vec::new();
    for filter in weights.chunks(9).take(3) {
        let mut best = (f32::MIN, Vec::new());
        for image in images.chunks(64) {
            for place in 0..36 {
                let piece: Vec<f32> = (0..9).map(|i| image[(place / 6 + i / 3) * 8 + place % 6 + i % 3]).collect();
                let answer: f32 = piece.iter().zip(filter).map(|(x, w)| x * w).sum();
                if answer > best.0 {
                    best = (answer, piece);
                }
            }
        }
        let piece = picture(&best.1, 3);
        let rows = filter.chunks(3).zip(&piece);
        columns.push(
            rows.map(|(w, piece)| format!("{:>5.1} {:>5.1} {:>5.1}   {piece}", w[0], w[1], w[2])).collect::<Vec<_>>(),
        );
        // The piece looks like the filter: light where the weights are large.
        let mean = best.1.iter().sum::<f32>() / 9.0;
        let alike: f32 = best.1.iter().zip(filter).map(|(x, w)| (x - mean) * w).sum();
        assert!(alike > 0.0);
    }
    for row in 0..3 {
        println!("  {}", columns.iter().map(|column| format!("{:<32}", column[row])).collect::<String>().trim_end());
    }
    println!();
    Ok(())
}

fn beside_a_dense_network(data: &adaline::data::Dataset, cnn: &Model) -> adaline::Result<()> {
    println!("A filter's nine weights serve all places. A dense layer has a weight of its own for every pixel:\n");
    let dense = train(data, DENSE)?;
    let mut right = Vec::new();
    for model in [cnn, &dense] {
        let accuracy = model.evaluate(data.test())?.accuracy().unwrap_or(0.0);
        let network = model.network();
        println!("  {:<48}{:>4} weights   {accuracy:.3} right", network.notation(), network.parameters());
        right.push(accuracy);
    }
    println!("\nWith as many weights the network that looks for features everywhere is right more often.");
    assert!(cnn.network().parameters() < dense.network().parameters());
    assert!(right[0] > right[1] && right[0] > 0.94, "{right:?}");
    Ok(())
}
