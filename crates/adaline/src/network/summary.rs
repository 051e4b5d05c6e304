//! A network prints itself: one line a layer, with shapes and parameters.

use super::Network;
use std::fmt;

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![["".into(), "layer".into(), "output".into(), "parameters".into()]];
        rows.push(["".into(), "input".into(), self.input().to_string(), String::new()]);
        for (number, (layer, shape)) in self.layers().iter().zip(self.shapes()).enumerate() {
            let parameters = match self.parameters_of(number) {
                0 => String::new(),
                n => thousands(n),
            };
            rows.push([(number + 1).to_string(), layer.to_string(), shape.to_string(), parameters]);
        }
        let width = |column: usize| rows.iter().map(|row: &[String; 4]| row[column].chars().count()).max().unwrap_or(0);
        let [number, layer, output, parameters] = [width(0), width(1), width(2), width(3)];
        for row in &rows {
            let line = format!("{:>number$}  {:layer$}  {:>output$}  {:>parameters$}", row[0], row[1], row[2], row[3]);
            writeln!(f, "{}", line.trim_end())?;
        }
        let total = self.parameters();
        write!(f, "{} parameters, {}", thousands(total), bytes(total * size_of::<f32>()))
    }
}

/// 1234567 → 1,234,567
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in the unit that suits them.
pub(crate) fn bytes(n: usize) -> String {
    match n {
        0..1024 => format!("{n} bytes"),
        1024..0x10_0000 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / (1024.0 * 1024.0)),
    }
}
