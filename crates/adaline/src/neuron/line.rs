//! The line that a neuron with two inputs draws.

use std::fmt;

/// The line a·x + b·y + c = 0, where x is the first input, y the second. The neuron fires on the side where the sum is
/// above zero. Without a bias, c is 0 and the line goes through the origin whatever the weights are.
///
/// ```
/// use adaline::Neuron;
/// let line = Neuron::step([0.4, 0.4], -0.6).line().unwrap();
/// assert_eq!(line.to_string(), "0.4·x + 0.4·y - 0.6 = 0");
/// assert!((line.y_at(1.0).unwrap() - 0.5).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The first weight.
    pub a: f64,
    /// The second weight.
    pub b: f64,
    /// The bias.
    pub c: f64,
}

impl Line {
    /// The height of the line at x; `None` for an upright line.
    pub fn y_at(self, x: f64) -> Option<f64> {
        if self.b == 0.0 { None } else { Some(-(self.a * x + self.c) / self.b) }
    }

    /// Where the line crosses the height y; `None` for a level line.
    pub fn x_at(self, y: f64) -> Option<f64> {
        if self.a == 0.0 { None } else { Some(-(self.b * y + self.c) / self.a) }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::term(f, true, self.a)?;
        write!(f, "·x")?;
        super::term(f, false, self.b)?;
        write!(f, "·y")?;
        super::term(f, false, self.c)?;
        write!(f, " = 0")
    }
}

#[cfg(test)]
mod tests {
    use crate::Neuron;

    #[test]
    fn it_is_where_the_sum_is_zero() {
        let neuron = Neuron::step([-0.6, 0.3], 0.7);
        let line = neuron.line().unwrap();
        for i in -3..=3 {
            let x = f64::from(i);
            assert!(neuron.sum(&[x, line.y_at(x).unwrap()]).unwrap().abs() < 1e-15);
            assert!(neuron.sum(&[line.x_at(x).unwrap(), x]).unwrap().abs() < 1e-15);
        }
    }

    #[test]
    fn without_a_bias_it_goes_through_the_origin() {
        for weights in [[1.0, 2.0], [-0.3, 0.7], [5.0, -5.0]] {
            assert_eq!(Neuron::step(weights, 0.0).line().unwrap().y_at(0.0).unwrap(), 0.0);
        }
    }

    #[test]
    fn upright_and_level_lines_and_none() {
        let upright = Neuron::step([2.0, 0.0], -1.0).line().unwrap();
        assert_eq!((upright.y_at(0.0), upright.x_at(7.0)), (None, Some(0.5)));
        let level = Neuron::step([0.0, 2.0], -1.0).line().unwrap();
        assert_eq!((level.x_at(0.0), level.y_at(7.0)), (None, Some(0.5)));
        assert_eq!(Neuron::step([0.0, 0.0], 1.0).line(), None);
        assert_eq!(Neuron::step([1.0, 1.0, 1.0], 1.0).line(), None);
    }
}
