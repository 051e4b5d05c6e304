//! Charts: data that draws itself as SVG, PNG or terminal text.
//!
//! A [`Chart`] holds [panels](Panel) with axes and what lies on them; it knows no file and no screen. The same chart
//! gives the same bytes on every machine. What a network shows has its own maker here: [`ActivationCurves`],
//! [`GatePicture`], [`WeightPicture`], [`LearningPicture`], [`ClassRegions`],
//! [`RegressionSurface`], [`HistoryCurves`], [`ConfusionMatrix`], [`FilterPicture`], [`FeaturePicture`],
//! [`StatePicture`], [`ForecastPicture`]; each takes plain numbers and ends with `.chart()`.
//!
//! ```
//! use adaline::{Activation, plot::ActivationCurves};
//! let chart = ActivationCurves::new(&[Activation::Sigmoid]).chart();
//! assert!(chart.to_svg().starts_with("<svg "));
//! assert!(chart.to_text(60, 20).contains("sigmoid"));
//! ```
//!
//! Nothing is told by colour alone. Names may be anything: markup is escaped, control characters are dropped, what is
//! too long is cut. Values may be anything too: what is not finite has no place on an axis and is left out.

mod activation;
mod boundary;
mod canvas;
mod chart;
mod confusion;
mod drawing;
mod features;
mod filters;
mod font;
mod forecast;
mod gate;
mod graph;
mod history;
mod items;
mod layout;
mod learning;
mod legend;
mod network;
mod neuron;
mod png;
mod raster;
mod scale;
mod scene;
mod states;
mod style;
mod surface;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod ticks;
mod weights;
mod words;

pub use activation::ActivationCurves;
pub use boundary::{ClassRegions, RegressionSurface};
pub use chart::{Axis, Chart, Line, Panel, Points};
pub use confusion::ConfusionMatrix;
pub use features::FeaturePicture;
pub use filters::FilterPicture;
pub use forecast::ForecastPicture;
pub use gate::GatePicture;
pub use history::HistoryCurves;
pub use learning::LearningPicture;
pub use network::NetworkGraph;
pub use neuron::NeuronGraph;
pub use states::StatePicture;
pub use style::{Colour, Dash, Mark};
pub use surface::Grid;
pub use weights::WeightPicture;

use crate::Result;

impl Chart {
    /// The picture as an SVG document with a title and a description. The same chart gives the same bytes.
    pub fn to_svg(&self) -> String {
        svg::write(&layout::scene(self))
    }

    /// The picture as a PNG file, `scale` pixels to one unit of the chart's size: 2 for print and sharp screens.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Setting`] where the scale is not above zero or makes more than 64 million pixels.
    pub fn to_png(&self, scale: f64) -> Result<Vec<u8>> {
        png::draw(&self.to_svg(), scale)
    }

    /// The picture as letters, at most `columns` wide (at least 20) and, where that is enough to show anything, `rows`
    /// high. Lines end without spaces; there are no escape sequences.
    pub fn to_text(&self, columns: usize, rows: usize) -> String {
        text::write(self, columns, rows)
    }
}
