//! [`Batch`]: messages that go to the kernel in one datagram.

use super::attributes::{Attributes, pad};

/// Where the flags stand in `nlmsghdr`.
const FLAGS_AT: usize = 6;
/// Where the sequence number stands in `nlmsghdr`.
const SEQUENCE_AT: usize = 8;

/// Messages that go to the kernel in one datagram.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    pub(super) messages: Vec<Message>,
}

#[derive(Debug)]
pub(super) struct Message {
    start: usize,
    pub(super) what: String,
    pub(super) answered: bool,
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

#[cfg(test)]
mod tests {
    use super::super::NESTED;
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
}
