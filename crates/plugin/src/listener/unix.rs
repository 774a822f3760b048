//! A unix socket.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

use super::Endpoint;

/// The folder for sockets, as the CLI may choose it.
const FOLDER: &str = "PLUGIN_UNIX_SOCKET_DIR";

/// A socket in a folder that only this user may enter. Both are removed when this is dropped.
pub(crate) struct Listener {
    inner: UnixListener,
    socket: PathBuf,
    /// Held for its removal.
    _folder: TempDir,
}

impl Listener {
    pub(crate) fn bind() -> io::Result<Self> {
        let parent = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty());
        Self::bind_in(&parent.map_or_else(std::env::temp_dir, PathBuf::from))
    }

    fn bind_in(parent: &Path) -> io::Result<Self> {
        // The name is kept short: a socket's path holds about 100 bytes.
        let folder = tempfile::Builder::new()
            .prefix("plugin-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket)?;
        Ok(Self {
            inner: listener,
            socket,
            _folder: folder,
        })
    }

    pub(crate) fn endpoint(&self) -> io::Result<Endpoint> {
        let path = self.socket.to_str();
        Ok(Endpoint {
            network: "unix",
            address: path
                .ok_or_else(|| io::Error::other("the socket's path is not UTF-8"))?
                .to_owned(),
        })
    }

    pub(crate) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.inner.accept().await?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_socket_is_the_users_alone_and_goes_with_the_listener() {
        let parent = tempfile::tempdir().unwrap();
        let listener = Listener::bind_in(parent.path()).unwrap();
        let socket = PathBuf::from(listener.endpoint().unwrap().address);
        let folder = socket.parent().unwrap();
        assert!(socket.exists());
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(listener);
        assert!(!folder.exists());
    }
}
