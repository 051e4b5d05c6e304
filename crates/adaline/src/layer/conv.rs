//! The convolution: a few small filters that look at every place of an image or a sequence.

use super::size::Window;
use super::{Layout, Padding, Parameter, Size};
use crate::{Activation, Init, Layer, Shape};

/// A convolution of an image (2-D) or of a sequence (1-D).
///
/// **Formula** Each filter is a small window of weights. At every place it takes the weighted sum of what lies under it,
/// over all channels, adds its bias and applies the activation f:
///
/// y\[o, i, j\] = f(b\[o\] + Σ_c Σ_u Σ_v W\[o, c, u, v\] · x\[c, i·s + u·d, j·s + v·d\]), with stride s and dilation d. (It is a
/// cross-correlation, as in all libraries: the filter is not turned around.)
///
/// **Shapes** an image C × H × W → `filters` × H′ × W′; a sequence of T steps of C values → T′ steps of `filters` values.
/// `valid`: H′ = ⌊(H - d(k - 1) - 1) / s⌋ + 1. `same`: H′ = ⌈H / s⌉, with zeroes around.
///
/// Of sequences of different lengths each goes as if it were alone: its edge is its last own step, and where it is shorter
/// than one window, that one sees zeroes behind it.
///
/// **Parameters** `weight` (filters × C/groups × kernel height × kernel width; 1-D: filters × C/groups × kernel), `bias`
/// (filters).
///
/// **Groups** With g groups the channels are cut into g parts, each seen by its own part of the filters; g = C is a
/// depthwise convolution.
///
/// **Initialisation** weights He-uniform before ReLU and its kin, else Glorot-uniform; bias 0.
///
/// **Cost** filters × C/groups × kernel × H′ × W′ multiply-adds an example.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// // One filter that answers to a step from dark to light.
/// let image = Shape::Image { channels: 1, height: 1, width: 4 };
/// let mut network = Network::new(image, [Conv::new(1, (1, 2)), ])?;
/// network.set("layers.0.weight", &[-1.0, 1.0])?;
/// network.set("layers.0.bias", &[0.0])?;
/// assert_eq!(network.predict(&[0.0, 0.0, 1.0, 1.0])?, [0.0, 1.0, 0.0]);
/// # Ok(())
/// # }
/// ```
///
/// LeCun et al. 1989, *Backpropagation applied to handwritten zip code recognition*. Agrees with PyTorch's `nn.Conv1d`
/// and `nn.Conv2d`, and with Keras's `Conv1D`, `Conv2D` and `DepthwiseConv2D` (whose `same` it takes over).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Conv {
    /// How many filters: the channels that come out.
    pub filters: usize,
    /// The size of the window.
    pub kernel_size: Size,
    /// How far the window moves; 1 when not said.
    pub strides: Size,
    /// What happens at the edges; `valid` when not said.
    pub padding: Padding,
    /// How far apart the values lie that a filter sees; 1 when not said.
    pub dilation: Size,
    /// Into how many parts the channels are cut; 1 when not said.
    pub groups: usize,
    /// Applied to every sum; identity when not said.
    pub activation: Activation,
    /// Whether each filter has a bias; true when not said.
    pub bias: bool,
    /// How the weights start; chosen by the activation when not said.
    pub init: Option<Init>,
}

/// Larger kernels, strides and dilations than any image are a slip, and where they begin could not be counted.
const LARGEST: usize = 1 << 16;

impl Conv {
    /// Filters of a size, without an activation: `Conv::new(16, 3)` is 3 × 3 on an image and 3 steps on a sequence.
    pub fn new(filters: usize, kernel_size: impl Into<Size>) -> Self {
        Conv {
            filters,
            kernel_size: kernel_size.into(),
            strides: Size::Side(1),
            padding: Padding::Valid,
            dilation: Size::Side(1),
            groups: 1,
            activation: Activation::Identity,
            bias: true,
            init: None,
        }
    }

    /// Filters of a size with ReLU.
    pub fn relu(filters: usize, kernel_size: impl Into<Size>) -> Self {
        Conv { activation: Activation::Relu, ..Conv::new(filters, kernel_size) }
    }

    /// The same layer with an activation.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// The same layer with zeroes at the edges, so that as much comes out as goes in (with stride 1).
    #[must_use]
    pub fn same(mut self) -> Self {
        self.padding = Padding::Same;
        self
    }

    /// The same layer with larger steps of the window.
    #[must_use]
    pub fn strides(mut self, strides: impl Into<Size>) -> Self {
        self.strides = strides.into();
        self
    }

    /// The same layer with gaps between the values that a filter sees.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Into<Size>) -> Self {
        self.dilation = dilation.into();
        self
    }

    /// The same layer with its channels cut into groups.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// The same layer without biases.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }

    /// The same layer with weights that start in a given way.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = Some(init);
        self
    }
}

/// A convolution with its numbers, for one shape of input: what twin and engine compute. A sequence is an image of one
/// row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConvGeometry {
    /// C, H, W that come in.
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Along the rows, and along the columns.
    pub rows: Window,
    pub columns: Window,
    pub filters: usize,
    pub groups: usize,
}

impl ConvGeometry {
    /// H′ × W′.
    pub(crate) fn outputs(&self) -> (usize, usize) {
        (self.rows.count(self.height), self.columns.count(self.width))
    }

    /// Channels that one filter sees.
    pub(crate) fn channels_seen(&self) -> usize {
        self.channels / self.groups
    }

    /// Values that one filter sees: the length of each sum.
    pub(crate) fn depth(&self) -> usize {
        self.channels_seen() * self.rows.kernel * self.columns.kernel
    }
}

impl Conv {
    /// Fails where the layer cannot read the shape.
    pub(crate) fn geometry(&self, input: Shape) -> Result<ConvGeometry, String> {
        let Conv { filters, groups, padding, .. } = *self;
        if filters == 0 || groups == 0 || [self.kernel_size, self.strides, self.dilation].iter().any(|s| s.is_zero()) {
            return Err("filters, kernel size, strides, dilation and groups are whole numbers from 1".to_owned());
        }
        let sides = [self.kernel_size, self.strides, self.dilation].map(Size::sides);
        if sides.iter().any(|&(rows, columns)| rows.max(columns) > LARGEST) {
            return Err(format!("kernel size, strides and dilation go up to {LARGEST}"));
        }
        let window = |kernel, stride, dilation| Window { kernel, stride, dilation, padding };
        let (channels, height, width, rows, columns) = match input {
            Shape::Image { channels, height, width } => {
                let (kernel, stride, dilation) =
                    (self.kernel_size.sides(), self.strides.sides(), self.dilation.sides());
                let rows = window(kernel.0, stride.0, dilation.0);
                (channels, height, width, rows, window(kernel.1, stride.1, dilation.1))
            }
            Shape::Sequence { steps, features } => {
                let along = (self.kernel_size.steps(), self.strides.steps(), self.dilation.steps());
                let (Some(kernel), Some(stride), Some(dilation)) = along else {
                    return Err("a sequence has one axis; write one number: conv 16 3".to_owned());
                };
                (features, 1, steps, window(1, 1, 1), window(kernel, stride, dilation))
            }
            Shape::Flat(n) => {
                return Err(format!(
                    "a convolution reads an image or a sequence, and a row of {n} numbers has no neighbours; use dense"
                ));
            }
        };
        if channels % groups != 0 || filters % groups != 0 {
            return Err(format!("{groups} groups do not divide {channels} channels and {filters} filters evenly"));
        }
        let geometry = ConvGeometry { channels, height, width, rows, columns, filters, groups };
        let (out_height, out_width) = geometry.outputs();
        if out_height == 0 || out_width == 0 {
            return Err(format!(
                "its window reaches over {}x{} and what comes in is {height}x{width}; make it smaller, or write same",
                rows.reach(),
                columns.reach()
            ));
        }
        Ok(geometry)
    }

    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        self.activation.validate().map_err(|error| error.to_string())?;
        if self.activation == Activation::Softmax {
            return Err("softmax is over all values of an example; write it as a layer of its own".to_owned());
        }
        if let Some(init) = self.init {
            init.validate()?;
        }
        let geometry = self.geometry(input)?;
        let (height, width) = geometry.outputs();
        Ok(match input {
            Shape::Sequence { .. } => Shape::Sequence { steps: width, features: self.filters },
            _ => Shape::Image { channels: self.filters, height, width },
        })
    }

    pub(super) fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let Ok(geometry) = self.geometry(input) else { return Vec::new() };
        let (kernel_height, kernel_width) = (geometry.rows.kernel, geometry.columns.kernel);
        let seen = geometry.channels_seen();
        let shape = match input {
            Shape::Sequence { .. } => vec![self.filters, seen, kernel_width],
            _ => vec![self.filters, seen, kernel_height, kernel_width],
        };
        let area = kernel_height.saturating_mul(kernel_width);
        let (fan_in, fan_out) = (seen.saturating_mul(area), self.filters.saturating_mul(area));
        let init = self.init.unwrap_or_else(|| Init::suited_to(self.activation));
        let layout = Layout::Filters { channels: seen, area, filters: self.filters / self.groups, groups: self.groups };
        let mut parameters = vec![Parameter {
            name: "weight".into(),
            shape,
            layout,
            init,
            fan_in,
            fan_out,
            penalised: true,
            trained: true,
        }];
        if self.bias {
            let layout = Layout::Groups { groups: self.groups, each: self.filters / self.groups };
            parameters.push(Parameter { layout, fan_in, fan_out, ..Parameter::bias("bias", self.filters) });
        }
        parameters
    }
}

impl From<Conv> for Layer {
    fn from(layer: Conv) -> Self {
        Layer::Conv(layer)
    }
}
