//! Kubernetes quantities, compared exactly: `1000m` is `1`, `1Gi` is `1024Mi`, and neither loses its spelling.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An amount of something, such as `500m` (of a CPU) or `1Gi` (bytes of memory).
///
/// The grammar is that of `k8s.io/apimachinery/pkg/api/resource`: a sign, digits with a fraction, and a suffix, which
/// is decimal (`n`, `u`, `m`, none, `k`, `M`, `G`, `T`, `P`, `E`), binary (`Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`) or an
/// exponent (`e3`, `E-3`). Equality and order go by value, which has no limit and no rounding;
/// [`Display`](fmt::Display) gives the text that was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "String")]
pub struct Quantity {
    text: String,
    negative: bool,
    magnitude: Magnitude,
}

impl Quantity {
    /// Reads a quantity as it stands in an API object: a string, or a whole number.
    pub fn from_json(value: &Value) -> Result<Self, ParseError> {
        match value {
            Value::String(text) => text.parse(),
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string().parse(),
            other => Err(ParseError(other.to_string())),
        }
    }

    /// The text that was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.magnitude.digits.is_empty()
    }

    /// Whether it is a whole number.
    pub fn is_whole(&self) -> bool {
        self.magnitude.exponent >= 0
    }

    /// Whether two texts mean the same amount. Texts that are not quantities mean the same only when they are equal.
    pub fn same(a: &str, b: &str) -> bool {
        a == b || matches!((a.parse::<Self>(), b.parse::<Self>()), (Ok(a), Ok(b)) if a == b)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, false) => self.magnitude.cmp(&other.magnitude),
            (true, true) => other.magnitude.cmp(&self.magnitude),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.is_negative().hash(state);
        self.magnitude.hash(state);
    }
}

/// A text that is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a quantity: write a number with an optional suffix, such as 100m, 0.5, 128Mi or 1Gi (decimal: n, u, \
     m, k, M, G, T, P, E; binary: Ki, Mi, Gi, Ti, Pi, Ei; exponent: e3)"
)]
pub struct ParseError(String);

impl FromStr for Quantity {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (negative, magnitude) = parse(text).ok_or_else(|| ParseError(text.to_owned()))?;
        Ok(Self {
            text: text.to_owned(),
            negative,
            magnitude,
        })
    }
}

impl TryFrom<Value> for Quantity {
    type Error = ParseError;

    fn try_from(value: Value) -> Result<Self, ParseError> {
        Self::from_json(&value)
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.text
    }
}

/// A number without sign: `digits` (most significant first) times ten to the `exponent`.
///
/// It is normalised, so that equal numbers have equal fields: no zero stands first or last, and zero has no digit and
/// exponent 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Magnitude {
    digits: Vec<u8>,
    exponent: i64,
}

impl Magnitude {
    fn new(digits: &[u8], exponent: i64) -> Self {
        let Some(first) = digits.iter().position(|&digit| digit != 0) else {
            return Self::default();
        };
        let end = digits
            .iter()
            .rposition(|&digit| digit != 0)
            .map_or(first, |last| last + 1);
        Self {
            digits: digits[first..end].to_vec(),
            exponent: exponent + length(&digits[end..]),
        }
    }

    /// The power of ten just above the number, by which numbers of different length are told apart.
    fn order(&self) -> Option<i64> {
        (!self.digits.is_empty()).then(|| self.exponent + length(&self.digits))
    }
}

impl Ord for Magnitude {
    fn cmp(&self, other: &Self) -> Ordering {
        // At the same order the digits compare as fractions do, that is as texts; zero has no order and is the least.
        self.order()
            .cmp(&other.order())
            .then_with(|| self.digits.cmp(&other.digits))
    }
}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// The sign and the size of the number that `text` spells.
fn parse(text: &str) -> Option<(bool, Magnitude)> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let suffix_start = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(suffix_start);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    let exponent = match Suffix::parse(suffix)? {
        Suffix::Decimal(exponent) => exponent,
        Suffix::Binary(thousands) => {
            (0..thousands).for_each(|_| multiply(&mut digits, 1024));
            0
        }
    };
    Some((
        negative,
        Magnitude::new(&digits, exponent - length(fraction.as_bytes())),
    ))
}

enum Suffix {
    /// A power of ten.
    Decimal(i64),
    /// A power of 1024.
    Binary(u8),
}

impl Suffix {
    fn parse(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "n" => Self::Decimal(-9),
            "u" => Self::Decimal(-6),
            "m" => Self::Decimal(-3),
            "" => Self::Decimal(0),
            "k" => Self::Decimal(3),
            "M" => Self::Decimal(6),
            "G" => Self::Decimal(9),
            "T" => Self::Decimal(12),
            "P" => Self::Decimal(15),
            "E" => Self::Decimal(18),
            "Ki" => Self::Binary(1),
            "Mi" => Self::Binary(2),
            "Gi" => Self::Binary(3),
            "Ti" => Self::Binary(4),
            "Pi" => Self::Binary(5),
            "Ei" => Self::Binary(6),
            // 32 bits are what Kubernetes keeps of an exponent.
            exponent => Self::Decimal(i64::from(exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?)),
        })
    }
}

/// Multiplies a number written in decimal digits, as on paper.
fn multiply(digits: &mut Vec<u8>, factor: u32) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        let product = u32::from(*digit) * factor + carry;
        *digit = last_digit(product);
        carry = product / 10;
    }
    while carry > 0 {
        digits.insert(0, last_digit(carry));
        carry /= 10;
    }
}

fn last_digit(number: u32) -> u8 {
    (number % 10) as u8
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use proptest::prelude::*;

    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn hash(quantity: &Quantity) -> u64 {
        let mut hasher = DefaultHasher::new();
        quantity.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn spellings_of_one_amount_are_equal() {
        for spellings in [
            &[
                "1",
                "1000m",
                "1.0",
                "+1",
                "01",
                "1e0",
                "0.001k",
                "1000000u",
                "1000000000n",
                "10e-1",
                "1.",
            ][..],
            &["0", "-0", "0.000", "0Gi", ".0", "0e9", "0m"],
            &[
                "1Gi",
                "1024Mi",
                "1048576Ki",
                "1073741824",
                "1.073741824G",
                "0.0009765625Ti",
            ],
            &["0.5", "500m", ".5", "5e-1", "5E-1"],
            &["1E", "1e18", "1000P", "1E18", "1e+18"],
            &["8Ei", "9223372036854775808", "8192Pi"],
            &["-1.5Gi", "-1536Mi"],
            &["1e2147483647", "10e2147483646"],
        ] {
            for a in spellings {
                for b in spellings {
                    assert!(Quantity::same(a, b), "{a} = {b}");
                    assert_eq!(hash(&quantity(a)), hash(&quantity(b)), "{a} = {b}");
                }
                assert_eq!(quantity(a).to_string(), *a);
            }
        }
    }

    #[test]
    fn amounts_are_ordered_by_value() {
        let ascending = [
            "-1Ei",
            "-2",
            "-1500m",
            "-1n",
            "0",
            "1n",
            "1u",
            "1m",
            "0.5",
            "999m",
            "1",
            "1.0000000001",
            "2",
            "10",
            "1k",
            "1Ki",
            "1M",
            "1Mi",
            "1G",
            "1Gi",
            "1T",
            "1Ti",
            "1P",
            "1Pi",
            "1E",
            "1Ei",
            "99999999999999999999999Ei",
            "1e50",
        ];
        for pair in ascending.windows(2) {
            assert!(quantity(pair[0]) < quantity(pair[1]), "{pair:?}");
            assert!(!Quantity::same(pair[0], pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn what_is_not_a_quantity_is_refused() {
        for text in [
            "",
            " ",
            ".",
            "+",
            "-",
            "--1",
            "1.1.1",
            "lots",
            "1 Gi",
            "1gi",
            "1ki",
            "1K",
            "1mi",
            "1e",
            "1e1.5",
            "1e99999999999",
            "0x10",
            "1i",
            "Gi",
            "１",
            "1_000",
            "1Gi ",
            "∞",
            "NaN",
        ] {
            assert!(text.parse::<Quantity>().is_err(), "{text:?}");
        }
        assert!(Quantity::same("lots", "lots"));
        assert!(!Quantity::same("lots", "1"));
    }

    #[test]
    fn json_strings_and_whole_numbers_are_quantities() {
        assert_eq!(Quantity::from_json(&2.into()).unwrap(), quantity("2000m"));
        assert_eq!(Quantity::from_json(&"2".into()).unwrap(), quantity("2000m"));
        assert!(Quantity::from_json(&0.5.into()).is_err());
        assert!(Quantity::from_json(&true.into()).is_err());
        assert_eq!(serde_json::to_value(quantity("1Gi")).unwrap(), "1Gi");
        assert_eq!(serde_json::from_value::<Quantity>(5.into()).unwrap(), quantity("5"));
    }

    #[test]
    fn whole_numbers_are_told_from_fractions() {
        for (text, whole) in [
            ("1", true),
            ("1000m", true),
            ("1500m", false),
            ("0", true),
            ("1.5Ki", true),
            ("1n", false),
        ] {
            assert_eq!(quantity(text).is_whole(), whole, "{text}");
        }
    }

    /// A number that both `i128` and a quantity hold exactly: `mantissa * 10^-9 * factor`.
    fn any_amount() -> impl Strategy<Value = (String, i128)> {
        let suffixes = [
            ("n", 1),
            ("u", 1_000),
            ("m", 1_000_000),
            ("", 1_000_000_000),
            ("k", 1_000_000_000_000),
            ("Ki", 1_024_000_000_000),
            ("Mi", 1_048_576_000_000_000),
            ("e2", 100_000_000_000),
        ];
        (any::<i64>(), prop::sample::select(suffixes.to_vec()))
            .prop_map(|(mantissa, (suffix, nanos))| (format!("{mantissa}{suffix}"), i128::from(mantissa) * nanos))
    }

    /// What a quantity may look like.
    const QUANTITY: &str = "[+-]?([0-9]{1,30}(\\.[0-9]{0,20})?|\\.[0-9]{1,20})\
                            ([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,6})?";

    proptest! {
        #[test]
        fn order_is_that_of_the_numbers((a, nanos_a) in any_amount(), (b, nanos_b) in any_amount()) {
            prop_assert_eq!(quantity(&a).cmp(&quantity(&b)), nanos_a.cmp(&nanos_b));
        }

        #[test]
        fn moving_the_point_keeps_the_amount(digits in "[0-9]{1,40}", places in 0usize..40) {
            let places = places.min(digits.len());
            let (whole, fraction) = digits.split_at(digits.len() - places);
            let (plain, exponential) = (format!("{whole}.{fraction}0"), format!("{digits}e-{places}"));
            prop_assert!(Quantity::same(&plain, &exponential));
        }

        #[test]
        fn every_quantity_keeps_its_spelling(text in QUANTITY) {
            let quantity = quantity(&text);
            prop_assert_eq!(quantity.to_string(), text);
            prop_assert_eq!(&quantity, &quantity.clone());
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _: Result<Quantity, ParseError> = text.parse();
        }
    }
}
