//! One kubeconfig file: its encoding, and the paths in it, which are relative to its folder.
//!
//! kube's own reader of files is not used: it panics over UTF-16 that ends within a character. The encodings and the path
//! rules are kube's.

use std::path::{MAIN_SEPARATOR, Path};
use std::{fs, io};

use kube::config::{Kubeconfig, KubeconfigError};

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Kubeconfig, KubeconfigError> {
    let text = fs::read(path)
        .and_then(decoded)
        .map_err(|error| KubeconfigError::ReadConfig(error, path.to_owned()))?;
    let mut file = Kubeconfig::from_yaml(&text)?;
    if let Some(folder) = path.parent() {
        resolve(&mut file, folder);
    }
    Ok(file)
}

/// The text of a file. Without a byte order mark it is UTF-8.
fn decoded(bytes: Vec<u8>) -> io::Result<String> {
    let (text, encoding) = match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => (utf_16(rest, u16::from_le_bytes), "UTF-16 LE"),
        [0xFE, 0xFF, rest @ ..] => (utf_16(rest, u16::from_be_bytes), "UTF-16 BE"),
        [0xEF, 0xBB, 0xBF, rest @ ..] => (String::from_utf8(rest.to_vec()).ok(), "UTF-8"),
        _ => (String::from_utf8(bytes).ok(), "UTF-8"),
    };
    text.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("Invalid {encoding}")))
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks() else {
        return None;
    };
    String::from_utf16(&pairs.iter().copied().map(unit).collect::<Vec<_>>()).ok()
}

/// Joins relative paths with the folder of the file. An empty one is unset.
fn resolve(file: &mut Kubeconfig, folder: &Path) {
    let clusters = file.clusters.iter_mut().filter_map(|named| named.cluster.as_mut());
    for cluster in clusters {
        join(&mut cluster.certificate_authority, folder);
    }
    let users = file.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut());
    for user in users {
        for path in [&mut user.client_certificate, &mut user.client_key, &mut user.token_file] {
            join(path, folder);
        }
        // A bare name is looked up in `PATH`.
        if let Some(exec) = &mut user.exec
            && exec
                .command
                .as_ref()
                .is_some_and(|command| command.contains(MAIN_SEPARATOR))
        {
            join(&mut exec.command, folder);
        }
    }
}

fn join(path: &mut Option<String>, folder: &Path) {
    *path = path.take().filter(|path| !path.is_empty()).map(|path| {
        let joined = folder.join(&path).into_os_string().into_string();
        joined.unwrap_or(path)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_read_or_refused() {
        let units = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let (little, big) = (
            units("\u{feff}kind: ü", u16::to_le_bytes),
            units("\u{feff}kind: ü", u16::to_be_bytes),
        );
        let read = |bytes: &[u8]| decoded(bytes.to_vec()).map_err(|error| error.to_string());
        for whole in [
            &little[..],
            &big[..],
            "\u{feff}kind: ü".as_bytes(),
            "kind: ü".as_bytes(),
        ] {
            assert_eq!(read(whole).as_deref(), Ok("kind: ü"));
        }
        for (damaged, encoding) in [
            (&b"\xff\xfex"[..], "UTF-16 LE"),
            (&little[..little.len() - 1], "UTF-16 LE"),
            // The first half of a pair of surrogates.
            (b"\xff\xfe\x00\xd8", "UTF-16 LE"),
            (b"\xfe\xffx", "UTF-16 BE"),
            (&big[..big.len() - 1], "UTF-16 BE"),
            (b"\xef\xbb\xbf\xfc", "UTF-8"),
            (b"kind: \xfc", "UTF-8"),
        ] {
            assert_eq!(read(damaged), Err(format!("Invalid {encoding}")), "{damaged:?}");
        }
    }

    #[test]
    fn a_program_is_relative_to_the_file_unless_it_is_a_bare_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        for (command, expected) in [
            ("login", "login".into()),
            ("bin/login", folder.path().join("bin/login")),
        ] {
            fs::write(
                &path,
                format!("users: [{{ name: me, user: {{ exec: {{ command: {command} }} }} }}]\n"),
            )
            .unwrap();
            let file = read(&path).unwrap();
            let user = file.auth_infos[0].auth_info.as_ref().unwrap();
            assert_eq!(
                user.exec.as_ref().unwrap().command.as_deref(),
                expected.to_str(),
                "{command}"
            );
        }
    }
}
