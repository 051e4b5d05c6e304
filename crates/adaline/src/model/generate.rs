//! Writing: a model of text goes on with a text, one character after the other.

use super::Model;
use crate::data::{Input, Vocabulary, normalised};
use crate::op::Mode;
use crate::plan::{Aim, Hardware, Plan};
use crate::rng::{Purpose, Rng};
use crate::{Error, Inputs, InstructionSet, Result};
use std::collections::VecDeque;

/// Draws numbers with the probabilities that logits stand for: p(i) = exp(z(i) / T) / Σ exp(z(j) / T) with the temperature
/// T. At 1 they are the network's own; below it likely ones become likelier; at 0 the likeliest is always taken, the first
/// of equals.
///
/// ```
/// use adaline::Sampler;
/// # fn main() -> adaline::Result<()> {
/// let logits = [0.1, 2.0, 1.9];
/// assert_eq!(Sampler::new(0.0, 1)?.draw(&logits), Some(1));
/// let mut sampler = Sampler::new(1.0, 7)?;
/// let drawn: Vec<usize> = (0..1000).filter_map(|_| sampler.draw(&logits)).collect();
/// assert!(drawn.contains(&0) && drawn.contains(&1) && drawn.contains(&2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Sampler {
    temperature: f64,
    rng: Rng,
}

impl Sampler {
    /// A sampler with its own stream of random numbers. Fails when the temperature is below 0 or not finite.
    pub fn new(temperature: f64, seed: u64) -> Result<Self> {
        if !temperature.is_finite() || temperature < 0.0 {
            let message = format!("{temperature}; give a number from 0 (always the likeliest) up, 1 as it was learnt");
            return Err(Error::setting("temperature", message));
        }
        Ok(Sampler { temperature, rng: Rng::stream(seed, Purpose::Generate, 0) })
    }

    /// The next number; `None` of no logits, or of logits of which none is a number.
    pub fn draw(&mut self, logits: &[f32]) -> Option<usize> {
        let mut best = None::<(usize, f32)>;
        for (i, &z) in logits.iter().enumerate() {
            if !z.is_nan() && best.is_none_or(|(_, most)| z > most) {
                best = Some((i, z));
            }
        }
        let (likeliest, most) = best?;
        if self.temperature == 0.0 {
            return Some(likeliest);
        }
        // Beside the largest, so that nothing overflows. At a tiny temperature the others underflow to 0, as they should.
        let weight = |z: f32| match ((f64::from(z) - f64::from(most)) / self.temperature).exp() {
            weight if weight.is_finite() => weight,
            _ => 0.0,
        };
        let total: f64 = logits.iter().map(|&z| weight(z)).sum();
        let mut left = self.rng.uniform() * total;
        for (i, &z) in logits.iter().enumerate() {
            left -= weight(z);
            if left < 0.0 {
                return Some(i);
            }
        }
        // What rounding leaves.
        Some(likeliest)
    }
}

/// A text that a model goes on with, character after character, without end: what [`Model::generate`] makes.
#[derive(Debug)]
pub struct Generated<'m> {
    model: &'m Model,
    vocabulary: &'m Vocabulary,
    plan: Plan,
    sampler: Sampler,
    window: usize,
    /// The numbers of the last characters, at most a window of them.
    context: VecDeque<u32>,
    inputs: Vec<f32>,
    unknown: Vec<char>,
}

impl Model {
    /// Goes on with a text: an iterator of characters that never ends, so take as many as are wanted.
    ///
    /// The network sees the last characters of prompt and answer, a window of them; what stands for unknown characters is
    /// never drawn. An empty prompt is taken for a new line where the model knows one, else for a blank or for the first
    /// character that it knows. The same seed gives the same text.
    ///
    /// Fails when the model is none of text.
    ///
    /// ```no_run
    /// use adaline::{Model, Sampler};
    /// # fn main() -> adaline::Result<()> {
    /// let model = Model::load("hamlet.safetensors")?;
    /// let answer: adaline::Result<String> = model.generate("To be", Sampler::new(0.8, 1)?)?.take(400).collect();
    /// println!("To be{}", answer?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn generate(&self, prompt: &str, sampler: Sampler) -> Result<Generated<'_>> {
        let [Input::Text { window, characters: vocabulary }] = self.encoder.inputs() else {
            let message = "the model is none of text; adaline train --text makes one";
            return Err(Error::shape("encoder", message));
        };
        self.check()?;
        let mut context = VecDeque::new();
        let mut unknown = Vec::new();
        for character in normalised(prompt) {
            if !vocabulary.knows(character) && !unknown.contains(&character) {
                unknown.push(character);
            }
            push(&mut context, *window, vocabulary.code(character));
        }
        if context.is_empty() {
            let start = ['\n', ' '].into_iter().find(|&character| vocabulary.knows(character));
            context.push_back(start.map_or(0, |character| vocabulary.code(character)));
        }
        let hardware = Hardware { threads: 1, set: InstructionSet::best() };
        let plan = Plan::new(&self.network, 1, Aim::Logits(self.loss()), hardware)?;
        let inputs = vec![0.0; *window];
        Ok(Generated { model: self, vocabulary, plan, sampler, window: *window, context, inputs, unknown })
    }
}

fn push(context: &mut VecDeque<u32>, window: usize, code: u32) {
    if context.len() >= window {
        context.pop_front();
    }
    context.push_back(code);
}

impl Generated<'_> {
    /// The characters of the prompt that the model does not know, each once: it saw the entry for the unknown instead.
    pub fn unknown(&self) -> &[char] {
        &self.unknown
    }

    /// The number of the character after the last one.
    fn step(&mut self) -> Result<usize> {
        self.inputs.fill(0.0);
        for (value, &code) in self.inputs.iter_mut().zip(&self.context) {
            *value = code as f32;
        }
        let entries = self.vocabulary.len();
        let length = self.context.len().min(self.window);
        let inputs = Inputs { values: &self.inputs, lengths: Some(&[length as u32]) };
        self.plan.forward(self.model.network.params(), inputs, 1, Mode::Predict);
        let (outputs, _) = self.plan.output(&self.inputs, 1);
        let last = length.saturating_sub(1) * entries;
        // Without the last entry, which stands for what is unknown.
        let logits = outputs.get(last..last + entries - 1).unwrap_or_default();
        if !crate::kernel::update::all_finite(logits) {
            let message = "what comes out is not finite: the weights are too large for f32";
            return Err(Error::shape("network", message));
        }
        self.sampler.draw(logits).ok_or_else(|| Error::shape("network", "nothing comes out"))
    }
}

impl Iterator for Generated<'_> {
    type Item = Result<char>;

    fn next(&mut self) -> Option<Result<char>> {
        Some(self.step().and_then(|code| {
            push(&mut self.context, self.window, code as u32);
            let character = self.vocabulary.character(code as u32);
            character.ok_or_else(|| Error::shape("network", "there is no character of this number"))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(temperature: f64, logits: &[f32], draws: usize) -> Vec<f64> {
        let mut sampler = Sampler::new(temperature, 3).unwrap();
        let mut counts = vec![0.0; logits.len()];
        for _ in 0..draws {
            counts[sampler.draw(logits).unwrap()] += 1.0;
        }
        counts.iter().map(|count| count / draws as f64).collect()
    }

    #[test]
    fn draws_have_the_probabilities_of_the_logits() {
        let p = [0.5f32, 0.3, 0.15, 0.05];
        let logits = p.map(|p| p.ln() + 2.0);
        for (temperature, power) in [(1.0, 1.0), (0.5, 2.0), (2.0, 0.5)] {
            let sum: f64 = p.iter().map(|&p| f64::from(p).powf(power)).sum();
            for (share, p) in counts(temperature, &logits, 40_000).into_iter().zip(p) {
                let expected = f64::from(p).powf(power) / sum;
                // Four standard deviations of a share of 40,000 draws.
                let bound = 4.0 * (expected * (1.0 - expected) / 40_000.0).sqrt();
                assert!((share - expected).abs() < bound, "{temperature}: {share} {expected}");
            }
        }
    }

    #[test]
    fn extremes_are_drawn_without_trouble() {
        assert_eq!(counts(0.0, &[1.0, 3.0, 3.0, -1.0], 10), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(counts(1e-300, &[1.0, 3.0, 2.0], 10)[1], counts(0.0, &[0.0, 1.0], 10)[1]);
        assert!(counts(1.0, &[f32::MAX, f32::MIN, f32::NAN], 10)[0] > 0.99);
        let even = counts(f64::MAX, &[1.0, 300.0, -300.0], 30_000);
        assert!(even.iter().all(|share| (share - 1.0 / 3.0).abs() < 0.02), "{even:?}");
        let mut sampler = Sampler::new(1.0, 0).unwrap();
        assert_eq!((sampler.draw(&[]), sampler.draw(&[f32::NAN]), sampler.draw(&[-5.0])), (None, None, Some(0)));
        for temperature in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(Sampler::new(temperature, 0).unwrap_err().to_string().starts_with("temperature: "));
        }
    }

    #[test]
    fn a_seed_gives_the_same_draws() {
        let draws = |seed| {
            let mut sampler = Sampler::new(0.8, seed).unwrap();
            (0..50).filter_map(|_| sampler.draw(&[0.3, 0.2, 0.1, 0.0])).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }

    #[test]
    fn a_model_of_a_table_generates_nothing() {
        let model = Model::of_gate(crate::Gate::And).unwrap();
        let error = model.generate("a", Sampler::new(1.0, 0).unwrap()).unwrap_err().to_string();
        assert!(error.contains("the model is none of text"), "{error}");
    }
}
