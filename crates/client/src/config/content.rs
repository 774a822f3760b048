//! A setting that wants a path and was given what belongs into the file: it may be a secret, so it is never shown.

use std::path::Path;

/// What a path is called in a message: itself, unless it is no path.
pub(crate) fn shown(path: &Path) -> Result<String, Misplaced> {
    let text = path.to_string_lossy();
    if is_content(&text) {
        Err(Misplaced)
    } else {
        Ok(text.into_owned())
    }
}

/// The content of a file in the place of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds the content of a file, not its path")]
pub(crate) struct Misplaced;

/// The longest name of a file on the usual file systems, in bytes.
const LONGEST_NAME: usize = 255;
/// How long a name may be that has neither an extension nor a place and is not a token.
const LONGEST_BARE_NAME: usize = 40;

/// Whether a text is what a file may hold, rather than where it is: it has several lines, is JSON, PEM or a part of it, is in
/// base64, or is a token.
fn is_content(text: &str) -> bool {
    let is_coded = |name: &str| {
        // JSON and PEM in base64, and a JWT, whose header is JSON.
        ["LS0t", "eyJ", "ewog"].iter().any(|begin| name.starts_with(begin))
    };
    let mut names = text.split(['/', '\\']);
    text.contains(['\n', '{', '\u{0}'])
        || text.contains("-----BEGIN")
        || names.clone().any(|name| name.len() > LONGEST_NAME || is_coded(name))
        || names
            .next_back()
            .is_some_and(|name| name.len() > LONGEST_BARE_NAME && !name.contains('.'))
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
        ] {
            assert_eq!(shown(Path::new(path)).as_deref(), Ok(path));
        }
    }
}
