//! What is said of something: known, known after apply only, or nothing.

/// What is said of something, as far as that is known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// This.
    Known(T),
    /// Something that is known after apply only. It may turn out to be null.
    Unknown,
    /// Nothing.
    Absent,
}

/// Something depends on a value that is known after apply only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl<T> Said<T> {
    /// What is said, if anything is; `Err` while that is not known, so that `?` makes what follows from it unknown as well.
    pub fn settled(self) -> Result<Option<T>, Unknown> {
        match self {
            Said::Known(value) => Ok(Some(value)),
            Said::Unknown => Err(Unknown),
            Said::Absent => Ok(None),
        }
    }

    /// The value, if it is known.
    pub fn known(self) -> Option<T> {
        self.settled().ok().flatten()
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> Said<&T> {
        match self {
            Said::Known(value) => Said::Known(value),
            Said::Unknown => Said::Unknown,
            Said::Absent => Said::Absent,
        }
    }

    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Said<U> {
        match self {
            Said::Known(value) => Said::Known(change(value)),
            Said::Unknown => Said::Unknown,
            Said::Absent => Said::Absent,
        }
    }

    /// What is said here, else there. What is not known here leaves open what is said there.
    #[must_use]
    pub fn or_else(self, other: impl FnOnce() -> Said<T>) -> Said<T> {
        match self {
            Said::Absent => other(),
            said => said,
        }
    }

    /// Whether something is said, known or not.
    pub fn is_said(&self) -> bool {
        !matches!(self, Said::Absent)
    }
}
