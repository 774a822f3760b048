//! The archives of a release, installed as a user installs them: into a home that is empty, from a filesystem mirror, by
//! `init`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use test_programs::{Found, Program};

use crate::dist::archive;
use crate::dist::folder::Folder;
use crate::dist::platform::Platform;
use crate::dist::product::Product;

/// Where each CLI looks for a provider whose source names no host.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// A home with a mirror of the provider, and the programs of both archives.
pub(super) struct Installation {
    home: TempDir,
    version: &'static str,
}

/// A control plane that ends with this value.
struct ControlPlane(Child);

impl Installation {
    /// Unpacks the archives of this platform, and puts the provider's into a mirror.
    pub(super) fn from_archives(folder: &Folder, platform: Platform) -> anyhow::Result<Self> {
        let home = tempfile::tempdir().context("cannot create a home")?;
        let version = folder.version();
        let installation = Self { home, version };
        for product in Product::ALL {
            let archive = folder.file(&product.archive_name(version, platform));
            archive::unpack(&archive, &installation.programs())?;
        }
        let name = Product::Provider.archive_name(version, platform);
        // Where the CLIs look by themselves, as the guide says.
        let plugins = if cfg!(windows) {
            "terraform.d/plugins"
        } else {
            ".terraform.d/plugins"
        };
        for host in HOSTS {
            let mirror = installation.path(plugins).join(host).join("datum-cloud/datum");
            fs::create_dir_all(&mirror).context("cannot create the mirror")?;
            fs::copy(folder.file(&name), mirror.join(&name)).context("cannot fill the mirror")?;
        }
        Ok(installation)
    }

    /// Runs both programs in a folder that holds nothing else, so that there is no libc to be found.
    pub(super) fn programs_run_without_a_libc(&self) -> anyhow::Result<()> {
        for product in Product::ALL {
            let name = product.program_name(self.version);
            let expected = format!("{} {}\n", product.package(), self.version);
            let root = self.programs();
            // The first is for root, the second for those who may make a namespace of users.
            let ways: [&[&str]; 2] = [&["chroot"], &["unshare", "--map-root-user", "chroot"]];
            let outputs = ways.map(|way| {
                let output = Command::new(way[0])
                    .args(&way[1..])
                    .arg(&root)
                    .arg(format!("/{name}"))
                    .arg("--version")
                    .output();
                output.map(|output| {
                    (
                        String::from_utf8_lossy(&output.stdout).into_owned(),
                        String::from_utf8_lossy(&output.stderr).into_owned(),
                    )
                })
            });
            if !outputs.iter().flatten().any(|(said, _)| *said == expected) {
                bail!("{name} does not run where there is nothing else: {outputs:?}");
            }
            eprintln!("{name} runs where there is nothing else");
        }
        Ok(())
    }

    /// Applies a configuration under every CLI: the plan after it is empty, and a destroy leaves nothing.
    pub(super) fn applies(&self, configuration: &Path) -> anyhow::Result<()> {
        let clis: Vec<Found> = [Program::Terraform, Program::Tofu]
            .into_iter()
            .filter_map(Program::find)
            .collect();
        ensure!(!clis.is_empty(), "neither terraform nor tofu is installed");
        let _control_plane = self.serve()?;
        for cli in clis {
            let folder = self.path(cli.program().name());
            fs::create_dir_all(&folder).context("cannot create a folder")?;
            fs::copy(configuration, folder.join("main.tf")).context("cannot copy the configuration")?;
            for arguments in [
                &["init", "-no-color"][..],
                &["apply", "-auto-approve", "-no-color"],
                &["plan", "-detailed-exitcode", "-no-color"],
                &["destroy", "-auto-approve", "-no-color"],
            ] {
                self.run(&cli, &folder, arguments)?;
            }
            eprintln!(
                "{cli} installs the provider {}, and applies {}",
                self.version,
                configuration.display()
            );
        }
        Ok(())
    }

    fn run(&self, cli: &Found, folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(cli.path());
        command.current_dir(folder).args(arguments).stdin(Stdio::null());
        // Nothing of this machine's user counts: the home is empty, and so is the environment but for the path.
        command
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "SYSTEMROOT"))
            .env("HOME", self.home.path())
            .env("APPDATA", self.home.path())
            .env("KUBECONFIG", self.path("kubeconfig"))
            .env("CHECKPOINT_DISABLE", "1");
        let output = command.output().with_context(|| format!("{cli} cannot be run"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{cli} {}: {}\n{said}",
            arguments.join(" "),
            output.status
        );
        Ok(())
    }

    /// Starts the control plane of the archive, and waits until it is ready.
    fn serve(&self) -> anyhow::Result<ControlPlane> {
        let program = self.programs().join(Product::ControlPlane.program_name(self.version));
        let mut child = Command::new(program)
            .args([
                "serve",
                "--simulate",
                "--project",
                "myproject",
                "--listen",
                "127.0.0.1:0",
            ])
            .args(["--parent-pid", &process::id().to_string(), "--kubeconfig"])
            .arg(self.path("kubeconfig"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the control plane cannot be run")?;
        let output = child.stdout.take();
        let control_plane = ControlPlane(child);
        let mut line = String::new();
        BufReader::new(output.context("the control plane has an output")?)
            .read_line(&mut line)
            .context("the control plane says nothing")?;
        ensure!(line.contains("is ready"), "the control plane is not ready: {line:?}");
        Ok(control_plane)
    }

    fn programs(&self) -> PathBuf {
        self.path("programs")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
