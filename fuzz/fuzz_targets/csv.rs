//! Any bytes as a CSV file: an error or a table, and what is a table can be written and read back.
#![no_main]

use adaline::data::{Split, Table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = Table::from_reader(bytes, "fuzz.csv") else { return };
    let mut written = Vec::new();
    if table.write_csv(&mut written).is_ok() {
        let back = Table::from_reader(written.as_slice(), "written.csv").expect("what was written can be read");
        assert_eq!(back.rows(), table.rows());
        assert!(back.names().eq(table.names()));
        for (ours, theirs) in table.columns().iter().zip(back.columns()) {
            assert!((0..table.rows()).all(|row| ours.cell(row) == theirs.cell(row)));
        }
    }
    let target = table.names().last().unwrap_or_default().to_owned();
    if let Ok(data) = table.target(&target).and_then(|labelled| labelled.split(Split::seeded(1))) {
        let _ = data.train_samples();
        let _ = data.test_samples();
    }
});
