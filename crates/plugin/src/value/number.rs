//! Exact numbers, as Terraform has them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The most digits a number may have before or after its decimal point.
///
/// Terraform computes with 512 bits, which is about 154 digits, and the smallest `f64` has 1074 decimal places. The limit
/// keeps a hostile exponent (`1e999999999`) from asking for gigabytes of zeros.
const MAX_DIGITS: i64 = 4096;

/// A number without rounding: equal numbers are equal however they were written.
///
/// Terraform sends a number as an integer, a float or a decimal string, whichever is exact. All three are read into one
/// canonical form, so that `1`, `1.0` and `"1e0"` compare equal and are sent back as the same value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

/// One form per value: what fits an `i64` is always `Int`, anything else is always `Decimal`.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Int(i64),
    Decimal(Box<Decimal>),
}

/// `digits` times ten to the power of `exponent`; `digits` neither starts nor ends with a zero.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

/// The text is not a decimal number, or one beyond 4096 digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a decimal number of at most {MAX_DIGITS} digits")]
pub struct ParseNumberError(String);

impl Number {
    /// The number that `float` is written as: `0.1` is one tenth, not the binary fraction nearest to it.
    ///
    /// This is what the author of a `Value<f64>` means, and what the user wrote. `None` for NaN and the infinities.
    pub fn from_f64(float: f64) -> Option<Self> {
        // The exponent form prints the shortest digits that read back as the same float.
        float.is_finite().then(|| format!("{float:e}").parse().ok()).flatten()
    }

    /// The number that `float` holds, to its last binary digit, which is what a float on the wire means.
    pub(crate) fn from_f64_exactly(float: f64) -> Option<Self> {
        // No finite f64 has more than 1074 decimal places, so this prints all of them.
        float
            .is_finite()
            .then(|| format!("{float:.1074}").parse().ok())
            .flatten()
    }

    /// The value as an `i64`, when it is a whole number in range.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(int) => Some(*int),
            Repr::Decimal(_) => None,
        }
    }

    /// The value as a `u64`, when it is a whole number in range.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Int(int) => u64::try_from(*int).ok(),
            Repr::Decimal(decimal) => decimal.plain().parse().ok(),
        }
    }

    /// The `f64` nearest to the value; infinite for what is beyond its range.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
            Repr::Int(int) => *int as f64,
            Repr::Decimal(decimal) => decimal.nearest(),
        }
    }

    /// The `f64` that is written with the same digits, when there is one: `0.1` has one, a third of twenty digits has not.
    pub fn as_f64_exactly(&self) -> Option<f64> {
        let float = self.as_f64();
        (Self::from_f64(float).as_ref() == Some(self)).then_some(float)
    }

    /// The `f64` whose binary value is this very number, when there is one.
    pub(crate) fn as_binary(&self) -> Option<f64> {
        let float = self.as_f64();
        (Self::from_f64_exactly(float).as_ref() == Some(self)).then_some(float)
    }

    /// Whether the number has no fraction.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Decimal(decimal) => decimal.exponent >= 0,
        }
    }

    /// Reads a JSON number. Integers are exact; a float is taken as written.
    pub fn from_json(number: &serde_json::Number) -> Option<Self> {
        number.to_string().parse().ok()
    }

    /// The JSON number with these digits; `None` when neither 64-bit integers nor `f64` can hold them.
    pub fn to_json(&self) -> Option<serde_json::Number> {
        if let Some(int) = self.as_i64() {
            return Some(int.into());
        }
        if let Some(int) = self.as_u64() {
            return Some(int.into());
        }
        self.as_f64_exactly().and_then(serde_json::Number::from_f64)
    }

    fn decimal(&self) -> Cow<'_, Decimal> {
        match &self.0 {
            Repr::Int(int) => Cow::Owned(Decimal::new(*int < 0, int.unsigned_abs().to_string(), 0)),
            Repr::Decimal(decimal) => Cow::Borrowed(decimal),
        }
    }
}

impl Decimal {
    fn new(negative: bool, mut digits: String, mut exponent: i64) -> Self {
        let significant = digits.trim_end_matches('0').len();
        exponent += i64::try_from(digits.len() - significant).unwrap_or(i64::MAX);
        digits.truncate(significant);
        digits.drain(..digits.len() - digits.trim_start_matches('0').len());
        Self {
            negative: negative && !digits.is_empty(),
            exponent: if digits.is_empty() { 0 } else { exponent },
            digits,
        }
    }

    /// The digits before the decimal point; zero or negative when the number is below one tenth.
    fn magnitude(&self) -> i64 {
        i64::try_from(self.digits.len())
            .unwrap_or(i64::MAX)
            .saturating_add(self.exponent)
    }

    fn nearest(&self) -> f64 {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.exponent)
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// The number without an exponent, as Terraform writes it.
    fn plain(&self) -> String {
        let mut text = String::new();
        if self.negative {
            text.push('-');
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        let point = self.magnitude();
        if self.exponent >= 0 {
            text.push_str(&self.digits);
            text.push_str(&zeros(self.exponent));
        } else if let Ok(point @ 1..) = usize::try_from(point) {
            let (whole, fraction) = self.digits.split_at(point);
            text.push_str(whole);
            text.push('.');
            text.push_str(fraction);
        } else {
            text.push_str("0.");
            text.push_str(&zeros(-point));
            text.push_str(&self.digits);
        }
        text
    }
}

impl FromStr for Number {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(int) = text.parse::<i64>() {
            return Ok(int.into());
        }
        let error = || ParseNumberError(text.chars().take(64).collect());
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| error())?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error());
        }
        if exponent.abs() > 2 * MAX_DIGITS {
            return Err(error());
        }
        let places = i64::try_from(fraction.len()).map_err(|_| error())?;
        let decimal = Decimal::new(negative, digits, exponent - places);
        if decimal.digits.is_empty() {
            return Ok(0.into());
        }
        if decimal.magnitude() > MAX_DIGITS || decimal.exponent < -MAX_DIGITS {
            return Err(error());
        }
        if decimal.exponent >= 0
            && decimal.magnitude() <= 19
            && let Ok(int) = decimal.plain().parse::<i64>()
        {
            return Ok(int.into());
        }
        Ok(Self(Repr::Decimal(Box::new(decimal))))
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self(Repr::Int(int))
    }
}

impl From<i32> for Number {
    fn from(int: i32) -> Self {
        i64::from(int).into()
    }
}

impl From<u32> for Number {
    fn from(int: u32) -> Self {
        i64::from(int).into()
    }
}

impl From<u64> for Number {
    fn from(int: u64) -> Self {
        match i64::try_from(int) {
            Ok(int) => int.into(),
            Err(_) => Self(Repr::Decimal(Box::new(Decimal::new(false, int.to_string(), 0)))),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Some(left), Some(right)) = (self.as_i64(), other.as_i64()) {
            return left.cmp(&right);
        }
        let (left, right) = (self.decimal(), other.decimal());
        let sign = |decimal: &Decimal| match (decimal.digits.is_empty(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        // Digits carry no trailing zeros, so their order as text is their order as fractions.
        let size = || (left.magnitude(), &left.digits).cmp(&(right.magnitude(), &right.digits));
        sign(&left)
            .cmp(&sign(&right))
            .then_with(|| if left.negative { size().reverse() } else { size() })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(int) => int.fmt(f),
            Repr::Decimal(decimal) => f.write_str(&decimal.plain()),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn spellings_of_one_value_are_equal() {
        for (left, right) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("0.1", "10e-2"),
            ("-0", "0"),
            ("1000000000000000000000000000000", "1e30"),
            ("+5", "5"),
            ("00012.500", "12.5"),
        ] {
            assert_eq!(number(left), number(right), "{left} and {right}");
        }
        assert_ne!(number("0.1"), Number::from_f64_exactly(0.1).unwrap());
        assert_eq!(number("0.1"), Number::from_f64(0.1).unwrap());
        assert_eq!(number("0.5"), Number::from_f64_exactly(0.5).unwrap());
    }

    #[test]
    fn numbers_print_without_exponent() {
        for (text, printed) in [
            ("1e30", "1000000000000000000000000000000"),
            ("1.25e-3", "0.00125"),
            ("-12.5", "-12.5"),
            ("9223372036854775808", "9223372036854775808"),
            ("-9223372036854775808", "-9223372036854775808"),
        ] {
            assert_eq!(number(text).to_string(), printed);
        }
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let mut sorted = [
            "-1e30", "-2", "-1.5", "0", "0.01", "0.1", "0.11", "1", "9.5", "10", "1e30",
        ]
        .map(number);
        let expected = sorted.clone();
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn what_is_no_number_or_too_large_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1e",
            "e1",
            "0x10",
            "NaN",
            "inf",
            "1e999999999999",
            "1e5000",
            "1e-5000",
            "1_000",
            "1 ",
        ] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
        assert!(Number::from_f64(f64::NAN).is_none());
        assert!(Number::from_f64_exactly(f64::INFINITY).is_none());
    }

    #[test]
    fn the_smallest_float_survives() {
        let smallest = f64::from_bits(1);
        let number = Number::from_f64_exactly(smallest).unwrap();
        assert_eq!(number.as_binary().map(f64::to_bits), Some(1));
    }
}
