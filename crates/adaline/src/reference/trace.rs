//! What a pass through a network is told, and what it leaves behind.

/// How a batch goes through a network. The default is a prediction.
///
/// ```
/// use adaline::reference::Pass;
/// let masks = [vec![1.0, 0.0]];
/// let training = Pass { masks: Some(&masks), training: true, ..Pass::default() };
/// assert!(training.lengths.is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pass<'a> {
    /// One mask for each dropout layer, in their order, those inside residuals included: values are dropped as while
    /// training. Without masks dropout does nothing.
    pub masks: Option<&'a [Vec<f64>]>,
    /// How many steps of each example are its own; without, all are.
    pub lengths: Option<&'a [u32]>,
    /// Whether batch normalisation takes the statistics of the batch, and not the running ones.
    pub training: bool,
}

/// Everything that a forward pass computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// How many examples.
    pub batch: usize,
    /// The network's input, B × I.
    pub input: Vec<f64>,
    /// One entry a layer.
    pub layers: Vec<LayerTrace>,
}

/// What one layer computed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerTrace {
    /// What its activation saw: the weighted sums of a dense layer or a convolution; what came in, for a layer without
    /// sums. (Those of a recurrent layer are in its [`Sweep`]s.)
    pub sums: Vec<f64>,
    /// What came out.
    pub outputs: Vec<f64>,
    /// How many steps of each sequence that came in were its own; `None` where all were.
    pub lengths: Option<Vec<usize>>,
    /// What else the way back needs.
    pub kept: Kept,
}

/// What some kinds of layers keep besides their sums and outputs.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Kept {
    /// Nothing.
    #[default]
    Nothing,
    /// Dropout while training: 0 for a value that was dropped and 1 for one that was kept.
    Mask(Vec<f64>),
    /// A pool of largest values: the place in what came in where each of them was found.
    Places(Vec<usize>),
    /// Normalisation.
    Statistics(Statistics),
    /// A recurrent layer: one sweep a direction.
    Sweeps(Vec<Sweep>),
    /// A residual: what the layers of its chain computed.
    Layers(Vec<LayerTrace>),
}

/// What a normalisation normalised with.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// μ, one for each group of values that are normalised together.
    pub mean: Vec<f64>,
    /// σ², over n.
    pub variance: Vec<f64>,
    /// For each group, whether μ and σ² are those of the values themselves (and move when the values do) or were given:
    /// the running ones.
    pub own: Vec<bool>,
    /// Batch normalisation while training: the running mean and the running variance behind this step.
    pub running: Option<[Vec<f64>; 2]>,
}

/// One direction of a recurrent layer over a batch: every number of every step. Steps stand at their place in the sequence,
/// also where the cell went from the end to the start; steps that are not an example's own are 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Whether the cell went from the end to the start.
    pub reverse: bool,
    /// Values of the state.
    pub units: usize,
    /// Sums a step: the cell's gates and candidates times `units`.
    pub gates_width: usize,
    /// What the gates and candidates saw, B × T × G·units, in PyTorch's order.
    pub sums: Vec<f64>,
    /// What they gave, B × T × G·units.
    pub gates: Vec<f64>,
    /// The state h′ behind each step, B × T × units.
    pub states: Vec<f64>,
    /// An LSTM's memory s′ behind each step, B × T × units; empty for other cells.
    pub memory: Vec<f64>,
}

impl Trace {
    /// What came out of the last layer; the input where there are no layers.
    pub fn outputs(&self) -> &[f64] {
        self.layers.last().map_or(&self.input, |layer| &layer.outputs)
    }
}

impl LayerTrace {
    /// The sweeps of a recurrent layer, one a direction; none of other layers.
    ///
    /// ```
    /// use adaline::reference::{Network, Pass};
    /// use adaline::{Recurrent, Shape};
    /// # fn main() -> adaline::Result<()> {
    /// // A GRU without weights: its gates stand half open, and its candidate and state stay at 0.
    /// let shape = Shape::Sequence { steps: 2, features: 1 };
    /// let layers = [Recurrent::gru(1).without_bias().into()];
    /// let network = Network::new(shape, &layers, vec![vec![0.0; 3], vec![0.0; 3]])?;
    /// let trace = network.forward(&[1.0, 2.0], Pass::default())?;
    /// let sweep = &trace.layers[0].sweeps()[0];
    /// assert_eq!(sweep.step(1).gates, [0.5, 0.5, 0.0]); // r, z, n
    /// assert_eq!(sweep.states, [0.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sweeps(&self) -> &[Sweep] {
        match &self.kept {
            Kept::Sweeps(sweeps) => sweeps,
            _ => &[],
        }
    }
}
