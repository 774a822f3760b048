//! What Ctrl-C does.

/// What Ctrl-C does to this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// Nothing: the CLI gets the same signal, and says when to stop.
    Ignore,
    /// It ends.
    End,
}
