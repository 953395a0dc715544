//! The time of day, and how long something takes.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time of day.
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// Time since the Unix epoch; 0 where the clock stands before it.
pub fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same in milliseconds.
pub fn unix_millis() -> u64 {
    u64::try_from(unix_time().as_millis()).unwrap_or(u64::MAX)
}

/// What names this run of the machine: the kernel gives each another one (random(4)). After another one, whatever was not
/// forced to the disk can be lost, though its name is there. Empty where `/proc` is not mounted.
pub fn boot_id() -> String {
    let bytes = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

/// A running stopwatch.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Waits.
pub fn sleep(duration: Duration) {
    std::thread::sleep(duration);
}
