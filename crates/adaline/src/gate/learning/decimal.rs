//! Decimal numbers as whole multiples of their smallest place.

/// How many decimal places there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    places: u32,
}

const MOST_PLACES: u32 = 12;

impl Decimal {
    /// Enough places for a number and for half a tenth. `None` when it needs more than 12.
    pub(super) fn of(number: f64) -> Option<Self> {
        // Rust prints the shortest decimal that reads back as the same number: what the person wrote.
        let text = number.to_string();
        let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len()) as u32;
        (places <= MOST_PLACES).then_some(Decimal { places: places.max(2) })
    }

    fn power(self) -> i128 {
        10i128.pow(self.places)
    }

    /// 0.1 in units of the smallest place.
    pub(super) fn tenth(self) -> i128 {
        self.power() / 10
    }

    /// A number that [`Decimal::of`] was made for, in units.
    pub(super) fn units(self, number: f64) -> i128 {
        // The product is a whole number on paper and below 2⁶³; rounding mends what binary left.
        (number * self.power() as f64).round() as i128
    }

    /// Units as a number: the nearest to the decimal.
    pub(super) fn value(self, units: i128) -> f64 {
        units as f64 / self.power() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (number, units, places) in
            [(0.1, 10, 2), (1.0, 100, 2), (0.25, 25, 2), (0.001, 1, 3), (1e6, 100_000_000, 2)]
        {
            let decimal = Decimal::of(number).unwrap();
            assert_eq!((decimal.units(number), decimal.places), (units, places), "{number}");
            assert_eq!(decimal.value(units), number);
        }
        assert_eq!(Decimal::of(0.3).unwrap().value(30), 0.3);
        assert!(Decimal::of(1.0 / 3.0).is_none() && Decimal::of(1e-13).is_none());
    }
}
