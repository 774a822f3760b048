//! How often a request was attempted before its failure was final.

use std::fmt;
use std::time::Duration;

/// How often a request was attempted, for how long, and what kept it from being attempted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How often it was sent.
    pub count: usize,
    /// From the first attempt to the last answer.
    pub elapsed: Duration,
    /// The pause that the server asked for, where it reaches beyond the time that the operation has left.
    pub refused_pause: Option<Duration>,
}

/// A clause that follows the reason of a failure; nothing where there was one attempt and no pause was asked for.
impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count > 1 {
            write!(f, "; {} times, for {} s", self.count, self.elapsed.as_secs())?;
        }
        if let Some(pause) = self.refused_pause {
            let pause = pause.as_secs();
            write!(
                f,
                "; it asks to come back in {pause} s, which is later than this operation may last"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_told_if_there_was_more_than_one() {
        let once = Attempts {
            count: 1,
            ..Attempts::default()
        };
        let often = Attempts {
            count: 12,
            elapsed: Duration::from_millis(15_900),
            refused_pause: None,
        };
        let late = Attempts {
            refused_pause: Some(Duration::from_mins(15)),
            ..once
        };
        assert_eq!(once.to_string(), "");
        assert_eq!(often.to_string(), "; 12 times, for 15 s");
        assert_eq!(
            late.to_string(),
            "; it asks to come back in 900 s, which is later than this operation may last"
        );
    }
}
