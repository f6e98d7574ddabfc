//! The netlink protocol in as much as links and packet filters need it: [`Batch`] builds messages,
//! [`Socket`] sends them to the kernel and waits for its answers.

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
/// Where the flags stand in `nlmsghdr`.
const FLAGS_AT: usize = 6;
/// Where the sequence number stands in `nlmsghdr`.
const SEQUENCE_AT: usize = 8;
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

/// Marks an attribute that holds attributes.
pub(crate) const NESTED: u16 = libc::NLA_F_NESTED as u16;

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

/// Writes attributes behind a message's header; lengths and padding are its business.
pub(crate) struct Attributes<'a>(&'a mut Vec<u8>);

impl Attributes<'_> {
    /// An attribute with these bytes.
    pub(crate) fn bytes(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        self.enclose(kind, |a| a.0.extend_from_slice(value))
    }

    /// A string with its closing zero.
    pub(crate) fn text(&mut self, kind: u16, value: &str) -> &mut Self {
        self.enclose(kind, |a| {
            a.0.extend_from_slice(value.as_bytes());
            a.0.push(0);
        })
    }

    /// A number in the machine's byte order, as rtnetlink writes it.
    pub(crate) fn u32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    /// A number in network byte order, as nfnetlink writes it.
    pub(crate) fn be32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// An attribute that holds what `fill` writes.
    pub(crate) fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Attributes)) -> &mut Self {
        self.enclose(kind, |a| fill(a))
    }

    /// A header in front of nested attributes.
    pub(crate) fn raw(&mut self, header: &[u8]) -> &mut Self {
        self.0.extend_from_slice(header);
        pad(self.0);
        self
    }

    fn enclose(&mut self, kind: u16, fill: impl FnOnce(&mut Attributes)) -> &mut Self {
        let start = self.0.len();
        self.0.extend_from_slice(&[0, 0]);
        self.0.extend_from_slice(&kind.to_ne_bytes());
        fill(&mut Attributes(self.0));
        // Callers write addresses, short names and fixed structures: far below 64 KiB.
        let length = u16::try_from(self.0.len() - start).expect("an attribute is below 64 KiB");
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        pad(self.0);
        self
    }
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Messages that go to the kernel in one datagram.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    messages: Vec<Message>,
}

#[derive(Debug)]
struct Message {
    start: usize,
    what: String,
    answered: bool,
}

impl Batch {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Batch::default()
    }

    /// Adds a message: its type, its flags (`NLM_F_REQUEST` is added), its family's fixed header
    /// and the attributes that `fill` writes. `what` names it in errors.
    pub(crate) fn message(
        &mut self,
        kind: u16,
        flags: i32,
        header: &[u8],
        what: impl Into<String>,
        fill: impl FnOnce(&mut Attributes),
    ) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(&((flags | libc::NLM_F_REQUEST) as u16).to_ne_bytes());
        self.bytes.extend_from_slice(&(self.messages.len() as u32).to_ne_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(header);
        pad(&mut self.bytes);
        fill(&mut Attributes(&mut self.bytes));
        let length = (self.bytes.len() - start) as u32;
        self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
        // NLM_F_DUMP is two bits, and one of them is NLM_F_EXCL when something is made.
        let dumped = flags & libc::NLM_F_DUMP == libc::NLM_F_DUMP;
        let answered = flags & libc::NLM_F_ACK != 0 || dumped;
        self.messages.push(Message { start, what: what.into(), answered });
    }

    /// Asks for an answer to the last message. For a transaction, in which the kernel answers in
    /// order and names every failure unasked, this says how all of it went.
    pub(crate) fn answer_last(&mut self) {
        if let Some(message) = self.messages.last_mut() {
            let at = message.start + FLAGS_AT;
            let flags = u16::from_ne_bytes([self.bytes[at], self.bytes[at + 1]]);
            let asking = flags | libc::NLM_F_ACK as u16;
            self.bytes[at..at + 2].copy_from_slice(&asking.to_ne_bytes());
            message.answered = true;
        }
    }

    /// The datagram, its messages numbered from `sequence` on.
    pub(crate) fn encode(&self, sequence: u32) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for (i, message) in self.messages.iter().enumerate() {
            let at = message.start + SEQUENCE_AT;
            bytes[at..at + 4].copy_from_slice(&sequence.wrapping_add(i as u32).to_ne_bytes());
        }
        bytes
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
    ///
    /// # Errors
    /// The first refusal. nfnetlink then has undone the batch, rtnetlink has done what came before.
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

/// The attributes in `bytes` as kind (without the nesting mark) and value; a broken one ends the
/// list.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let header = bytes.first_chunk::<4>()?;
        let length = u16::from_ne_bytes([header[0], header[1]]) as usize;
        let value = bytes.get(4..length)?;
        let kind = u16::from_ne_bytes([header[2], header[3]]) & libc::NLA_TYPE_MASK as u16;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// The first attribute of this kind.
pub(crate) fn attribute(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find_map(|(k, value)| (k == kind).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_their_lengths_are_not() {
        let mut batch = Batch::new();
        batch.message(7, libc::NLM_F_ACK, &[9], "test", |a| {
            a.text(1, "ab").nest(2 | NESTED, |a| {
                a.bytes(3, &[5]);
            });
        });
        let expected: Vec<u8> = [
            &40u32.to_ne_bytes()[..],
            &7u16.to_ne_bytes(),
            &5u16.to_ne_bytes(),
            &100u32.to_ne_bytes(),
            &[0; 4],
            &[9, 0, 0, 0],
            &[7, 0, 1, 0, b'a', b'b', 0, 0],
            &[12, 0, 2, 0x80, 5, 0, 3, 0, 5, 0, 0, 0],
        ]
        .concat();
        assert_eq!(batch.encode(100), expected);
    }

    #[test]
    fn what_was_written_is_read_again_and_a_broken_tail_ends_the_list() {
        let mut bytes = Vec::new();
        Attributes(&mut bytes).bytes(1, b"xyz").u32(2, 7).be32(3, 8);
        bytes.extend_from_slice(&[200, 0, 4, 0, 1]);
        let seen: Vec<_> = attributes(&bytes).map(|(k, v)| (k, v.to_vec())).collect();
        assert_eq!(
            seen,
            [(1, b"xyz".to_vec()), (2, 7u32.to_ne_bytes().to_vec()), (3, vec![0, 0, 0, 8])]
        );
        assert_eq!(attribute(&bytes, 3), Some(&[0, 0, 0, 8][..]));
        assert_eq!(attribute(&bytes, 4), None);
    }

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
