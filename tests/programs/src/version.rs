//! Versions of programs, as far as tests care.

use std::fmt;
use std::str::FromStr;

/// A version. What is built on the way to a release counts as the release: it has its features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    text: String,
    major: u32,
    minor: u32,
}

impl Version {
    /// Whether it has what came with that version, such as `1.14`.
    ///
    /// # Panics
    ///
    /// When the text is no version: it is written in a test.
    pub fn is_from(&self, first: &str) -> bool {
        let first: Self = first
            .parse()
            .unwrap_or_else(|why| panic!("{first:?} is no version: {why}"));
        (self.major, self.minor) >= (first.major, first.minor)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_start_matches('v');
        let mut numbers = text.split('.').map(str::parse);
        let mut next = |what: &str| match numbers.next() {
            Some(Ok(number)) => Ok(number),
            Some(Err(error)) => Err(format!("its {what} number: {error}")),
            None => Err(format!("it has no {what} number")),
        };
        let (major, minor) = (next("major")?, next("minor")?);
        Ok(Self {
            text: text.to_owned(),
            major,
            minor,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers_and_a_release_begins_with_its_first_build() {
        for (version, first, expected) in [
            ("1.11.4", "1.11", true),
            ("1.11.4", "1.9", true),
            ("1.6.2", "1.11", false),
            ("1.17.0-dev", "1.17", true),
            ("v1.36.3", "1.36", true),
            ("2.0.0", "1.99", true),
        ] {
            let version: Version = version.parse().expect("it is a version");
            assert_eq!(version.is_from(first), expected, "{version} from {first}");
        }
    }

    #[test]
    fn what_is_no_version_says_why() {
        let why = |text: &str| text.parse::<Version>().expect_err("it is no version");
        assert_eq!(why("1"), "it has no minor number");
        assert!(why("latest").starts_with("its major number: "));
    }
}
