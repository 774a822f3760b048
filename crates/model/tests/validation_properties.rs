//! What holds for every Workload, however wrong it is.

use std::collections::BTreeSet;

use datum_model::field::{Path, Segment};
use datum_model::schema::{self, Kind, Schema};
use datum_model::validation::{validate, validate_with};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Texts that are right somewhere and wrong elsewhere.
const TEXTS: [&str; 16] = [
    "", "a", "app", "Web_App", "http", "TCP", "/x", "../y", "100m", "-1", "lots", "In", "Exists", "None", "a.b", "ä\t",
];
const NUMBERS: [i64; 8] = [0, 1, -1, 80, 512, 65536, 3_000_000_000, i64::MIN];

/// Draws choices from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Xorshift: enough to vary, and the same for the same seed.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

/// A value that mostly has the shape of the schema. Every field that it has is added to `paths`.
fn value(schema: &Schema, path: &Path, dice: &mut Dice, paths: &mut Vec<Path>) -> Value {
    paths.push(path.clone());
    if dice.roll(40) == 0 {
        return dice
            .pick(&[&json!(null), &json!([]), &json!({}), &json!(true), &json!(1.5)])
            .clone();
    }
    let number = dice.pick(&NUMBERS);
    let text = dice.pick(&TEXTS);
    match &schema.kind {
        Kind::Object { properties, .. } => {
            // Small objects are filled, so that what excludes each other meets; big ones are too big for it.
            let sides = if properties.len() > 12 { 6 } else { 2 };
            let mut object = Map::new();
            for (name, property) in properties {
                if dice.roll(sides) == 0 {
                    object.insert(name.clone(), value(property, &path.field(name), dice, paths));
                }
            }
            if dice.roll(40) == 0 {
                object.insert("unheardOf".into(), number.into());
            }
            Value::Object(object)
        }
        Kind::Map { values } => {
            let keys = [dice.pick(&TEXTS), "cpu"];
            let entry = |key: &str| (key.to_owned(), value(values, &path.key(key), dice, paths));
            Value::Object(keys.map(entry).into_iter().collect())
        }
        Kind::List { items, .. } => {
            let length = dice.roll(3);
            (0..length)
                .map(|index| value(items, &path.index(index), dice, paths))
                .collect()
        }
        Kind::String(rules) if !rules.known.is_empty() && dice.roll(2) == 0 => {
            rules.known[dice.roll(rules.known.len())].as_str().into()
        }
        Kind::String(_) => text.into(),
        Kind::IntOrString | Kind::Quantity if dice.roll(2) == 0 => text.into(),
        Kind::Integer { .. } | Kind::Number | Kind::IntOrString | Kind::Quantity => number.into(),
        Kind::Boolean => (number > 0).into(),
        Kind::FreeForm => json!({ text: number }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn not_knowing_a_value_never_makes_another_problem(
        seed in 1..u64::MAX,
        unknowns in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let mut paths = Vec::new();
        let workload = value(schema::workload(), &Path::root(), &mut Dice(seed), &mut paths);
        let unknowns: Vec<&Path> = unknowns.iter().map(|index| index.get(&paths)).collect();
        let known: BTreeSet<String> = validate(&workload).iter().map(|problem| problem.path.to_string()).collect();
        for problem in validate_with(&workload, &|path| unknowns.contains(&path)) {
            prop_assert!(known.contains(&problem.path.to_string()), "{problem}");
            // A key is known even if its value is not.
            let is_key = matches!(problem.path.last(), Some(Segment::Key(_)));
            let is_unknown = unknowns.iter().any(|unknown| problem.path.starts_with(unknown));
            prop_assert!(is_key || !is_unknown, "{problem}");
        }
    }

    #[test]
    fn every_problem_has_a_path_that_is_read_back(seed in 1..u64::MAX) {
        let workload = value(schema::workload(), &Path::root(), &mut Dice(seed), &mut Vec::new());
        for problem in validate(&workload) {
            prop_assert_eq!(problem.path.to_string().parse::<Path>().unwrap(), problem.path);
        }
    }
}
