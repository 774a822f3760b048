//! Mutates encoded values and feeds them to the decoders: a bounded, repeatable fuzz run on a stable toolchain.
//!
//! `cargo test -p tf-plugin-server --test fuzz -- --seconds 60 --seed 7` runs for a minute; without arguments, it makes a short
//! run, so that it is part of every test run. Whatever is read must be written and read back as the same value. An input
//! that breaks this is printed, with the run that found it.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "this is a test's program")]

use std::fmt::Write;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use prost::Message;
use tf_plugin_server::proto::{apply_resource_change, plan_resource_change};
use tf_plugin_server::value::{Type, Value, from_value, json, msgpack};
use tf_provider::value::ValueAny;

/// Enough to reach every branch of the decoders some thousand times.
const ITERATIONS: u64 = 20_000;

/// When to stop.
#[derive(Clone, Copy)]
enum Until {
    Iterations(u64),
    Time(Instant),
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let position = args.iter().position(|arg| arg == name)?;
        args.get(position + 1)?.parse::<u64>().ok()
    };
    let seed = number("--seed").unwrap_or(1);
    let until = match (number("--seconds"), number("--iterations")) {
        (Some(seconds), _) => Until::Time(Instant::now() + Duration::from_secs(seconds)),
        (None, iterations) => Until::Iterations(iterations.unwrap_or(ITERATIONS)),
    };
    let iterations = run(seed, until);
    println!("fuzz: {iterations} inputs from seed {seed}, none broke a decoder");
}

fn run(seed: u64, until: Until) -> u64 {
    let ty = schema();
    let seeds = seeds(&ty);
    let mut random = Random(seed);
    let mut done = 0;
    loop {
        match until {
            Until::Iterations(iterations) if done >= iterations => return done,
            Until::Time(end) if done.is_multiple_of(64) && Instant::now() >= end => return done,
            _ => {}
        }
        let mut input = random.pick(&seeds).clone();
        for _ in 0..=random.below(8) {
            mutate(&mut input, &seeds, &mut random);
        }
        if catch_unwind(|| check(&input, &ty)).is_err() {
            println!("fuzz: seed {seed}, input {done}: {}", hex(&input));
            std::process::exit(1);
        }
        done += 1;
    }
}

/// Reads the input as everything that reads foreign bytes would.
fn check(input: &[u8], ty: &Type) {
    for ty in [ty, &Type::Dynamic] {
        if let Ok(value) = msgpack::decode(input, ty) {
            let written = msgpack::encode(&value, ty).unwrap();
            assert_eq!(msgpack::decode(&written, ty).unwrap(), value);
            assert_eq!(from_value::<Value>(&value).unwrap(), value);
            // It may well not fit, but must not panic.
            let _ = from_value::<ValueAny>(&value);
        }
        let _ = json::decode_stored(input, ty);
        if let Ok(value) = json::decode(input, ty) {
            let written = json::encode(&value, ty).unwrap();
            assert_eq!(json::decode(&written, ty).unwrap(), value);
        }
    }
    if let Ok(ty) = Type::from_json(input) {
        assert_eq!(Type::from_json(ty.to_json().as_bytes()).unwrap(), ty);
    }
    let _ = rmp_serde::from_slice::<Value>(input);
    let _ = serde_json::from_slice::<Value>(input);
    let _ = apply_resource_change::Request::decode(input);
    let _ = plan_resource_change::Request::decode(input);
}

/// A type with every kind of type in it.
fn schema() -> Type {
    Type::object([
        ("text", Type::String),
        ("number", Type::Number),
        ("bool", Type::Bool),
        ("any", Type::Dynamic),
        ("list", Type::list(Type::object([("port", Type::Number)]))),
        ("set", Type::set(Type::String)),
        ("map", Type::map(Type::list(Type::Bool))),
        ("tuple", Type::Tuple(vec![Type::String, Type::Number])),
    ])
}

/// Valid inputs to begin with.
fn seeds(ty: &Type) -> Vec<Vec<u8>> {
    let numbers = ["0", "-1", "1e30", "0.1", "0.5", "3.14159265358979323846264338327950288"];
    let numbers = numbers.map(|number| Value::Number(number.parse().unwrap()));
    let known = Value::object([
        ("text", Value::from("text \u{1f980} \"quoted\"")),
        ("number", numbers[5].clone()),
        ("bool", Value::from(true)),
        ("any", Value::dynamic(Type::list(Type::Number), Value::list(numbers))),
        ("list", Value::list([Value::object([("port", 80)]), Value::Null])),
        ("set", Value::list(["a", "b"])),
        ("map", Value::object([("a", Value::list([true, false]))])),
        ("tuple", Value::list([Value::from("x"), Value::from(1)])),
    ]);
    let mut unknown = known.clone();
    *unknown.get_mut("any").unwrap() = Value::dynamic(Type::String, Value::Unknown);
    *unknown.get_mut("list").unwrap() = Value::list([Value::Unknown]);
    let state = msgpack::encode(&known, ty).unwrap();
    let request = apply_resource_change::Request {
        type_name: "example_thing".to_owned(),
        prior_state: Some(tf_plugin_server::proto::DynamicValue {
            msgpack: state.clone().into(),
            ..tf_plugin_server::proto::DynamicValue::default()
        }),
        ..apply_resource_change::Request::default()
    };
    vec![
        state,
        msgpack::encode(&unknown, ty).unwrap(),
        msgpack::encode(&known, &Type::Dynamic).unwrap(),
        json::encode(&known, ty).unwrap(),
        json::encode(&known, &Type::Dynamic).unwrap(),
        ty.to_json().into_bytes(),
        request.encode_to_vec(),
    ]
}

fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    /// Bytes at which formats change their mind: markers, lengths, signs, brackets.
    const TELLING: &[u8] =
        b"\x00\x7f\x80\x90\xa0\xc0\xc1\xc4\xc7\xca\xcb\xcf\xd3\xd4\xd9\xdb\xdc\xdd\xde\xdf\xe0\xff\"[]{}:,-.e0\\";
    let at = random.below(input.len() + 1);
    match random.below(7) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = *random.pick(TELLING),
        2 => input.insert(at, *random.pick(TELLING)),
        3 if at < input.len() => drop(input.remove(at)),
        4 => input.truncate(at),
        5 => {
            let other = random.pick(seeds);
            let from = random.below(other.len());
            let to = from + random.below(other.len() - from);
            input.splice(at..at, other[from..to].iter().copied());
        }
        _ => {
            let end = at + random.below(input.len() - at + 1);
            let copy = input[at..end].to_vec();
            input.splice(at..at, copy);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Marsaglia's xorshift64*: the same seed makes the same run everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // A seed of zero would stay zero.
        let mut state = self.0.max(1);
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.0 = state;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`; zero when that is zero.
    fn below(&mut self, limit: usize) -> usize {
        let limit = limit.max(1) as u64;
        usize::try_from(self.next() % limit).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
