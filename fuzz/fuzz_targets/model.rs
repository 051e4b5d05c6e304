//! Any bytes as a model file: an error or a model, and a model is written and read back the same.
#![no_main]

use adaline::Model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = Model::from_bytes(bytes, "fuzz.safetensors") else { return };
    // A file by hand may hold what cannot be saved, such as layers that do not fit the encoder; then that is an error.
    if let Ok(written) = model.to_bytes() {
        let back = Model::from_bytes(&written, "written.safetensors").expect("what was written can be read");
        assert_eq!(back.to_bytes().expect("and written again"), written);
    }
});
