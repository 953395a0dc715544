//! What one step that does nothing costs over `sh -c :`, as root and as an ordinary user: before anything is committed (a check,
//! of which a line remains), with a layer committed, with an artifact committed that is on the disk, and restored.
//!
//! `cargo bench --bench step [-- ROUNDS [PROGRAM]]`. The ways take turns, so that whatever else the machine does hits all alike;
//! those of another program, such as an older lfsgen, do too.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark looks at the world itself")]

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lfsgen::model::Digest;
use serde_json::json;

const SCRIPT: &str = "#!/bin/sh\n:\n";
const LAYERS: usize = 20;
const NOBODY: u32 = 65534;

/// One thing to measure.
struct Way {
    name: &'static str,
    command: Vec<String>,
    dir: PathBuf,
    user: Option<u32>,
    /// What would make the next round shorter.
    undo: Option<PathBuf>,
    /// The most milliseconds over `sh -c :` that its median should be.
    goal: Option<f64>,
    times: Vec<Duration>,
}

fn main() {
    // Cargo adds `--bench`.
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let rounds = words.first().map_or(200, |word| word.parse().unwrap());
    let mut programs = vec![("", PathBuf::from(env!("CARGO_BIN_EXE_lfsgen")))];
    programs.extend(words.get(1).map(|other| ("other ", std::path::absolute(other).unwrap())));
    let dir = tempfile::tempdir().unwrap();
    let mut ways = vec![Way {
        name: "sh -c :",
        command: ["/bin/sh", "-c", ":"].map(str::to_owned).to_vec(),
        dir: dir.path().to_owned(),
        user: None,
        undo: None,
        goal: None,
        times: Vec::new(),
    }];
    let root = rustix::process::geteuid().is_root();
    let users = if root { vec![("root", None), ("user", Some(NOBODY))] } else { vec![("user", None)] };
    for (who, user) in users {
        for (which, program) in &programs {
            let who = format!("{which}{who}");
            ways.extend(steps(&dir.path().join(who.replace(' ', "-")), &who, user, program));
        }
    }
    if root {
        std::os::unix::fs::chown(dir.path(), Some(NOBODY), None).unwrap();
    }
    for round in 0..=rounds {
        for way in &mut ways {
            let time = way.run();
            // The first round makes what is made once.
            if round > 0 {
                way.times.push(time);
            }
        }
    }
    println!(
        "{:<44} {:>9} {:>9} {:>9} {:>9} {:>9}",
        format!("{rounds} rounds, {LAYERS} layers; ms"),
        "median",
        "over sh",
        "min",
        "90 %",
        "goal"
    );
    let base = ways[0].at(0.5);
    for way in &ways {
        let (median, least, most) = (way.at(0.5), way.at(0.0), way.at(0.9));
        let over = median - base;
        let goal = way.goal.map_or(String::new(), |goal| {
            format!("{goal:>9} {}", if over < goal { "met" } else { "missed" })
        });
        println!("{:<44} {median:>9.2} {over:>9.2} {least:>9.2} {most:>9.2} {goal}", way.name);
    }
}

impl Way {
    fn run(&self) -> Duration {
        if let Some(undo) = &self.undo {
            let _ = if undo.is_dir() { std::fs::remove_dir_all(undo) } else { std::fs::remove_file(undo) };
        }
        let mut command = Command::new(&self.command[0]);
        // With it every error that is met on the way, and there are some in a step that is well, is a walk along the stack.
        command.env_remove("RUST_BACKTRACE");
        command.args(&self.command[1..]).current_dir(&self.dir).stdout(Stdio::null());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        let start = Instant::now();
        let status = command.status().unwrap();
        let time = start.elapsed();
        assert!(status.success(), "{} failed", self.name);
        time
    }

    fn at(&self, part: f64) -> f64 {
        let mut times: Vec<_> = self.times.iter().map(Duration::as_secs_f64).collect();
        times.sort_by(f64::total_cmp);
        let last = times.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small"
        )]
        let index = (part * last as f64).round() as usize;
        times.get(index).map_or(0.0, |seconds| seconds * 1000.0)
    }
}

/// A project of one package over [`LAYERS`] artifacts, and its steps.
fn steps(dir: &Path, who: &str, user: Option<u32>, program: &Path) -> Vec<Way> {
    let digest = |text: &str| Digest::of(text.as_bytes()).to_string();
    for folder in ["generated/plan/stages", "generated/scripts", "build/artifacts"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    let mut layers = Vec::new();
    for number in 0..LAYERS {
        let key = digest(&number.to_string());
        let artifact = dir.join("build/artifacts").join(&key);
        std::fs::create_dir_all(artifact.join(format!("tree/usr/share/layer-{number}"))).unwrap();
        std::fs::write(artifact.join("manifest.json"), "{}").unwrap();
        layers.push(json!({"package": format!("layer-{number}"), "key": key}));
    }
    let stage = json!({
        "lfsgen": lfsgen::plan::file::VERSION, "name": "host", "root": "host", "mount": "/", "user": "root",
        "network": false, "sandbox": "required", "base": [],
    });
    let stage = stage.to_string();
    std::fs::write(dir.join("generated/plan/stages/host.json"), &stage).unwrap();
    let packages = [
        ("early", ["prepare", "install"].as_slice()),
        ("checked", &["check", "install"]),
        ("late", &["install"]),
    ];
    for (package, phases) in packages {
        let steps: Vec<_> = phases
            .iter()
            .map(|phase| json!({"phase": phase, "key": digest(&format!("{package} {phase}")), "own": digest(&format!("{package} {phase} alone"))}))
            .collect();
        let plan = json!({
            "lfsgen": lfsgen::plan::file::VERSION, "package": package, "spec": format!("specs/{package}.yaml"), "version": "1", "key": digest(package),
            "stage": {"name": "host", "sha256": digest(&stage)}, "env": {}, "script": "scripts/nothing.sh", "script_sha256": digest(SCRIPT), "sources": [], "files": [],
            "steps": steps, "upper_layers": layers, "over_base": true, "check_layers": [], "expect": [], "expected_failures": [],
            "limits": {"jobs": "max", "memory": null, "disk": null, "timeout": null,
                       "project_jobs": "max", "project_memory": null, "own_jobs": {}}, "own_parts": {},
        });
        std::fs::write(dir.join(format!("generated/plan/{package}.json")), plan.to_string()).unwrap();
    }
    std::fs::write(dir.join("generated/scripts/nothing.sh"), SCRIPT).unwrap();
    let mut program = program.to_owned();
    if let Some(user) = user {
        let copy = dir.join("lfsgen");
        std::fs::copy(&program, &copy).unwrap();
        program = copy;
        let owner = format!("{user}:{user}");
        assert!(Command::new("chown").arg("-R").arg(owner).arg(dir).status().unwrap().success());
        assert!(Command::new("chmod").arg("a+rx").arg(dir.parent().unwrap()).status().unwrap().success());
    }
    let way = |name: String, arguments: &[&str], undo: &str, goal: Option<f64>| Way {
        name: name.leak(),
        command: std::iter::once(program.display().to_string())
            .chain(arguments.iter().map(|&word| word.to_owned()))
            .collect(),
        dir: dir.to_owned(),
        user,
        undo: Some(dir.join(undo)),
        goal,
        times: Vec::new(),
    };
    let artifact = format!("build/artifacts/{}", digest("late"));
    vec![
        way(format!("{who}: program alone (--version)"), &["--version"], "none", None),
        way(
            format!("{who}: step, before the commit (a check)"),
            &["run-step", "checked", "check"],
            "build/passed/checked",
            Some(4.0),
        ),
        way(
            format!("{who}: step, layer committed"),
            &["run-step", "early", "prepare"],
            "build/layers/early",
            None,
        ),
        way(
            format!("{who}: step, artifact committed durably"),
            &["run-step", "late", "install"],
            &artifact,
            Some(15.0),
        ),
        way(format!("{who}: step restored"), &["run-step", "late", "install"], "none", Some(20.0)),
    ]
}
