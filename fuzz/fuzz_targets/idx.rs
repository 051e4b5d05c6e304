//! Any bytes as an IDX pair: the first two say how long the file of images is, the rest is the labels.
#![no_main]

use adaline::data::Table;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (images, labels) = rest.split_at(length);
    if let Ok(table) = Table::from_idx(images, labels, "fuzz") {
        assert!(table.rows() > 0);
        assert!(table.column("label").is_ok());
    }
});
