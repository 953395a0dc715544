//! Brings the loopback device of a new network namespace up: without it not even `127.0.0.1` can be reached, and
//! many test suites talk to themselves.

use anyhow::{Context as _, Result, bail};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// `NETLINK_ROUTE` is 0, which is what no protocol means (netlink(7)).
const ROUTE: Option<rustix::net::Protocol> = None;
/// `RTM_NEWLINK` (rtnetlink(7)).
const NEW_LINK: u16 = 16;
/// `NLM_F_REQUEST | NLM_F_ACK` (netlink(7)).
const REQUEST_WITH_ANSWER: u16 = 1 | 4;
/// `IFF_UP` (netdevice(7)).
const UP: u32 = 1;
/// The first device of a namespace is its loopback.
const LOOPBACK: i32 = 1;

/// Sets the device up.
pub(super) fn bring_up() -> Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, ROUTE)
        .context("failed to open a socket for the loopback device")?;
    send(&socket, &request(), SendFlags::empty()).context("failed to bring the loopback device up")?;
    let mut answer = [0; 256];
    let (_, length) =
        recv(&socket, &mut answer, RecvFlags::empty()).context("failed to bring the loopback device up")?;
    // The answer is a header of 16 bytes and an error number, 0 for success (netlink(7), `NLMSG_ERROR`).
    match answer[..length.min(answer.len())].get(16..20) {
        Some([0, 0, 0, 0]) => Ok(()),
        Some(&[a, b, c, d]) => {
            let error = std::io::Error::from_raw_os_error(i32::from_ne_bytes([a, b, c, d]).wrapping_neg());
            Err(error).context("failed to bring the loopback device up")
        }
        _ => bail!("failed to bring the loopback device up: the kernel's answer was cut off"),
    }
}

/// A header (`struct nlmsghdr`) and a body (`struct ifinfomsg`) of 16 bytes each.
fn request() -> Vec<u8> {
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_WITH_ANSWER.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([0; 4]);
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message
}
