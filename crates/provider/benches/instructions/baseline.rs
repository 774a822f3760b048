//! The counts that others are compared with: a line for each case, `web-app decode: 12345 instructions, 67 allocations`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

/// Beside this file.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/baseline.txt");

/// By how much a count may be larger: compilers and C libraries differ a little.
const TOLERANCE: f64 = 1.1;

/// What a case costs. Instructions are unknown where nobody counts them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    pub(crate) instructions: Option<u64>,
    pub(crate) allocations: u64,
}

pub(crate) struct Baseline(BTreeMap<String, Costs>);

impl Baseline {
    pub(crate) fn read() -> Baseline {
        let text = fs::read_to_string(FILE).unwrap_or_default();
        let costs = text.lines().map(|line| {
            let costs = parsed(line).unwrap_or_else(|| panic!("{FILE}: {line:?} has no costs"));
            (costs.0.to_owned(), costs.1)
        });
        Baseline(costs.collect())
    }

    pub(crate) fn compare(&self, case: &str, costs: &Costs) -> Comparison {
        Comparison {
            costs: *costs,
            before: self.0.get(case).copied(),
        }
    }
}

fn parsed(line: &str) -> Option<(&str, Costs)> {
    let (case, counts) = line.split_once(": ")?;
    let (instructions, allocations) = counts.strip_suffix(" allocations")?.split_once(" instructions, ")?;
    let costs = Costs {
        instructions: Some(instructions.parse().ok()?),
        allocations: allocations.parse().ok()?,
    };
    Some((case, costs))
}

pub(crate) fn write(counted: &[(String, Costs)]) {
    let lines = counted.iter().map(|(case, costs)| {
        let instructions = costs.instructions.expect("a baseline takes valgrind");
        format!(
            "{case}: {instructions} instructions, {} allocations\n",
            costs.allocations
        )
    });
    fs::write(FILE, lines.collect::<String>()).unwrap_or_else(|error| panic!("{FILE} cannot be written: {error}"));
}

/// What a case costs beside what it did.
pub(crate) struct Comparison {
    costs: Costs,
    before: Option<Costs>,
}

impl Comparison {
    /// Whether the case costs clearly more than it did, or nobody knows what it did.
    pub(crate) fn is_worse(&self) -> bool {
        let ratios = [self.instructions(), self.allocations()];
        self.before.is_none() || ratios.into_iter().flatten().any(|ratio| ratio > TOLERANCE)
    }

    fn instructions(&self) -> Option<f64> {
        ratio(self.costs.instructions?, self.before?.instructions?)
    }

    fn allocations(&self) -> Option<f64> {
        ratio(self.costs.allocations, self.before?.allocations)
    }
}

fn ratio(now: u64, before: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a ratio is shown with two digits")]
    (before > 0).then(|| now as f64 / before as f64)
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        write!(
            f,
            "{:>14} {:>7} {:>12} {:>7}",
            count(self.costs.instructions),
            ratio(self.instructions()),
            self.costs.allocations,
            ratio(self.allocations())
        )?;
        if self.is_worse() { f.write_str("  <--") } else { Ok(()) }
    }
}
