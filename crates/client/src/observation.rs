//! What is observed of an object that somebody waits for.

use crate::error::Error;
use crate::object::Object;

/// What a read or a watch says of one object.
#[derive(Clone, Debug)]
pub(crate) enum Observation {
    /// The object as it is, or was a moment ago.
    Present(Object),
    /// There is no object of that name.
    Absent,
    /// Nobody knows at the moment, for this reason.
    Unavailable(Error),
}

impl From<Result<Object, Error>> for Observation {
    fn from(read: Result<Object, Error>) -> Self {
        match read {
            Ok(object) => Self::Present(object),
            Err(error) if error.is_not_found() => Self::Absent,
            Err(error) => Self::Unavailable(error),
        }
    }
}
