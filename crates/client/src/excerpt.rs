//! The beginning of a foreign text, short enough for a message.

/// How many characters are shown.
const LENGTH: usize = 200;

/// The beginning of a body as plain text: of HTML what a reader would see.
pub(crate) fn of_body(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)]);
    let text = text.trim();
    if !text.starts_with('<') {
        return shortened(text);
    }
    let mut seen = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        seen.push_str(before);
        seen.push(' ');
        let hidden = ["style", "script"].into_iter().find(|name| tag.starts_with(name));
        rest = match hidden {
            Some(name) => tag.split_once(&format!("</{name}>")).map_or("", |(_, after)| after),
            None => tag.split_once('>').map_or("", |(_, after)| after),
        };
    }
    seen.push_str(rest);
    shortened(&seen)
}

/// The text on one line and no longer than [`LENGTH`].
pub(crate) fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LENGTH) {
        _ if text.is_empty() => "an empty body".to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
