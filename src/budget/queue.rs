//! How a step waits for its share.

use std::time::Duration;

use anyhow::Result;

use super::ledger::{Held, Ledger, MOMENT, Need, Taken};
use crate::host::clock;

/// How often a step that waits looks again.
const TICK: Duration = Duration::from_millis(10);

/// Waits for a share; gives nothing where `may_start` says that nothing may start any more. It is asked with the share in
/// hand too, so that whoever says no before it drops a share is heard by the one who takes it.
///
/// A step that waits for a slot stands in the queue, where no step of a higher rank passes it. One that waits for memory
/// does not, for the others could go on meanwhile: it only has them leave alone what it needs, so that its turn comes.
///
/// # Errors
/// The file of locks cannot be opened or locked.
pub fn wait(
    ledger: &Ledger,
    need: &Need,
    mut may_start: impl FnMut() -> Result<bool>,
) -> Result<Option<Held>> {
    let mut mark = None;
    let mut lacks_memory = false;
    loop {
        if !may_start()? {
            return Ok(None);
        }
        let taken = ledger.take(need, mark.as_ref())?;
        if let Taken::Yes(held) = taken {
            return Ok(may_start()?.then_some(held));
        }
        let mark: &std::fs::File = match &mut mark {
            Some(mark) => mark,
            empty => empty.insert(ledger.separate()?),
        };
        match taken {
            Taken::NoSlot => lacks_memory = false,
            Taken::NoMemory => {
                lacks_memory = true;
                ledger.earmark(mark, need)?;
            }
            Taken::Yes(_) | Taken::Later | Taken::Busy => {}
        }
        ledger.queue(mark, need.rank, !lacks_memory)?;
        clock::sleep(if matches!(taken, Taken::Busy) { MOMENT } else { TICK });
    }
}
