//! A unix socket.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

use super::endpoint::Endpoint;

/// The folder for sockets, as the CLI may choose it.
const FOLDER: &str = "PLUGIN_UNIX_SOCKET_DIR";
/// The group that may connect beside this user, by its name or number, for a CLI that runs as another user.
const GROUP: &str = "PLUGIN_UNIX_SOCKET_GROUP";
/// Folders that are there where TMPDIR names none that can hold a socket: it may be missing, or its name too long.
const USUAL: [&str; 2] = ["/tmp", "/var/tmp"];
/// Where the numbers of groups are found.
const GROUPS: &str = "/etc/group";

/// A socket in a folder that only this user, or the group that the CLI names, may enter. Both are removed when this is
/// dropped.
pub(crate) struct Listener {
    inner: UnixListener,
    /// The path of the socket.
    address: String,
    /// Held for its removal.
    _folder: TempDir,
}

impl Listener {
    pub(crate) fn bind() -> io::Result<Self> {
        let chosen = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty());
        let group = std::env::var(GROUP).ok().filter(|group| !group.is_empty());
        // What the CLI chose is where it looks.
        match chosen {
            Some(folder) => Self::bind_in(Path::new(&folder), group.as_deref()),
            None => Self::bind_in_first(&std::env::temp_dir(), group.as_deref()),
        }
    }

    /// In the folder for temporary files, or in one of the usual where it can hold no socket.
    fn bind_in_first(temporary: &Path, group: Option<&str>) -> io::Result<Self> {
        Self::bind_in(temporary, group).or_else(|error| {
            let others = USUAL
                .iter()
                .find_map(|folder| Self::bind_in(Path::new(folder), group).ok());
            others.ok_or(error)
        })
    }

    fn bind_in(parent: &Path, group: Option<&str>) -> io::Result<Self> {
        // The name is kept short: a socket's path holds about 100 bytes.
        let folder = tempfile::Builder::new()
            .prefix("plugin-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(|error| within(&parent.display().to_string(), &error))?;
        let socket = folder.path().join("socket");
        let Some(address) = socket.to_str().map(str::to_owned) else {
            let why = io::Error::other("the CLI is told the path of the socket as UTF-8, which this is not");
            return Err(within(&parent.display().to_string(), &why));
        };
        let inner = UnixListener::bind(&socket).map_err(|error| within(&socket.display().to_string(), &error))?;
        if let Some(group) = group {
            admit(group, folder.path(), &socket).map_err(|error| within(&format!("the group {group:?}"), &error))?;
        }
        Ok(Self {
            inner,
            address,
            _folder: folder,
        })
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the system is asked for the address where there are no unix sockets, and may not tell"
    )]
    pub(crate) fn endpoint(&self) -> io::Result<Endpoint> {
        Ok(Endpoint {
            network: "unix",
            address: self.address.clone(),
        })
    }

    pub(crate) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.inner.accept().await?.0)
    }
}

/// Lets a group through the folder to the socket, and nowhere else.
fn admit(group: &str, folder: &Path, socket: &Path) -> io::Result<()> {
    let group = Some(group_number(group)?);
    chown(socket, None, group)?;
    fs::set_permissions(socket, Permissions::from_mode(0o660))?;
    chown(folder, None, group)?;
    fs::set_permissions(folder, Permissions::from_mode(0o710))
}

fn group_number(group: &str) -> io::Result<u32> {
    if let Ok(number) = group.parse() {
        return Ok(number);
    }
    let groups = fs::read_to_string(GROUPS).map_err(|error| within(GROUPS, &error))?;
    let number = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(group)).then(|| fields.nth(1)?.parse().ok())?
    });
    number.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{GROUPS} does not have it")))
}

/// The error with what it is about, which the system's own text leaves out.
fn within(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn the_socket_is_the_users_alone_and_goes_with_the_listener() {
        let parent = tempfile::tempdir().unwrap();
        let listener = Listener::bind_in(parent.path(), None).unwrap();
        let socket = PathBuf::from(listener.endpoint().unwrap().address);
        let folder = socket.parent().unwrap();
        assert!(socket.exists());
        assert_eq!(mode(folder), 0o700);
        drop(listener);
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn a_group_may_connect_and_see_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        // The one group that every user may give a file to.
        let own = parent.path().metadata().unwrap().gid();
        let name = fs::read_to_string(GROUPS).unwrap();
        let name = name.lines().find_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            (fields.get(2)? == &own.to_string()).then(|| fields[0].to_owned())
        });
        for group in [Some(own.to_string()), name].into_iter().flatten() {
            let listener = Listener::bind_in(parent.path(), Some(&group)).unwrap();
            let socket = Path::new(&listener.address);
            let folder = socket.parent().unwrap();
            assert_eq!((mode(folder), mode(socket)), (0o710, 0o660), "{group}");
            assert_eq!(folder.metadata().unwrap().gid(), own);
            assert_eq!(socket.metadata().unwrap().gid(), own);
        }
    }

    #[tokio::test]
    async fn a_folder_that_cannot_hold_a_socket_is_not_the_only_one() {
        use std::os::unix::ffi::OsStringExt;

        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("x".repeat(120));
        fs::create_dir(&long).unwrap();
        let bytes = parent.path().join(std::ffi::OsString::from_vec(vec![b'k', 0xff]));
        fs::create_dir(&bytes).unwrap();
        for unusable in [long, bytes, parent.path().join("missing")] {
            assert!(Listener::bind_in(&unusable, None).is_err(), "{}", unusable.display());
            let listener = Listener::bind_in_first(&unusable, None).unwrap();
            let socket = listener.endpoint().unwrap().address;
            assert!(USUAL.iter().any(|usual| socket.starts_with(usual)), "{socket}");
        }
    }

    #[tokio::test]
    async fn an_error_says_what_it_is_about() {
        let parent = tempfile::tempdir().unwrap();
        let error = |parent: &Path, group| match Listener::bind_in(parent, group) {
            Ok(_) => panic!("it listens"),
            Err(error) => error.to_string(),
        };
        assert_eq!(
            error(parent.path(), Some("no such group")),
            "the group \"no such group\": /etc/group does not have it"
        );
        let long = parent.path().join("x".repeat(120));
        fs::create_dir(&long).unwrap();
        let said = error(&long, None);
        assert!(said.starts_with(&long.display().to_string()), "{said}");
        assert_eq!(
            parent.path().read_dir().unwrap().count(),
            1,
            "what failed leaves nothing"
        );
    }
}
