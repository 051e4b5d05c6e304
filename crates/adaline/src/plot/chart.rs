//! What a chart is: panels with axes, and on them lines, points, zones, surfaces and cells. All of it is data; how it is
//! drawn is decided by the renderers.

use super::drawing::Drawing;
use super::graph::Graph;
use super::raster::Raster;
use super::scale::Scale;
use super::style::{Colour, ColourMap, Dash, Mark, WHITE};
use super::surface::Surface;
use super::words::clean;

/// A picture as data: a title and one or more panels. See the [module](super) for what can be made of it.
///
/// ```
/// use adaline::plot::{Chart, Line, Panel};
/// let line = Line::new("loss", (1..=5).map(|i| (f64::from(i), 1.0 / f64::from(i))));
/// let chart = Chart::new("Loss").panel(Panel::new("epoch", "loss").line(line)).size(400.0, 300.0);
/// assert!(chart.to_svg().contains("<title>Loss</title>"));
/// ```
#[derive(Debug, Clone)]
pub struct Chart {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) description: String,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) panels: Vec<Panel>,
    /// How many panels stand side by side.
    pub(super) columns: usize,
}

impl Chart {
    /// An empty chart of 720 × 480.
    pub fn new(title: impl AsRef<str>) -> Self {
        Chart {
            title: clean(title.as_ref()),
            subtitle: String::new(),
            description: String::new(),
            width: 720.0,
            height: 480.0,
            panels: Vec::new(),
            columns: 1,
        }
    }

    /// A line below the title: the result in numbers.
    pub fn subtitle(mut self, subtitle: impl AsRef<str>) -> Self {
        self.subtitle = clean(subtitle.as_ref());
        self
    }

    /// What the picture shows, for those who cannot see it (SVG's `<desc>`).
    pub fn description(mut self, description: impl AsRef<str>) -> Self {
        self.description = clean(description.as_ref());
        self
    }

    /// One more panel.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// How many panels stand side by side, at least one; one above the other unless said.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// The size in pixels (SVG units); held between 120 and 8000.
    pub fn size(mut self, width: f64, height: f64) -> Self {
        let held = |v: f64, other: f64| if v.is_finite() { v.clamp(120.0, 8000.0) } else { other };
        self.width = held(width, self.width).round();
        self.height = held(height, self.height).round();
        self
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }
}

/// A pair of axes and what is drawn on them.
#[derive(Debug, Clone)]
pub struct Panel {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) items: Vec<Item>,
    pub(super) bar: Option<ColourBar>,
    /// One unit is as long on both axes.
    pub(super) square: bool,
    /// The legend never stands on the picture.
    pub(super) legend_outside: bool,
    /// How high it is beside those above and below it.
    pub(super) share: f64,
}

impl Panel {
    /// An empty panel whose axes have these labels.
    pub fn new(x: impl AsRef<str>, y: impl AsRef<str>) -> Self {
        Panel {
            title: String::new(),
            x: Axis::new(x),
            y: Axis::new(y),
            items: Vec::new(),
            bar: None,
            square: false,
            legend_outside: false,
            share: 1.0,
        }
    }

    /// A title above this panel alone.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// Changes the horizontal axis.
    pub fn x(mut self, change: impl FnOnce(Axis) -> Axis) -> Self {
        self.x = change(self.x);
        self
    }

    /// Changes the vertical axis.
    pub fn y(mut self, change: impl FnOnce(Axis) -> Axis) -> Self {
        self.y = change(self.y);
        self
    }

    /// A line through points.
    pub fn line(mut self, line: Line) -> Self {
        self.items.push(Item::Line(line));
        self
    }

    /// Points that no line joins.
    pub fn points(mut self, points: Points) -> Self {
        self.items.push(Item::Points(points));
        self
    }

    /// A dashed line across the panel at this x, with a name in the legend.
    pub fn mark_x(mut self, x: f64, name: impl AsRef<str>) -> Self {
        self.items.push(Item::MarkX { x, name: clean(name.as_ref()) });
        self
    }

    /// The same length for one unit on both axes.
    pub fn square(mut self) -> Self {
        self.square = true;
        self
    }

    pub(super) fn item(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    /// The graph that stands on this panel instead of axes.
    pub(super) fn graph(&self) -> Option<&Graph> {
        self.items.iter().find_map(|item| if let Item::Graph(graph) = item { Some(graph) } else { None })
    }

    /// The drawing that stands on this panel instead of axes.
    pub(super) fn drawing(&self) -> Option<&Drawing> {
        self.items.iter().find_map(|item| if let Item::Drawing(drawing) = item { Some(drawing) } else { None })
    }

    /// The ranges of both axes: as given, else from what is drawn.
    pub(super) fn scales(&self) -> (Scale, Scale) {
        let has_points = self.items.iter().any(|i| matches!(i, Item::Points(_)));
        let of = |axis: &Axis, pad: f64, pick: fn(&(f64, f64)) -> f64| match (axis.range, axis.names.len()) {
            (Some((lo, hi)), _) => Scale::new(lo, hi, axis.log),
            (None, 0) => Scale::around(
                self.items.iter().flat_map(Item::extent).map(|p| pick(&p)).chain(axis.include),
                axis.log,
                pad,
            ),
            (None, names) => Scale::new(-0.5, names as f64 - 0.5, false),
        };
        (of(&self.x, if has_points { 0.05 } else { 0.0 }, |p| p.0), of(&self.y, 0.06, |p| p.1))
    }
}

/// One axis: label, range, and whether it is logarithmic or has names instead of numbers.
#[derive(Debug, Clone)]
pub struct Axis {
    pub(super) label: String,
    pub(super) range: Option<(f64, f64)>,
    /// A value that the range reaches whatever the data.
    pub(super) include: Option<f64>,
    pub(super) log: bool,
    /// Only whole numbers are labelled.
    pub(super) whole: bool,
    /// Names at 0, 1, 2, … instead of numbers.
    pub(super) names: Vec<String>,
    /// The first name is at the top.
    pub(super) reversed: bool,
    /// A line at zero, darker than the grid.
    pub(super) zero_line: bool,
    pub(super) grid: bool,
}

impl Axis {
    fn new(label: impl AsRef<str>) -> Self {
        Axis {
            label: clean(label.as_ref()),
            range: None,
            include: None,
            log: false,
            whole: false,
            names: Vec::new(),
            reversed: false,
            zero_line: false,
            grid: true,
        }
    }

    /// From where to where; what is drawn decides where this is not called.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// A value that the range reaches, whatever the data.
    pub fn include(mut self, value: f64) -> Self {
        self.include = Some(value);
        self
    }

    /// A logarithmic axis, if `log`. Values of zero and below have no place on it.
    pub fn log(mut self, log: bool) -> Self {
        self.log = log;
        self
    }

    /// Ticks at whole numbers only: epochs, counts.
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// A darker line at zero.
    pub fn zero_line(mut self) -> Self {
        self.zero_line = true;
        self
    }

    pub(super) fn names(mut self, names: &[String]) -> Self {
        self.names = names.iter().map(|name| clean(name)).collect();
        self
    }

    pub(super) fn reversed(mut self) -> Self {
        self.reversed = true;
        self
    }

    pub(super) fn no_grid(mut self) -> Self {
        self.grid = false;
        self
    }
}

/// A line through points. A point that is not a number breaks it.
#[derive(Debug, Clone)]
pub struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) colour: Colour,
    pub(super) dash: Dash,
    pub(super) width: f64,
    /// Drawn on the line at some places, so that it is told from others without colour.
    pub(super) mark: Option<Mark>,
    pub(super) hollow: bool,
}

impl Line {
    /// A solid line in the first colour. An empty name stays out of the legend.
    pub fn new(name: impl AsRef<str>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Line {
            name: clean(name.as_ref()),
            points: points.into_iter().collect(),
            colour: Colour::of(0),
            dash: Dash::Solid,
            width: 2.0,
            mark: None,
            hollow: false,
        }
    }

    /// The colour.
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// How it is broken.
    pub fn dash(mut self, dash: Dash) -> Self {
        self.dash = dash;
        self
    }

    /// The width in pixels.
    pub fn width(mut self, width: f64) -> Self {
        self.width = if width.is_finite() { width.clamp(0.2, 20.0) } else { 2.0 };
        self
    }

    /// Marks on the line: at every point of a short one, here and there on a long one.
    pub fn mark(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }

    /// The marks in outline.
    pub fn hollow(mut self) -> Self {
        self.hollow = true;
        self
    }
}

/// Points that no line joins. Those that are not numbers are left out.
#[derive(Debug, Clone)]
pub struct Points {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) mark: Mark,
    pub(super) colour: Colour,
    pub(super) hollow: bool,
    /// The radius in pixels; chosen by how many there are where it is not given.
    pub(super) radius: Option<f64>,
    /// The colour and the terminal's shade of the zone that these points belong to; shown behind the legend's mark.
    pub(super) zone: Option<(Colour, char)>,
    /// The thin line around each mark.
    pub(super) edge: Colour,
}

impl Points {
    /// Circles in the first colour. An empty name stays out of the legend.
    pub fn new(name: impl AsRef<str>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Points {
            name: clean(name.as_ref()),
            points: points.into_iter().collect(),
            mark: Mark::Circle,
            colour: Colour::of(0),
            hollow: false,
            radius: None,
            zone: None,
            edge: WHITE,
        }
    }

    /// The mark.
    pub fn mark(mut self, mark: Mark) -> Self {
        self.mark = mark;
        self
    }

    /// The colour.
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// In outline.
    pub fn hollow(mut self) -> Self {
        self.hollow = true;
        self
    }

    /// The radius in pixels.
    pub fn radius(mut self, radius: f64) -> Self {
        self.radius = Some(if radius.is_finite() { radius.clamp(0.5, 40.0) } else { 4.0 });
        self
    }

    pub(super) fn edge(mut self, colour: Colour) -> Self {
        self.edge = colour;
        self
    }

    pub(super) fn zone(mut self, colour: Colour, shade: char) -> Self {
        self.zone = Some((colour, shade));
        self
    }
}

/// What can lie on a panel, in the order in which it is drawn.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Line(Line),
    Points(Points),
    /// A line across the panel.
    MarkX {
        x: f64,
        name: String,
    },
    /// A filled polygon.
    Zone {
        corners: Vec<(f64, f64)>,
        colour: Colour,
        shade: char,
    },
    Surface(Surface),
    Cells(Cells),
    /// The middle of the first cell, and cells of one unit to the right and along the y axis.
    Image {
        first: (f64, f64),
        raster: Raster,
    },
    /// Nodes and edges instead of axes; the only item of its panel.
    Graph(Graph),
    /// Shapes instead of axes; the only item of its panel.
    Drawing(Drawing),
}

impl Item {
    /// The points that an automatic range has to hold.
    fn extent(&self) -> Vec<(f64, f64)> {
        match self {
            Item::Line(line) => line.points.clone(),
            Item::Points(points) => points.points.clone(),
            Item::MarkX { x, .. } => vec![(*x, f64::NAN)],
            Item::Zone { corners, .. } => corners.clone(),
            Item::Surface(surface) => surface.corners().to_vec(),
            Item::Cells(_) | Item::Image { .. } | Item::Graph(_) | Item::Drawing(_) => Vec::new(),
        }
    }
}

/// A table of shaded cells with a text in each: column 0 is at x = 0, row 0 at y = 0.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    pub(super) columns: usize,
    /// Row by row: the shade from 0 to 1, and the text.
    pub(super) cells: Vec<(f64, String)>,
    pub(super) map: ColourMap,
}

/// What the colours of a surface mean.
#[derive(Debug, Clone)]
pub(super) struct ColourBar {
    pub(super) label: String,
    pub(super) lo: f64,
    pub(super) hi: f64,
    /// From low to high, each as long as the others.
    pub(super) bands: Vec<Colour>,
    /// The same for a terminal; empty where the cells tell it themselves.
    pub(super) shades: Vec<char>,
}
