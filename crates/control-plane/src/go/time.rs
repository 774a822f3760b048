//! What Go's `time.Parse` says of text that is no time in one of the two layouts of the API.

use structured_merge::go::Quoted;

/// The layout of `metav1.Time` (RFC 3339).
pub(crate) const SECONDS: Layout = Layout {
    text: "2006-01-02T15:04:05Z07:00",
    fraction: None,
};
/// The layout of `metav1.MicroTime`.
pub(crate) const MICROSECONDS: Layout = Layout {
    text: "2006-01-02T15:04:05.000000Z07:00",
    fraction: Some(".000000"),
};

/// A layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    text: &'static str,
    fraction: Option<&'static str>,
}

/// Checks that the text is a time in this layout.
///
/// # Errors
/// Go's words: which part of the text is not which part of the layout.
pub(crate) fn check(text: &str, layout: Layout) -> Result<(), String> {
    let fail = |why: String| {
        Err(format!(
            "parsing time {} as {}: {why}",
            Quoted(text),
            Quoted(layout.text)
        ))
    };
    let misfit = |rest: &str, part: &str| fail(format!("cannot parse {} as {}", Quoted(rest), Quoted(part)));
    let mut rest = text;
    for (part, limits) in [
        ("2006", None),
        ("-", None),
        ("01", Some(("month", 1, 12))),
        ("-", None),
        ("02", Some(("day", 0, 31))),
        ("T", None),
        ("15", Some(("hour", 0, 23))),
        (":", None),
        ("04", Some(("minute", 0, 59))),
        (":", None),
        ("05", Some(("second", 0, 59))),
    ] {
        let is_number = part.len() > 1;
        let found = rest.get(..part.len());
        let fits = |found: &str| {
            if is_number {
                found.bytes().all(|byte| byte.is_ascii_digit())
            } else {
                found == part
            }
        };
        let Some(found) = found.filter(|found| fits(found)) else {
            return misfit(rest, part);
        };
        rest = &rest[part.len()..];
        let is_out = |least: u32, most: u32| found.parse().is_ok_and(|number: u32| number < least || number > most);
        if let Some((name, least, most)) = limits
            && is_out(least, most)
        {
            return fail(format!("{name} out of range"));
        }
    }
    let digits = |rest: &str| {
        rest.strip_prefix('.')
            .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count())
    };
    match layout.fraction {
        Some(fraction) if digits(rest) < fraction.len() - 1 => return misfit(rest, fraction),
        Some(fraction) => rest = &rest[fraction.len()..],
        // After seconds Go takes a fraction that the layout does not have.
        None if digits(rest) > 0 => rest = &rest[1 + digits(rest)..],
        None => {}
    }
    let is_zone = |zone: &str| {
        let bytes = zone.as_bytes();
        zone == "Z"
            || bytes.len() == 6
                && matches!(bytes[0], b'+' | b'-')
                && bytes[3] == b':'
                && [1, 2, 4, 5].into_iter().all(|at| bytes[at].is_ascii_digit())
    };
    if let Some(extra) = rest.strip_prefix('Z').filter(|extra| !extra.is_empty()) {
        return fail(format!("extra text: {}", Quoted(extra)));
    }
    if !is_zone(rest) {
        return misfit(rest, "Z07:00");
    }
    if text.parse::<jiff::Timestamp>().is_err() {
        return fail("day out of range".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, layout, why) in [
            ("2024-01-01T00:00:00Z", SECONDS, None),
            ("2024-01-01T00:00:00.5+02:00", SECONDS, None),
            ("2024-01-01T00:00:00.000000Z", MICROSECONDS, None),
            ("x", SECONDS, Some("cannot parse \"x\" as \"2006\"")),
            ("2024-01-01", SECONDS, Some("cannot parse \"\" as \"T\"")),
            ("2024-13-01T00:00:00Z", SECONDS, Some("month out of range")),
            ("2024-02-30T00:00:00Z", SECONDS, Some("day out of range")),
            ("2024-01-01T00:00:00", SECONDS, Some("cannot parse \"\" as \"Z07:00\"")),
            (
                "2024-01-01T00:00:00Z",
                MICROSECONDS,
                Some("cannot parse \"Z\" as \".000000\""),
            ),
        ] {
            let expected = why.map_or(Ok(()), |why| {
                Err(format!("parsing time \"{text}\" as \"{}\": {why}", layout.text))
            });
            assert_eq!(check(text, layout), expected);
        }
    }
}
