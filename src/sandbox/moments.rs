//! Calls that are given a time of day, and what that is by the kernel's clock where the caller goes by another one.
//!
//! Only seconds are changed: the other clock is a whole number of them ahead.

use libc::c_long;

/// Waits with a bitmask and a clock, since Linux 6.7, under one number everywhere (the kernel's scripts/syscall.tbl).
pub(super) const SYS_FUTEX_WAIT: c_long = 455;

/// Where a call is given times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The argument that is their address.
    pub argument: usize,
    /// So many bytes lie there.
    pub size: usize,
    /// From these bytes on there are seconds, as numbers of 64 bits.
    seconds: &'static [usize],
    of: Of,
}

/// What the times are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// When to wake.
    Deadline,
    /// When a file was changed.
    File,
}

impl Place {
    /// Where a call is given times; nothing where it is not.
    pub(super) fn of(call: c_long) -> Option<Self> {
        let deadline = |argument| Self { argument, size: 16, seconds: &[0], of: Of::Deadline };
        // An interval lies before it (`struct itimerspec`).
        let timer = |argument| Self { argument, size: 32, seconds: &[16], of: Of::Deadline };
        let pair = |argument| Self { argument, size: 32, seconds: &[0, 16], of: Of::File };
        Some(match call {
            libc::SYS_clock_nanosleep => deadline(2),
            libc::SYS_futex | libc::SYS_futex_waitv => deadline(3),
            SYS_FUTEX_WAIT | libc::SYS_mq_timedsend | libc::SYS_mq_timedreceive => deadline(4),
            libc::SYS_timer_settime | libc::SYS_timerfd_settime => timer(2),
            libc::SYS_utimensat => pair(2),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_futimesat => pair(2),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_utimes => pair(1),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_utime => Self { argument: 1, size: 16, seconds: &[0, 8], of: Of::File },
            _ => return None,
        })
    }

    /// What lies there by a clock that is so many seconds behind the caller's, and shows `now`. Nothing where it is the same.
    pub(super) fn set_back(self, bytes: &[u8], ahead: i64, now: i64) -> Option<Vec<u8>> {
        let mut other = bytes.to_vec();
        for &at in self.seconds {
            let place: &mut [u8; 8] = other.get_mut(at..at + 8)?.try_into().ok()?;
            let seconds = i64::from_ne_bytes(*place);
            if self.of.is_by_that_clock(seconds, ahead, now) {
                *place = (seconds - ahead).to_ne_bytes();
            }
        }
        (other != bytes).then_some(other)
    }
}

impl Of {
    fn is_by_that_clock(self, seconds: i64, ahead: i64, now: i64) -> bool {
        match self {
            // Else it is how long the machine runs, or no time of day, or long past by either clock.
            Self::Deadline => seconds > now / 2,
            // Else it is a file's own time from before, or some day that somebody has thought of.
            Self::File => seconds.abs_diff(now + ahead) <= ahead.unsigned_abs() / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const AHEAD: i64 = 34_000_000;

    fn set_back(call: c_long, words: &[i64]) -> Option<Vec<i64>> {
        let place = Place::of(call).unwrap();
        assert_eq!(place.size, words.len() * 8);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let other = place.set_back(&bytes, AHEAD, NOW)?;
        Some(other.chunks(8).map(|word| i64::from_ne_bytes(word.try_into().unwrap())).collect())
    }

    #[test]
    fn a_deadline_is_set_back_and_how_long_the_machine_runs_is_not() {
        let wait = libc::SYS_futex;
        assert_eq!(set_back(wait, &[NOW + AHEAD + 5, 999]), Some(vec![NOW + 5, 999]));
        assert_eq!(set_back(wait, &[NOW, 0]), Some(vec![NOW - AHEAD, 0]), "it is past by the caller's clock");
        for uptime in [0, 1, 700_000_000] {
            assert_eq!(set_back(wait, &[uptime, 0]), None);
        }
    }

    #[test]
    fn a_timer_that_is_disarmed_stays_so_and_an_interval_is_no_time() {
        let set = libc::SYS_timerfd_settime;
        assert_eq!(set_back(set, &[NOW + AHEAD, 1, 0, 0]), None);
        assert_eq!(set_back(set, &[3, 1, NOW + AHEAD, 2]), Some(vec![3, 1, NOW, 2]));
    }

    #[test]
    fn times_of_files_are_set_back_where_they_are_of_that_clock() {
        let set = libc::SYS_utimensat;
        assert_eq!(set_back(set, &[i64::MIN, 2, i64::MAX, 4]), None);
        assert_eq!(set_back(set, &[1, 2, NOW, 4]), None, "a file's own times");
        assert_eq!(set_back(set, &[5 * NOW, 2, 946_684_800, 4]), None, "days that somebody has thought of");
        assert_eq!(set_back(set, &[1, 2, NOW + AHEAD - 60, 4]), Some(vec![1, 2, NOW - 60, 4]));
    }
}
