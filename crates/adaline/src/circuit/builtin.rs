//! The built-in circuits, written as anyone can write one.

use super::Circuit;
use crate::error::{did_you_mean, printable};
use crate::{Error, Result};
use std::fmt::Write as _;

/// The built-in circuits: a name, and what it does. `adder-N` adds numbers of N bits.
pub const CIRCUITS: [(&str, &str); 5] = [
    ("half-adder", "adds two bits: carry and sum"),
    ("full-adder", "adds two bits and a carry: carry and sum"),
    ("adder-4", "adds two numbers of 4 bits, the carry rippling from bit to bit; adder-1 to adder-64"),
    ("mux", "a where select is 0, b where it is 1"),
    ("majority", "1 when at least two of three inputs are 1"),
];

const HALF_ADDER: &str = "\
inputs a b
outputs carry sum
carry = and a b
sum = xor a b
";

const FULL_ADDER: &str = "\
inputs a b carry_in
outputs carry sum
carry1 sum1 = half_adder a b
carry2 sum = half_adder sum1 carry_in
carry = or carry1 carry2
";

const MUX: &str = "\
inputs a b select
outputs out
keep = step(1·a - 1·select)
take = step(1·b + 1·select - 1)
out = or keep take
";

const MAJORITY: &str = "\
inputs a b c
outputs out
out = step(1·a + 1·b + 1·c - 1)
";

impl Circuit {
    /// A built-in circuit by its name; see [`CIRCUITS`]. Names are read with `-` or `_`. Fails when there is none.
    ///
    /// ```
    /// use adaline::Circuit;
    /// # fn main() -> adaline::Result<()> {
    /// let adder = Circuit::builtin("adder-2")?;
    /// // 3 + 2 = 5: a1 a0 b1 b0 → carry s1 s0
    /// assert_eq!(adder.evaluate(&[true, true, true, false])?, [true, false, true]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builtin(name: &str) -> Result<Self> {
        let plain = name.trim().to_lowercase().replace('_', "-");
        if let Some(bits) = plain.strip_prefix("adder-").or_else(|| plain.strip_prefix("ripple-adder-")) {
            let bits = bits.parse().map_err(|_| {
                Error::setting(
                    "circuit",
                    format!("\"{}\" is no number of bits; write for example adder-4", printable(bits)),
                )
            })?;
            return Circuit::ripple_adder(bits);
        }
        match source(&plain) {
            Some(text) => Circuit::parse(text, &plain),
            None => {
                let near = did_you_mean(&plain, CIRCUITS.map(|(name, _)| name));
                let known = CIRCUITS.map(|(name, _)| name).join(", ");
                let mend = if near.is_empty() { format!("; known are {known}") } else { near };
                Err(Error::setting("circuit", format!("unknown circuit \"{}\"{mend}", printable(name))))
            }
        }
    }

    /// Adds two numbers of so many bits, from 1 to 64: the inputs are a and b, the highest bit first; the outputs are
    /// the carry and the sum, so that they read as a binary number.
    pub fn ripple_adder(bits: usize) -> Result<Self> {
        if !(1..=64).contains(&bits) {
            return Err(Error::setting("circuit", format!("an adder of {bits} bits; give 1 to 64")));
        }
        let names = |letter: &str| (0..bits).rev().map(|bit| format!(" {letter}{bit}")).collect::<String>();
        let mut text = format!("inputs{}{}\noutputs carry{}\n", names("a"), names("b"), names("s"));
        for bit in 0..bits {
            let carry = if bit + 1 == bits { "carry".to_owned() } else { format!("c{}", bit + 1) };
            // Writing to a string does not fail.
            let _ = match bit {
                0 => writeln!(text, "{carry} s0 = half_adder a0 b0"),
                _ => writeln!(text, "{carry} s{bit} = full_adder a{bit} b{bit} c{bit}"),
            };
        }
        Circuit::parse(&text, "adder")
    }
}

/// The text of a built-in circuit that can stand in other circuits, by its name with `-`.
pub(super) fn source(name: &str) -> Option<&'static str> {
    match name {
        "half-adder" => Some(HALF_ADDER),
        "full-adder" => Some(FULL_ADDER),
        "mux" => Some(MUX),
        "majority" => Some(MAJORITY),
        _ => None,
    }
}

/// The names of the circuits that can stand in others, as they are written there.
pub(super) const BLOCKS: [&str; 4] = ["half_adder", "full_adder", "mux", "majority"];
