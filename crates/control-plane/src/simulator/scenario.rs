//! What happens to a workload, as its annotations and images ask.

use std::str::FromStr;
use std::time::Duration;

/// Names the [`Scenario`].
pub const SCENARIO_ANNOTATION: &str = "simulator.datum.net/scenario";
/// How long [`Scenario::Slow`] and [`Scenario::StaleStatus`] hold, as `30s`, `500ms` or `2m`.
pub const DELAY_ANNOTATION: &str = "simulator.datum.net/delay";
/// The replicas that [`Scenario::Autoscale`] sets.
pub const REPLICAS_ANNOTATION: &str = "simulator.datum.net/replicas";

/// What [`DELAY_ANNOTATION`] means when it is absent or unreadable.
pub(super) const DEFAULT_DELAY: Duration = Duration::from_secs(30);
/// What [`REPLICAS_ANNOTATION`] means when it is absent or unreadable.
pub(super) const DEFAULT_AUTOSCALE: u32 = 5;

macro_rules! scenarios {
    ($($(#[$attribute:meta])+ $variant:ident = $name:literal,)+) => {
        /// What happens to a workload. Its name is the value of [`SCENARIO_ANNOTATION`].
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum Scenario {
            $($(#[$attribute])+ $variant,)+
        }

        impl Scenario {
            /// Every scenario, in the order of their documentation.
            pub const ALL: &[Scenario] = &[$(Scenario::$variant),+];

            /// The name that [`SCENARIO_ANNOTATION`] gives it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Scenario::$variant => $name,)+
                }
            }
        }
    };
}

scenarios! {
    /// The replicas come up one by one, and the workload runs.
    #[default]
    Ready = "ready",
    /// The image cannot be pulled: the rollout fails, and what ran before goes on running.
    BadImage = "bad-image",
    /// The project's quota is used up: no new replica is created.
    QuotaExceeded = "quota-exceeded",
    /// The first new replica comes up only after the delay.
    Slow = "slow",
    /// The workload never leaves `Provisioning`, and no new replica is placed.
    Stuck = "stuck",
    /// New replicas are created and never become ready.
    NeverReady = "never-ready",
    /// `Available` turns True and False a few times before the workload settles.
    Flapping = "flapping",
    /// The containers crash: the rollout fails.
    Failed = "failed",
    /// No controller looks at the workload: it never has a status, nor a finalizer.
    NoStatus = "no-status",
    /// The status never says which generation it is of.
    NoObservedGeneration = "no-observed-generation",
    /// After an update the status of the old generation stays for the delay.
    StaleStatus = "stale-status",
    /// Another manager injects a container before the workload starts.
    Sidecar = "sidecar",
    /// Another manager sets the replicas, and sets them again whenever they differ.
    Autoscale = "autoscale",
    /// The workload runs, and its finalizer is never removed.
    StuckDelete = "stuck-delete",
}

impl Scenario {
    /// The scenario that an image is called after: that of `registry.example/team/quota-exceeded:v1` is `quota-exceeded`.
    pub(super) fn of_image(image: &str) -> Option<Scenario> {
        let name = image.rsplit('/').next()?;
        name.split([':', '@']).next()?.parse().ok()
    }
}

/// The value of [`SCENARIO_ANNOTATION`] names no scenario.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown scenario {name:?} in the annotation {SCENARIO_ANNOTATION}, known are: {}",
    known()
)]
pub struct UnknownScenario {
    name: String,
}

fn known() -> String {
    Scenario::ALL
        .iter()
        .map(|scenario| scenario.name())
        .collect::<Vec<_>>()
        .join(", ")
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        let found = Scenario::ALL.iter().find(|scenario| scenario.name() == name);
        found.copied().ok_or_else(|| UnknownScenario { name: name.to_owned() })
    }
}

/// Whether no registry would have `image`: its name holds `bad-image` or its tag is `does-not-exist`.
pub(super) fn cannot_be_pulled(image: &str) -> bool {
    image.contains("bad-image") || image.ends_with(":does-not-exist")
}

/// Reads `500ms`, `30s`, `2m` or `1h`.
pub(super) fn parse_delay(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u32 = text[..unit].parse().ok()?;
    let unit = match &text[unit..] {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        _ => return None,
    };
    unit.checked_mul(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_found_by_its_name() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.name().parse(), Ok(*scenario));
        }
    }

    #[test]
    fn an_image_chooses_the_scenario_that_it_is_called_after() {
        for (image, scenario) in [
            ("never-ready", Some(Scenario::NeverReady)),
            ("slow:v1", Some(Scenario::Slow)),
            ("registry.example:5000/team/stuck@sha256:0", Some(Scenario::Stuck)),
            ("registry.example/slow/nginx:1.25", None),
            ("nginx:slow", None),
            ("slow-cooker", None),
        ] {
            assert_eq!(Scenario::of_image(image), scenario, "{image}");
        }
    }

    #[test]
    fn the_guide_lists_every_scenario() {
        let guide = include_str!("../../../../docs/guides/local-control-plane.md");
        // Other sections have tables of their own.
        let listed = guide
            .lines()
            .skip_while(|line| *line != "## Workloads that fail on request")
            .skip(1)
            .take_while(|line| !line.starts_with("## "))
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .map(|(name, _)| name);
        assert!(listed.eq(Scenario::ALL.iter().map(|scenario| scenario.name())));
    }

    #[test]
    fn an_unknown_scenario_is_told_the_known_ones() {
        let error = "redy".parse::<Scenario>().unwrap_err().to_string();
        assert!(
            error.starts_with(r#"unknown scenario "redy" in the annotation simulator.datum.net/scenario"#),
            "{error}"
        );
        assert!(error.ends_with("sidecar, autoscale, stuck-delete"), "{error}");
    }

    #[test]
    fn delays_have_a_unit() {
        for (text, delay) in [
            ("30s", Some(Duration::from_secs(30))),
            ("500ms", Some(Duration::from_millis(500))),
            ("2m", Some(Duration::from_mins(2))),
            ("1h", Some(Duration::from_hours(1))),
            ("30", None),
            ("s", None),
            ("-1s", None),
            ("", None),
        ] {
            assert_eq!(parse_delay(text), delay, "{text}");
        }
    }

    #[test]
    fn images_that_no_registry_has() {
        for (image, missing) in [
            ("nginx:1.25", false),
            ("nginx:does-not-exist", true),
            ("registry.example:5000/team/bad-image@sha256:0", true),
            ("does-not-exist/nginx:1", false),
        ] {
            assert_eq!(cannot_be_pulled(image), missing, "{image}");
        }
    }
}
