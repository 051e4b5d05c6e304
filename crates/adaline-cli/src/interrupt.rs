//! Ctrl-C: once asks a run to stop, twice stops the program.

use crate::failure::Code;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Takes Ctrl-C (and a polite request to end, as from `kill`) from now on.
pub(crate) fn listen() {
    // Where it cannot be had, Ctrl-C simply ends the program.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(Code::Interrupted as i32);
        }
        let _ = writeln!(std::io::stderr().lock(), "\nfinishing this step; once more stops at once and saves nothing");
    });
}

/// Whether Ctrl-C was pressed.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
