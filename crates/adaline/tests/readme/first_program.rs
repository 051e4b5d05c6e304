use adaline::prelude::*;

fn main() -> adaline::Result<()> {
    let data = Table::builtin("iris")?.target("species")?.split(Split::seeded(1))?;
    let net = Network::new(data.input(), [Dense::relu(16), Dense::linear(3)])?;
    let mut model = Model::new(data.encoder(), net);
    let trainer = Trainer::new(Adam::default()).epochs(100).seed(1).on_epoch(|e| println!("{e}"));
    model.fit(&data, trainer)?;
    println!("{}", model.evaluate(data.test())?);
    println!("{}", model.predict_one(["5.1", "3.5", "1.4", "0.2"])?);
    model.save("iris.safetensors")
}
