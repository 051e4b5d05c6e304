//! Layers to text.

use crate::layer::{Cell, Conv, Layer, Padding, Pool, Recurrent, Size};
use crate::{Activation, BatchNorm, Init, LayerNorm};
use std::fmt;

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind_as_written())?;
        match self {
            Layer::Dense(dense) => {
                write!(f, " {}", dense.units)?;
                neurons(f, dense.activation, dense.bias, dense.init)
            }
            Layer::Conv(conv) => write_conv(f, conv),
            Layer::Pool(pool) => write_pool(f, pool),
            Layer::Recurrent(recurrent) => write_recurrent(f, recurrent),
            Layer::Embedding(embedding) => write!(f, " {} {}", embedding.vocabulary, embedding.dimensions),
            Layer::BatchNorm(norm) => {
                let usual = BatchNorm::default();
                if norm.momentum != usual.momentum {
                    write!(f, " momentum {}", norm.momentum)?;
                }
                write_epsilon(f, norm.epsilon, usual.epsilon)
            }
            Layer::LayerNorm(norm) => write_epsilon(f, norm.epsilon, LayerNorm::default().epsilon),
            Layer::Residual(residual) => write!(f, "({})", Layer::chain_to_string(&residual.layers)),
            Layer::Dropout(dropout) => write!(f, " {}", dropout.rate),
            Layer::Activation(activation) => write!(f, "{activation}"),
            Layer::GlobalPool(_) | Layer::Flatten => Ok(()),
        }
    }
}

impl Layer {
    /// The first word; an activation writes itself, with its parameter.
    fn kind_as_written(&self) -> &'static str {
        match self {
            Layer::Activation(_) => "",
            other => other.kind(),
        }
    }
}

/// What all layers of neurons share.
fn neurons(f: &mut fmt::Formatter<'_>, activation: Activation, bias: bool, init: Option<Init>) -> fmt::Result {
    if activation != Activation::Identity {
        write!(f, " {activation}")?;
    }
    if !bias {
        write!(f, " no_bias")?;
    }
    if let Some(init) = init {
        write!(f, " {init}")?;
    }
    Ok(())
}

fn write_conv(f: &mut fmt::Formatter<'_>, conv: &Conv) -> fmt::Result {
    write!(f, " {} {}", conv.filters, conv.kernel_size)?;
    if conv.strides != Size::Side(1) {
        write!(f, " strides {}", conv.strides)?;
    }
    write_padding(f, conv.padding)?;
    if conv.dilation != Size::Side(1) {
        write!(f, " dilation {}", conv.dilation)?;
    }
    if conv.groups != 1 {
        write!(f, " groups {}", conv.groups)?;
    }
    neurons(f, conv.activation, conv.bias, conv.init)
}

fn write_pool(f: &mut fmt::Formatter<'_>, pool: &Pool) -> fmt::Result {
    write!(f, " {}", pool.pool_size)?;
    if let Some(strides) = pool.strides {
        write!(f, " strides {strides}")?;
    }
    write_padding(f, pool.padding)
}

fn write_padding(f: &mut fmt::Formatter<'_>, padding: Padding) -> fmt::Result {
    match padding {
        Padding::Valid => Ok(()),
        Padding::Same => write!(f, " same"),
    }
}

fn write_recurrent(f: &mut fmt::Formatter<'_>, recurrent: &Recurrent) -> fmt::Result {
    write!(f, " {}", recurrent.units)?;
    match recurrent.cell {
        Cell::Simple { activation } if activation != Activation::Tanh => write!(f, " {activation}")?,
        Cell::Gru { reset_after: false } => write!(f, " reset_before")?,
        _ => {}
    }
    for (said, word) in
        [(recurrent.sequences, "sequences"), (recurrent.bidirectional, "bidirectional"), (!recurrent.bias, "no_bias")]
    {
        if said {
            write!(f, " {word}")?;
        }
    }
    Ok(())
}

fn write_epsilon(f: &mut fmt::Formatter<'_>, epsilon: f64, usual: f64) -> fmt::Result {
    if epsilon == usual { Ok(()) } else { write!(f, " epsilon {epsilon}") }
}
