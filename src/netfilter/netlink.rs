//! The part of netlink that links and packet filters need: [`Batch`] builds messages, [`Socket`]
//! sends them to the kernel and waits for its answers.

mod attributes;
mod batch;

pub(crate) use attributes::{Attributes, NESTED, attribute, attributes};
pub(crate) use batch::Batch;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, getsockname,
    recv, send, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// Length of `nlmsghdr`.
const HEADER_LEN: usize = 16;
/// The kernel answers while it handles the request; a silence this long is a defect.
const ANSWER_WITHIN_S: i64 = 10;
/// Larger than what the kernel puts into one datagram of a dump (32 KiB).
const RECEIVE_BYTES: usize = 64 * 1024;
/// What a batch may have; the kernel grants what its `net.core.wmem_max` allows, twice that, and
/// 416 KiB by default.
const SEND_BYTES: usize = 1024 * 1024;
/// A dump that was disturbed by a change is repeated so often.
const DUMP_ATTEMPTS: usize = 16;
/// `NLM_F_DUMP_INTR`: the objects changed while they were listed.
const DUMP_INTERRUPTED: u16 = 0x10;

/// The kernel refused a message.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {errno}")]
pub(crate) struct Refused {
    /// What the message was to do.
    pub(crate) what: String,
    /// The kernel's reason.
    pub(crate) errno: Errno,
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        io::Error::new(io::Error::from(refused.errno).kind(), refused)
    }
}

/// A netlink socket. It belongs for ever to the network namespace of the thread that opened it,
/// and may be used from any thread.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    next_sequence: u32,
}

impl Socket {
    /// Opens a socket for rtnetlink or nfnetlink in the calling thread's network namespace.
    pub(crate) fn open(protocol: SockProtocol) -> nix::Result<Socket> {
        let fd = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)?;
        setsockopt(&fd, sockopt::SndBuf, &SEND_BYTES)?;
        setsockopt(&fd, sockopt::ReceiveTimeout, &TimeVal::seconds(ANSWER_WITHIN_S))?;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
        Ok(Socket { fd, next_sequence: 1 })
    }

    /// The number by which the kernel knows this socket in its network namespace.
    pub(crate) fn port_id(&self) -> nix::Result<u32> {
        Ok(getsockname::<NetlinkAddr>(self.fd.as_raw_fd())?.pid())
    }

    /// Sends the batch and waits until each message that asked for an answer has it. What the
    /// kernel says besides acknowledgements goes to `on_object` as message type and body.
    pub(crate) fn send(
        &mut self,
        batch: &Batch,
        mut on_object: impl FnMut(u16, &[u8]),
    ) -> Result<(), Refused> {
        let first = self.next_sequence;
        self.next_sequence = first.wrapping_add(batch.messages.len() as u32);
        let bytes = batch.encode(first);
        let all = || match batch.messages.as_slice() {
            [one] => one.what.clone(),
            many => format!("{} netlink messages", many.len()),
        };
        send(self.fd.as_raw_fd(), &bytes, MsgFlags::empty())
            .map_err(|errno| Refused { what: all(), errno })?;
        let mut open: Vec<bool> = batch.messages.iter().map(|m| m.answered).collect();
        let mut buffer = vec![0u8; RECEIVE_BYTES];
        let mut refused = None;
        while refused.is_none() && open.contains(&true) {
            let length = recv(self.fd.as_raw_fd(), &mut buffer, MsgFlags::MSG_TRUNC)
                .map_err(|errno| Refused { what: format!("{}, waiting", all()), errno })?;
            let datagram = buffer
                .get(..length)
                .ok_or_else(|| Refused { what: all(), errno: Errno::EMSGSIZE })?;
            for answer in answers(datagram) {
                let index = answer.sequence.wrapping_sub(first) as usize;
                let Some(message) = batch.messages.get(index) else { continue };
                match answer.verdict() {
                    Verdict::Object => on_object(answer.kind, answer.body),
                    Verdict::Done => open[index] = false,
                    Verdict::Refused(errno) => {
                        let what = message.what.clone();
                        refused.get_or_insert(Refused { what, errno });
                    }
                }
            }
        }
        match refused {
            None => Ok(()),
            Some(refused) => {
                self.forget_answers(&mut buffer);
                Err(refused)
            }
        }
    }

    /// Asks for a list; begins anew when the listed objects changed meanwhile.
    pub(crate) fn dump(&mut self, batch: &Batch) -> Result<Vec<(u16, Vec<u8>)>, Refused> {
        let mut attempt = 0;
        loop {
            let mut objects = Vec::new();
            attempt += 1;
            match self.send(batch, |kind, body| objects.push((kind, body.to_vec()))) {
                Ok(()) => return Ok(objects),
                Err(r) if r.errno == Errno::EINTR && attempt < DUMP_ATTEMPTS => {}
                Err(refused) => return Err(refused),
            }
        }
    }

    /// After a refusal the answers to the batch's other messages may still be queued.
    fn forget_answers(&self, buffer: &mut [u8]) {
        while recv(self.fd.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT).is_ok() {}
    }
}

/// One message of the kernel.
struct Answer<'a> {
    kind: u16,
    flags: u16,
    sequence: u32,
    body: &'a [u8],
}

enum Verdict {
    Object,
    Done,
    Refused(Errno),
}

impl Answer<'_> {
    fn verdict(&self) -> Verdict {
        if self.flags & DUMP_INTERRUPTED != 0 {
            return Verdict::Refused(Errno::EINTR);
        }
        match i32::from(self.kind) {
            libc::NLMSG_ERROR | libc::NLMSG_DONE => match self.body.first_chunk::<4>() {
                Some(code) if i32::from_ne_bytes(*code) != 0 => {
                    Verdict::Refused(Errno::from_raw(i32::from_ne_bytes(*code).wrapping_neg()))
                }
                _ => Verdict::Done,
            },
            _ => Verdict::Object,
        }
    }
}

/// The messages of one datagram; a broken one ends the list.
fn answers(mut datagram: &[u8]) -> impl Iterator<Item = Answer<'_>> {
    std::iter::from_fn(move || {
        let header = datagram.first_chunk::<HEADER_LEN>()?;
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let body = datagram.get(HEADER_LEN..length)?;
        let answer = Answer {
            kind: u16::from_ne_bytes([header[4], header[5]]),
            flags: u16::from_ne_bytes([header[6], header[7]]),
            sequence: u32::from_ne_bytes([header[8], header[9], header[10], header[11]]),
            body,
        };
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(answer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_message_and_the_socket_stays_usable() {
        // Asking for a link that does not exist needs no rights, so any user may run this.
        let mut socket = Socket::open(SockProtocol::NetlinkRoute).expect("a route socket");
        let mut missing = Batch::new();
        let link = |index: i32| [&[0u8; 4][..], &index.to_ne_bytes(), &[0; 8]].concat();
        missing.message(libc::RTM_GETLINK, libc::NLM_F_ACK, &link(i32::MAX), "no link", |_| {});
        let error = socket.send(&missing, |_, _| {}).expect_err("there is no such link");
        assert_eq!((error.what.as_str(), error.errno), ("no link", Errno::ENODEV));

        let mut list = Batch::new();
        list.message(libc::RTM_GETLINK, libc::NLM_F_DUMP, &link(0), "list links", |_| {});
        let links = socket.dump(&list).expect("links can be listed");
        assert!(links.iter().all(|(kind, _)| *kind == libc::RTM_NEWLINK));
        assert!(!links.is_empty(), "lo is everywhere");
    }
}
