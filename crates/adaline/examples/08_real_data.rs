//! 8. Real data: from a table to a model in a file.
//!
//! `cargo run -p adaline --example 08_real_data`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::Error;
use adaline::prelude::*;

pub(crate) fn main() -> adaline::Result<()> {
    let table = Table::builtin("iris")?;
    println!("Iris: {} flowers, four lengths in centimetres and the species of each.\n", table.rows());
    println!("  {}", table.names().collect::<Vec<_>>().join("  "));
    for row in [0, 50, 100] {
        let cells: Vec<String> = table.columns().iter().map(|column| column.cell(row)).collect();
        println!("  {}", cells.join("  "));
    }

    let data = table.target("species")?.split(Split::seeded(1))?;
    let [train, validation, test] = [data.train(), data.validation(), data.test()].map(Table::rows);
    println!("\nWhat is learnt must hold for flowers that were not seen, so some are put away: {train} to learn from,");
    println!(
        "{validation} to choose the best epoch by, {test} for the examination. Every species has its share in each.\n"
    );
    assert_eq!(train + validation + test, 150);

    let network = Network::new(data.input(), [Dense::relu(16), Dense::linear(3)])?;
    println!("{network}\n");
    let mut model = Model::new(data.encoder(), network);
    let trainer = Trainer::new(Adam::default().learning_rate(0.01)).epochs(150).seed(1).on_epoch(|epoch| {
        if epoch.epoch % 30 == 0 {
            println!("  {epoch}");
        }
    });
    let fit = model.fit(&data, trainer)?;
    println!(
        "\nThe weights of epoch {} had the smallest loss on the validation rows; the model has them.",
        fit.best_epoch
    );

    let evaluation = model.evaluate(data.test())?;
    println!("\nThe examination:\n\n{evaluation}\n");
    assert!(evaluation.accuracy() > Some(0.85));

    let flower = ["5.1", "3.5", "1.4", "0.2"];
    let prediction = model.predict_one(flower)?;
    println!("A flower of {}: {prediction}", flower.join(", "));
    assert_eq!(prediction.label(), "setosa");

    // The file holds what turns a row into numbers beside the weights: whoever has it needs nothing else.
    let folder = tempfile::tempdir().map_err(|source| Error::io("write", std::env::temp_dir(), source))?;
    let path = folder.path().join("iris.safetensors");
    model.save(&path)?;
    let loaded = Model::load(&path)?;
    println!("\nSaved and read again: {} bytes, weights {}…", model.to_bytes()?.len(), &loaded.weights_sha256()[..16]);
    assert_eq!(loaded.weights_sha256(), model.weights_sha256());
    assert_eq!(loaded.predict_one(flower)?, prediction);
    assert_eq!(loaded.evaluate(data.test())?, evaluation);
    Ok(())
}
