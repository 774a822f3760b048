//! Exec credential plugins, as client-go runs them (`client.authentication.k8s.io` v1 and v1beta1), but never interactive:
//! this process has no terminal, and its stdin belongs to Terraform.

use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::config::ExecAuthCluster;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::Mutex;

use super::error::CredentialError;
use super::header::{Issued, bearer};
use super::identity::Identity;
use crate::config::{Exec, content};

/// The versions of the protocol that are spoken.
pub(crate) const VERSIONS: [&str; 2] = [
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
];
/// How long a program may run. One that waits for somebody to type would otherwise hang for ever.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long before its expiry a credential counts as expired: clocks differ, and requests take time.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// How long a credential is used at least.
const LEAST_USE: SignedDuration = SignedDuration::from_secs(60);
/// How much of what a failed program printed on stderr is shown, counted from its end.
const SHOWN: usize = 2000;

/// A program and the credential that it printed last.
#[derive(Debug)]
pub(crate) struct Plugin {
    exec: Exec,
    /// What `KUBERNETES_EXEC_INFO` tells about the cluster, where the kubeconfig wants that.
    cluster: Option<ExecAuthCluster>,
    identity: Identity,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    runs: u64,
    credential: Option<(Issued, Option<Timestamp>)>,
}

impl Plugin {
    pub(crate) fn new(exec: Exec, cluster: Option<ExecAuthCluster>, identity: Identity) -> Self {
        Self {
            exec,
            cluster,
            identity,
            cache: Mutex::default(),
        }
    }

    /// The credential: the one that was printed last, until it expires. The program runs once, however many ask.
    pub(crate) async fn current(&self) -> Result<Issued, CredentialError> {
        let mut cache = self.cache.lock().await;
        if let Some((issued, expiry)) = &cache.credential
            && expiry.is_none_or(|expiry| Timestamp::now() + MARGIN < expiry)
        {
            return Ok(issued.clone());
        }
        cache.runs += 1;
        let (header, expiry) = self.run().await?;
        // What has expired already, by this machine's clock, is used all the same until it is refused: the clock may be wrong,
        // and a run for each request would not change that.
        let least = Timestamp::now() + MARGIN + LEAST_USE;
        let issued = Issued {
            header,
            serial: cache.runs,
            expiry,
        };
        let expiry = expiry.map(|expiry: Timestamp| expiry.max(least));
        cache.credential = Some((issued.clone(), expiry));
        Ok(issued)
    }

    /// Drops the credential with that serial number, unless a newer one has taken its place.
    pub(crate) async fn forget(&self, serial: u64) {
        let mut cache = self.cache.lock().await;
        if cache
            .credential
            .as_ref()
            .is_some_and(|(issued, _)| issued.serial == serial)
        {
            cache.credential = None;
        }
    }

    /// The program had not ended when the time for an operation ran out.
    pub(super) fn overdue(&self) -> CredentialError {
        CredentialError::Overdue {
            what: format!(
                "The credential program {:?} had not ended; was it waiting for input?",
                self.shown()
            ),
        }
    }

    async fn run(&self) -> Result<(Option<http::HeaderValue>, Option<Timestamp>), CredentialError> {
        tracing::debug!(command = %self.shown(), "running the credential program");
        let mut command = Command::new(&self.exec.command);
        // In a process group of its own, it neither dies of the Ctrl-C that asks Terraform to end in an orderly way, nor
        // can it read from the terminal.
        #[cfg(unix)]
        command.process_group(0);
        let running = command
            .args(&self.exec.args)
            .envs(self.exec.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.info().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let running = async {
            let child = running.spawn()?;
            // Whatever it has begun ends with it, also where this is given up before it has ended.
            let _group = ProcessGroup::of(&child);
            child.wait_with_output().await
        };
        let output = tokio::time::timeout(TIMEOUT, running)
            .await
            .map_err(|_| {
                self.failed(format!(
                    "did not end within {} s; was it waiting for input?",
                    TIMEOUT.as_secs()
                ))
            })?
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    let hint = self
                        .exec
                        .install_hint
                        .as_deref()
                        .map(str::trim)
                        .filter(|hint| !hint.is_empty());
                    CredentialError::Exec {
                        command: self.shown(),
                        why: "was not found".to_owned(),
                        hint: hint.map(str::to_owned),
                    }
                }
                _ => self.failed(format!("could not be started: {error}")),
            })?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = tail(stderr.trim());
        if !output.status.success() {
            let said = match said {
                "" => "and said nothing on stderr".to_owned(),
                said => format!("and said:\n{said}"),
            };
            return Err(self.failed(format!("failed ({}) {said}", output.status)));
        }
        // What it says on stderr is for people, and often tells what to do: to log in first, say.
        self.read(&output.stdout).map_err(|error| match error {
            CredentialError::Exec { command, why, hint } if !said.is_empty() => CredentialError::Exec {
                command,
                why: format!("{why}, and said:\n{said}"),
                hint,
            },
            other => other,
        })
    }

    /// Reads what the program printed. None of it goes into an error: it is a secret.
    fn read(&self, stdout: &[u8]) -> Result<(Option<http::HeaderValue>, Option<Timestamp>), CredentialError> {
        if stdout.trim_ascii().is_empty() {
            return Err(self.failed("printed nothing"));
        }
        let printed: Value =
            serde_json::from_slice(stdout).map_err(|_| self.failed("printed something that is not JSON"))?;
        if printed["kind"] != "ExecCredential" {
            return Err(self.failed("printed JSON that is not an ExecCredential"));
        }
        let version = printed["apiVersion"].as_str().unwrap_or_default();
        if version != self.exec.api_version {
            let wanted = &self.exec.api_version;
            let why = if VERSIONS.contains(&version) {
                format!("printed an ExecCredential of {version:?} where {wanted:?} is configured")
            } else {
                format!("printed an ExecCredential of an unknown version where {wanted:?} is configured")
            };
            return Err(self.failed(why));
        }
        let status = &printed["status"];
        let expiry = match status["expirationTimestamp"].as_str() {
            Some(text) => Some(
                text.parse()
                    .map_err(|_| self.failed("printed an expirationTimestamp that is no time"))?,
            ),
            None => None,
        };
        let text = |name: &str| status[name].as_str().filter(|text| !text.is_empty());
        let certificate = match (text("clientCertificateData"), text("clientKeyData")) {
            (Some(_), None) => return Err(self.failed("printed a client certificate without its key")),
            (None, Some(_)) => {
                return Err(self.failed("printed the key of a client certificate without the certificate"));
            }
            (certificate, key) => certificate.zip(key),
        };
        if let Some((certificate, key)) = certificate {
            self.identity
                .set(certificate, key)
                .map_err(|why| self.failed(format!("printed {why}")))?;
        }
        let token = text("token");
        let header = token.map(|token| bearer(&SecretString::from(token))).transpose();
        let header = header.map_err(CredentialError::Malformed)?;
        if header.is_none() && certificate.is_none() {
            return Err(self.failed("printed an ExecCredential with neither a token nor a client certificate"));
        }
        Ok((header, expiry))
    }

    /// What the program may know about who runs it (KEP-541).
    fn info(&self) -> Value {
        let mut spec = json!({ "interactive": false });
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
        }
        json!({ "apiVersion": self.exec.api_version, "kind": "ExecCredential", "spec": spec })
    }

    /// What the program is called in messages.
    fn shown(&self) -> String {
        content::shown_name(&self.exec.command).to_owned()
    }

    fn failed(&self, why: impl Into<String>) -> CredentialError {
        CredentialError::Exec {
            command: self.shown(),
            why: why.into(),
            hint: None,
        }
    }
}

/// A program and what it has begun, in a process group of their own: they are ended when this is dropped.
struct ProcessGroup {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl ProcessGroup {
    #[cfg(unix)]
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_child: &tokio::process::Child) -> Self {
        Self {}
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // A group that has ended by itself cannot be signalled.
        #[cfg(unix)]
        if let Some(leader) = self.leader {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(SHOWN).map_or(0, |(at, _)| at);
    &text[start..]
}
