//! [`kafka_id`]: ids of topics, clusters and folders as Kafka writes them.

/// 16 bytes in base64 for URLs, without padding.
pub(crate) fn kafka_id(id: u128) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // 128 bits are 21 digits of six bits, and two more bits at the front of the last one.
    (0..22)
        .map(|digit| {
            let six = if digit < 21 { id >> (122 - 6 * digit) } else { id << 4 };
            char::from(ALPHABET[(six & 63) as usize])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_bits_behind_21_digits_stand_at_the_front_of_the_last_one() {
        assert_eq!(kafka_id(0), "A".repeat(22));
        assert_eq!(kafka_id(u128::MAX), format!("{}w", "_".repeat(21)));
        assert_eq!(kafka_id(1), format!("{}Q", "A".repeat(21)));
    }
}
