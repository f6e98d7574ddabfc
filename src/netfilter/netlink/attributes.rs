//! Netlink attributes: [`Attributes`] writes them, [`attributes`] reads them.

/// Marks an attribute that holds attributes.
pub(crate) const NESTED: u16 = libc::NLA_F_NESTED as u16;

/// Writes attributes behind a message's header; lengths and padding are its business.
pub(crate) struct Attributes<'a>(pub(super) &'a mut Vec<u8>);

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

/// To a multiple of four bytes.
pub(super) fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
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
}
