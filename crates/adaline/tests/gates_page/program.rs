use adaline::gate::{Expression, Learner, LearningEnd, LearningRule, Solution};
use adaline::{Circuit, Gate, Model};

fn main() -> adaline::Result<()> {
    // Any function, as an expression or as a column of outputs.
    let function = Expression::parse("(a and not b) or c")?.function()?;
    let Solution::Neuron(neuron) = function.table().solve()? else { panic!("one neuron is enough") };
    assert_eq!(neuron.to_string(), "step(1·x1 - 1·x2 + 2·x3), smallest");

    // A function that no neuron computes, and why.
    let Solution::Impossible(why) = Gate::Xor.table().solve()? else { panic!("XOR is not separable") };
    assert_eq!(why.to_string(), "01 + 10 = 11 = 00 + 11");

    // Two layers do, and two hidden neurons are the fewest.
    let layers = Gate::Xor.table().two_layer()?;
    assert_eq!((layers.hidden.neurons.len(), layers.proved), (2, true));

    // Rosenblatt's rule on XOR goes round for ever.
    let mut learner = Learner::new(&Gate::Xor.table(), LearningRule::Perceptron, 0.1, 1)?;
    let steps = learner.by_ref().count();
    assert_eq!((steps, learner.end()), (52, Some(LearningEnd::Cycles { first: 12, again: 13 })));

    // Gates make an adder, and an adder is a network.
    let adder = Model::of_circuit(&Circuit::ripple_adder(3)?)?;
    assert_eq!(adder.predict_one(["1", "0", "1", "0", "1", "1"])?.label(), "8"); // 5 + 3
    Ok(())
}
