//! The environment variables by which `lfsgen build` tells `lfsgen run-step` what holds for a whole run.
//!
//! The program that runs the graph stands between the two and only hands them on. Under a plain `ninja` none of them is set.

/// The program that a step's command starts, instead of the `lfsgen` on the `PATH`.
pub(super) const PROGRAM: &str = "LFSGEN";

/// What the run is called in the journal.
pub(super) const RUN: &str = "LFSGEN_RUN";

/// Jobs of all steps together.
pub(super) const SLOTS: &str = "LFSGEN_SLOTS";

/// The most jobs of one step, where that is less than its spec says.
pub(super) const JOBS: &str = "LFSGEN_STEP_JOBS";

/// Failures after which no step starts; 0 where any number may fail.
pub(super) const KEEP_GOING: &str = "LFSGEN_KEEP_GOING";

/// The folder of generated files that the run goes by.
pub(super) const GENERATED: &str = "LFSGEN_GENERATED";

/// `on`: a build phase that failed goes on in the tree that it left.
pub(super) const CONTINUE: &str = "LFSGEN_CONTINUE";

/// `off`: check phases do not run.
pub(super) const CHECK_PHASE: &str = "LFSGEN_CHECK_PHASE";

/// Why the machine does not isolate steps, where that is only preferred; empty where it does.
pub(super) const NOT_ISOLATED: &str = "LFSGEN_NOT_ISOLATED";

/// By how many seconds the clocks of steps are ahead of the machine's.
pub(super) const CLOCK_AHEAD: &str = "LFSGEN_CLOCK_AHEAD";
