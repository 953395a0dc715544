//! The journal is read whatever happened to its writers.

use lfsgen::journal::{Entry, Event, StepStarted, VERSION, parse};
use lfsgen::model::{Digest, PackageName, Phase};
use proptest::prelude::*;

fn entry(number: u64) -> Entry {
    let package = PackageName::new("zlib").unwrap();
    let key = Digest::of(&number.to_ne_bytes());
    let event = Event::StepStarted(StepStarted { package, phase: Phase::Build, key, pid: 7 });
    Entry { v: VERSION, at: number, run: Some(format!("run-{number}")), event }
}

fn line(number: u64) -> Vec<u8> {
    let mut line = serde_json::to_vec(&entry(number)).unwrap();
    line.push(b'\n');
    line
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let reading = parse(&bytes);
        prop_assert!(reading.entries.len() + reading.skipped.len() <= bytes.split(|&byte| byte == b'\n').count() * 2);
    }

    #[test]
    fn an_event_that_was_cut_off_costs_nothing_but_itself(before in 0_u64..4, cut in 1_usize..80, after in 1_u64..4) {
        let mut bytes: Vec<u8> = (0..before).flat_map(line).collect();
        bytes.extend(&line(99)[..cut]);
        bytes.extend((before..before + after).flat_map(line));
        let reading = parse(&bytes);
        prop_assert_eq!(reading.entries, (0..before + after).map(entry).collect::<Vec<_>>());
        prop_assert_eq!(reading.skipped.len(), 1);
    }

    #[test]
    fn a_damaged_stretch_costs_no_line_outside_of_it(junk in proptest::collection::vec(any::<u8>(), 1..200)) {
        let mut bytes = line(1);
        bytes.extend(&junk);
        bytes.push(b'\n');
        bytes.extend(line(2));
        let reading = parse(&bytes);
        prop_assert_eq!(reading.entries.first(), Some(&entry(1)));
        prop_assert_eq!(reading.entries.last(), Some(&entry(2)));
    }
}
