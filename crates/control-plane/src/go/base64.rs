//! What Go's `encoding/base64` says of text that it cannot decode (`StdEncoding`).

/// Checks that the text is base64 with padding.
///
/// # Errors
/// Go's words, with the place where the decoder gives up.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let bytes = text.as_bytes();
    let broken = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let skip = |mut at: usize| {
        while bytes.get(at).is_some_and(is_break) {
            at += 1;
        }
        at
    };
    let mut at = 0;
    loop {
        // Four digits at a time.
        let mut digits = 0;
        while digits < 4 {
            let Some(byte) = bytes.get(at) else {
                return if digits == 0 { Ok(()) } else { broken(at - digits) };
            };
            at += 1;
            match byte {
                byte if is_break(byte) => {}
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => digits += 1,
                b'=' if digits >= 2 => {
                    if digits == 2 {
                        at = skip(at);
                        match bytes.get(at) {
                            None => return broken(bytes.len()),
                            Some(b'=') => at += 1,
                            Some(_) => return broken(at - 1),
                        }
                    }
                    at = skip(at);
                    return if at < bytes.len() { broken(at) } else { Ok(()) };
                }
                _ => return broken(at - 1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn the_place_is_where_gos_decoder_gives_up() {
        for (text, at) in [
            ("", None),
            ("eA==", None),
            ("eA=\n=", None),
            ("eHl6", None),
            ("!", Some(0)),
            ("eA=", Some(3)),
            ("eA", Some(0)),
            ("eA==x", Some(4)),
            ("eHl6eA", Some(4)),
            ("e===", Some(1)),
        ] {
            let expected = at.map_or(Ok(()), |at| Err(format!("illegal base64 data at input byte {at}")));
            assert_eq!(check(text), expected, "{text:?}");
        }
    }
}
