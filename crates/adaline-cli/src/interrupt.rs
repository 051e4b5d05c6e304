//! Ctrl-C: once asks a run to stop, twice stops the program.

use crate::failure::Code;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static ASKED: AtomicBool = AtomicBool::new(false);
static FIRST: OnceLock<Instant> = OnceLock::new();

/// Some programs that end others signal a process and then its whole group: that is one request, not two.
const ONE_REQUEST: Duration = Duration::from_millis(300);

/// Takes Ctrl-C (and a polite request to end, as from `kill`) from now on.
pub(crate) fn listen() {
    // Where it cannot be had, Ctrl-C simply ends the program.
    let _ = ctrlc::set_handler(|| {
        let first = *FIRST.get_or_init(Instant::now);
        if ASKED.swap(true, Ordering::SeqCst) {
            if first.elapsed() < ONE_REQUEST {
                return;
            }
            std::process::exit(Code::Interrupted as i32);
        }
        let _ = writeln!(std::io::stderr().lock(), "\nfinishing this step; once more stops at once and saves nothing");
    });
}

/// Whether Ctrl-C was pressed.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
