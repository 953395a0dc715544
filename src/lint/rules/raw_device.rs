use crate::diag::Confidence;

use super::super::rule::{Report, Scene};
use super::super::writes::{How, Write};

/// How the names of devices begin that hold blocks (Linux, Documentation/admin-guide/devices.txt).
const DEVICES: [&str; 20] = [
    "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "mapper/", "disk/", "loop", "nbd", "sr", "ram",
    "zd", "bcache", "mtd", "ubi", "pmem", "fd0",
];

pub(super) fn check(write: &Write<'_>, scene: Scene, report: &mut Report<'_>) {
    if !matches!(write.how, How::Fill | How::Format) {
        return;
    }
    let text = write.beginning.text.as_str();
    let device = text.strip_prefix("/dev/").is_some_and(|name| DEVICES.iter().any(|of| name.starts_with(of)));
    // Where it is not written down what is formatted, it is a device sooner than a file.
    let open = write.how == How::Format && text.is_empty() && !write.beginning.whole;
    if !device && !open {
        return;
    }
    let by = write.by.map_or_else(|| "this".to_owned(), |layer| format!("`{}`", layer.name));
    let message = if device {
        format!("{by} writes to the device `{text}`, whatever is on it")
    } else {
        format!("{by} writes to a device, and which is not written down here")
    };
    let finding = report.in_text(write.text, write.path.word.span, message);
    if open {
        finding.confidence = Confidence::Medium;
    }
    finding.help = Some(if scene.phase {
        "leave devices to whoever installs the system: phases have none".to_owned()
    } else {
        "work on an image file, or let a person choose and confirm the device".to_owned()
    });
}
