//! What the program was started for.

use std::ffi::OsString;
use std::io::{self, Write};

use crate::options::ServeOptions;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// By a CLI, to serve it.
    Serve,
    /// By a developer, under a debugger: CLIs attach to it.
    Debug,
    Version,
    Help,
    /// Not a known argument.
    Unknown(OsString),
}

impl Command {
    pub(crate) fn from_args(mut args: impl Iterator<Item = OsString>) -> Self {
        let Some(arg) = args.next() else {
            return Self::Serve;
        };
        match arg.to_str() {
            Some("-debug" | "--debug") => Self::Debug,
            Some("-version" | "--version" | "-V") => Self::Version,
            Some("-help" | "--help" | "-h") => Self::Help,
            _ => Self::Unknown(arg),
        }
    }
}

pub(crate) fn write_version(out: &mut impl Write, options: &ServeOptions) -> io::Result<()> {
    writeln!(out, "{} {}", options.name, options.version)
}

pub(crate) fn write_help(out: &mut impl Write, options: &ServeOptions) -> io::Result<()> {
    write_by_hand(out, options)?;
    writeln!(
        out,
        "
Usage: {name} [OPTION]

  -debug     wait for a CLI to attach, and print how (for a debugger)
  --version  print the version
  --help     print this",
        name = options.name
    )?;
    if !options.commands.is_empty() {
        writeln!(out, "\n       {} COMMAND [ARGUMENTS]\n", options.name)?;
    }
    for (command, what) in &options.commands {
        writeln!(out, "  {command:<10} {what}")?;
    }
    Ok(())
}

/// For somebody who starts the program by hand.
pub(crate) fn write_by_hand(out: &mut impl Write, options: &ServeOptions) -> io::Result<()> {
    let ServeOptions {
        name, version, source, ..
    } = options;
    let provider = options.provider();
    writeln!(
        out,
        "{name} {version} is a plugin for Terraform and OpenTofu, which start it when they need it.
To use it, declare it in a configuration and run \"terraform init\" or \"tofu init\":

  terraform {{
    required_providers {{
      {provider} = {{
        source = \"{source}\"
      }}
    }}
  }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> ServeOptions {
        ServeOptions {
            name: "terraform-provider-example".to_owned(),
            version: "1.2.3".to_owned(),
            source: "acme/example".to_owned(),
            commands: Vec::new(),
        }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn arguments_are_understood_as_go_and_gnu_write_them() {
        let command = |args: &[&str]| Command::from_args(args.iter().map(Into::into));
        assert_eq!(command(&[]), Command::Serve);
        assert_eq!(command(&["-debug"]), Command::Debug);
        assert_eq!(command(&["--version"]), Command::Version);
        assert_eq!(command(&["-h"]), Command::Help);
        assert_eq!(command(&["serve"]), Command::Unknown("serve".into()));
    }

    #[test]
    fn run_by_hand_it_says_what_it_is() {
        expect_test::expect![[r#"
            terraform-provider-example 1.2.3 is a plugin for Terraform and OpenTofu, which start it when they need it.
            To use it, declare it in a configuration and run "terraform init" or "tofu init":

              terraform {
                required_providers {
                  example = {
                    source = "acme/example"
                  }
                }
              }

            Usage: terraform-provider-example [OPTION]

              -debug     wait for a CLI to attach, and print how (for a debugger)
              --version  print the version
              --help     print this
        "#]]
        .assert_eq(&written(|out| write_help(out, &options())));
        assert_eq!(
            written(|out| write_version(out, &options())),
            "terraform-provider-example 1.2.3\n"
        );
    }
}
