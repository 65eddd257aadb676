use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The key that a message is known by. A digest, since ids are whatever was sent: of any length,
/// with any bytes in them. `sender` has no byte that is zero.
pub(super) fn known_by(sort: &str, sender: &str, id: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.update(sender.as_bytes());
    digest.update([0]);
    digest.update(id);
    let digest = URL_SAFE_NO_PAD.encode(&digest.finalize()[..24]);
    format!("{sort}:{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_is_one_sender_and_one_id(
            a in "[^\0]{1,8}", b in "[^\0]{1,8}", c in "[^\0]{1,8}", d in "[^\0]{1,8}",
        ) {
            let of = |sender: &str, id: &str| known_by("inbox", sender, id.as_bytes());
            prop_assert_eq!(of(&a, &b) == of(&c, &d), (a, b) == (c, d));
        }
    }

    #[test]
    fn what_is_sent_two_ways_is_two_messages() {
        assert_ne!(known_by("inbox", "a", b"b"), known_by("request", "a", b"b"));
    }
}
