//! The README's first program, as it stands there, runs and does what it says.
#![cfg(feature = "data")]

use adaline::Model;

#[allow(clippy::print_stdout, reason = "a program in a README prints")]
mod first_program {
    include!("readme/first_program.rs");

    pub(crate) fn run() -> adaline::Result<()> {
        main()
    }
}

#[test]
fn the_readme_shows_the_program_that_is_tested() {
    assert!(include_str!("../README.md").contains(include_str!("readme/first_program.rs")));
}

#[test]
fn the_first_program_trains_and_saves_a_model() -> adaline::Result<()> {
    let folder = tempfile::tempdir().unwrap();
    // The program writes into the current folder. No other test of this file looks at it.
    std::env::set_current_dir(folder.path()).unwrap();
    first_program::run()?;
    let model = Model::load(folder.path().join("iris.safetensors"))?;
    assert_eq!(model.record().map(|record| record.history.len()), Some(100));
    assert_eq!(model.predict_one(["5.1", "3.5", "1.4", "0.2"])?.label(), "setosa");
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    Ok(())
}
