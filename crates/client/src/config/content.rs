//! A setting that wants a path or a name and was given the content of a file: it may be a secret, so it is never shown.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a path is called in a message: itself, unless it is no path.
pub(crate) fn shown(path: &Path) -> Result<String, Misplaced> {
    let text = path.to_string_lossy();
    if is_content(&text) {
        Err(Misplaced)
    } else {
        Ok(text.into_owned())
    }
}

/// What a name, a URL or a command is called in a message: itself, unless it certainly is the content of a file. Names may be
/// as long as tokens, so that a token in the place of one is not known.
pub fn shown_name(text: &str) -> &str {
    if is_certainly_content(text) {
        "(the content of a file)"
    } else {
        text
    }
}

/// The content of a file in the place of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds the content of a file, not its path")]
pub(crate) struct Misplaced;

/// The longest name of a file on the usual file systems, in bytes.
const LONGEST_NAME: usize = 255;
/// How long a name may be that has no extension: opaque tokens have 32 letters and more.
const LONGEST_BARE_NAME: usize = 31;

/// How much text, at least, is taken for text when it was in base64.
const SHORTEST_PACKED: usize = 24;

/// Whether a text is what a file may hold, rather than where it is: certainly, or because it is as long as a token.
fn is_content(text: &str) -> bool {
    let mut names = text.split(['/', '\\']);
    // A relative path has been joined with a folder: its own beginning may be after any slash.
    let mut rests = text.match_indices('/').map(|(at, _)| &text[at + 1..]);
    is_certainly_content(text)
        || rests.any(is_packed)
        || names
            .next_back()
            .is_some_and(|name| name.len() > LONGEST_BARE_NAME && !name.contains('.'))
}

/// Whether a text has several lines, is JSON, PEM or a part of it, or is one of these in base64.
pub(crate) fn is_certainly_content(text: &str) -> bool {
    let is_coded = |word: &str| {
        // JSON and PEM in base64, and a JWT, whose header is JSON.
        ["LS0t", "eyJ", "ewog"].iter().any(|begin| word.starts_with(begin))
    };
    let mut words = text.split(['/', '\\', ' ', '"', '\'', '\u{feff}']);
    let mut names = text.split(['/', '\\']);
    text.contains(['\n', '{', '\u{0}'])
        || ["-----BEGIN", "-----END"].iter().any(|mark| text.contains(mark))
        || names.any(|name| name.len() > LONGEST_NAME)
        || words.any(is_coded)
        || is_packed(text)
}

/// Whether a text is text in base64, or the beginning of it. A path that could be base64 is hardly ever text then.
fn is_packed(text: &str) -> bool {
    let whole = text.get(..text.len() / 4 * 4).unwrap_or_default();
    let unpacked = STANDARD.decode(whole).unwrap_or_default();
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace() || *byte >= 0x80;
    unpacked.len() >= SHORTEST_PACKED
        && unpacked.iter().all(is_text)
        && unpacked.iter().filter(|byte| byte.is_ascii()).count() > unpacked.len() * 9 / 10
}

/// What a path is called where nobody waits for an error.
pub(crate) fn described(path: &Path) -> String {
    shown(path).unwrap_or_else(|misplaced| misplaced.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_from_a_path() {
        let long = "x".repeat(300);
        let token = "0123456789abcdef0123456789abcdef0123456789abcdef";
        let contents = [
            "{\"type\": \"datum_service_account\"}",
            "apiVersion: v1\nkind: Config\n",
            "-----BEGIN EC PRIVATE KEY-----\\nMHc",
            "/home/me/LS0tLS1CRUdJTiBQUklWQVRF",
            "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            long.as_str(),
            token,
            "0123456789abcdef0123456789abcdef",
            "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            // A token with a slash in base64, where a kubeconfig has a relative path.
            "/home/me/c2VjcmV0LXRva2VuPz8/LW9mLXNvbWVib2R5LXdpdGgtYS1zbGFzaA==",
        ];
        for content in contents {
            assert_eq!(shown(Path::new(content)), Err(Misplaced), "{content}");
        }
        for path in [
            "./kubeconfig",
            "/etc/datum/key.json",
            "token",
            "C:\\Users\\me\\.kube\\config",
            "../kc/",
            "/home/me/Terraform/environments/production1/kubeconfig",
            "clusters/Frankfurt2/serviceaccounts/terraform/tokens1",
        ] {
            assert_eq!(shown(Path::new(path)).as_deref(), Ok(path));
        }
    }
}
