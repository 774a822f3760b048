//! File modes, which people know in octal and HCL has in decimal.

use tf_plugin_server::value::Value;
use tf_provider::{AttributePathStep, Diagnostic};

/// The diagnostic with what an octal mode is in decimal, where it is about one that was written in octal: as a number,
/// `0644` is 644.
pub fn with_octal(diagnostic: Diagnostic, config: &Value) -> Diagnostic {
    match octal(&diagnostic, config) {
        Some((decimal, meant)) => Diagnostic {
            detail: format!(
                "{} HCL has no octal numbers: write {meant} for a mode of 0{decimal}.",
                diagnostic.detail
            )
            .into(),
            ..diagnostic
        },
        None => diagnostic,
    }
}

/// The digits of the mode that the diagnostic is about, and what they mean in octal.
fn octal(diagnostic: &Diagnostic, config: &Value) -> Option<(i64, i64)> {
    let Some(AttributePathStep::Attribute(name)) = diagnostic.attribute.steps.last() else {
        return None;
    };
    let decimal = config.at(&diagnostic.attribute)?.as_i64()?;
    let meant = i64::from_str_radix(&decimal.to_string(), 8).ok()?;
    let is_mode = matches!(name.as_ref(), "mode" | "default_mode") && (0..=0o777).contains(&meant);
    is_mode.then_some((decimal, meant))
}

#[cfg(test)]
mod tests {
    use tf_provider::AttributePath;

    use super::*;
    use crate::diagnostics::{shown, validation};

    #[test]
    fn a_mode_in_octal_comes_with_what_it_is_in_decimal() {
        let config = Value::object([("default_mode", 644), ("mode", 1000), ("replicas", 644)]);
        let about = |name| with_octal(validation("must be less", AttributePath::new(name)), &config);
        expect_test::expect![[r#"
            [default_mode] default_mode is not valid
            Must be less. HCL has no octal numbers: write 420 for a mode of 0644.
            [mode] mode is not valid
            Must be less.
            [replicas] replicas is not valid
            Must be less.
            [other] other is not valid
            Must be less.
        "#]]
        .assert_eq(&shown([
            &about("default_mode"),
            &about("mode"),
            &about("replicas"),
            &about("other"),
        ]));
    }
}
