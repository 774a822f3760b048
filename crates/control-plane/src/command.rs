//! The command line.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use datum_model::Project;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::signal;
use tokio_util::sync::CancellationToken;

use crate::server::{Options, Scheme, Server};
use crate::simulator;

/// How often to look whether the parent process still lives.
const PARENT_CHECK: Duration = Duration::from_millis(250);
/// How long the simulator may take to finish the steps under way when it is stopped.
const GRACE: Duration = Duration::from_secs(2);

/// A local control plane for Datum Cloud Workloads.
#[derive(Debug, Parser)]
#[command(name = "datum-control-plane", version, about, max_term_width = 100)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Serve the Kubernetes API for Workloads on this machine.
    Serve(Serve),
    /// Make the Workloads of any control plane run, without running anything.
    Simulate(Simulate),
}

#[derive(Debug, Args)]
struct Serve {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to write the kubeconfig, with one context for each user and each project.
    #[arg(long, value_name = "FILE", default_value = "datum-control-plane.kubeconfig")]
    kubeconfig: PathBuf,
    /// Keep objects, certificates and tokens in this directory; without, everything is gone at the end.
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,
    /// Simulate the Workloads, too.
    #[arg(long)]
    simulate: bool,
    /// A project whose namespace (project-NAME) exists from the start; may be given several times.
    #[arg(long = "project", value_name = "NAME")]
    projects: Vec<Project>,
    /// Serve plain HTTP: no certificates, and tokens that anybody on the way can read.
    #[arg(long)]
    insecure_http: bool,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    lifetime: Lifetime,
}

#[derive(Debug, Args)]
struct Simulate {
    /// The kubeconfig of the control plane.
    #[arg(long, value_name = "FILE")]
    kubeconfig: PathBuf,
    /// The context; the current one without.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    lifetime: Lifetime,
}

#[derive(Clone, Copy, Debug, Args)]
struct Pace {
    /// The time between two steps of a simulated Workload, such as one replica and the next.
    #[arg(long, value_name = "DURATION", default_value = "200ms", value_parser = parse_duration)]
    step: Duration,
}

#[derive(Clone, Copy, Debug, Args)]
struct Lifetime {
    /// Exit when this process is gone.
    #[arg(long, value_name = "PID")]
    parent_pid: Option<u32>,
    /// Exit when standard input is closed.
    #[arg(long)]
    exit_with_stdin: bool,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    duration
        .try_into()
        .map_err(|_| format!("{text} is negative; a step takes time"))
}

/// Does what the command line says, until it is told to stop.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command.action {
        Action::Serve(serve) => serve.run().await,
        Action::Simulate(simulate) => simulate.run().await,
    }
}

impl Serve {
    async fn run(self) -> anyhow::Result<()> {
        let options = Options {
            listen: self.listen,
            kubeconfig: Some(self.kubeconfig.clone()),
            data: self.data,
            projects: self.projects,
            scheme: if self.insecure_http {
                Scheme::Http
            } else {
                Scheme::Https
            },
        };
        if options.scheme == Scheme::Http && !options.listen.ip().is_loopback() {
            writeln!(
                io::stderr().lock(),
                "warning: serving plain HTTP on {}: whoever is on the way can read the tokens and use them",
                options.listen
            )?;
        }
        // Whoever reads that the server is ready may end it at once.
        let end = self.lifetime.begin().context("cannot listen for signals")?;
        let server = Server::start(options).await.context("cannot start the control plane")?;
        writeln!(
            io::stdout().lock(),
            "datum-control-plane is ready on {} (kubeconfig: {})",
            server.url(),
            self.kubeconfig.display()
        )?;
        let stop = CancellationToken::new();
        let simulation = if self.simulate {
            let config = Kubeconfig::from_yaml(server.kubeconfig()).context("cannot read the kubeconfig just made")?;
            let client = client(config, None).await?;
            Some(tokio::spawn(simulate(client, self.pace, stop.clone())))
        } else {
            None
        };
        end.await;
        stop.cancel();
        if let Some(simulation) = simulation {
            // The server ends after its client, so that the last writes of the simulation arrive.
            let _ = tokio::time::timeout(GRACE, simulation).await;
        }
        server.stop().await;
        Ok(())
    }
}

impl Simulate {
    async fn run(self) -> anyhow::Result<()> {
        let config = Kubeconfig::read_from(&self.kubeconfig)
            .with_context(|| format!("cannot read the kubeconfig {}", self.kubeconfig.display()))?;
        let client = client(config, self.context).await?;
        let end = self.lifetime.begin().context("cannot listen for signals")?;
        let stop = CancellationToken::new();
        let simulation = tokio::spawn(simulate(client, self.pace, stop.clone()));
        end.await;
        stop.cancel();
        let _ = tokio::time::timeout(GRACE, simulation).await;
        Ok(())
    }
}

async fn client(config: Kubeconfig, context: Option<String>) -> anyhow::Result<kube::Client> {
    let options = KubeConfigOptions {
        context,
        ..KubeConfigOptions::default()
    };
    let config = kube::Config::from_custom_kubeconfig(config, &options)
        .await
        .context("cannot use the kubeconfig")?;
    kube::Client::try_from(config).context("cannot make a client for the control plane")
}

async fn simulate(client: kube::Client, pace: Pace, stop: CancellationToken) {
    simulator::run(client, simulator::Options { step: pace.step }, stop).await;
}

impl Lifetime {
    /// From here on signals end the program in order; the future is ready when it is time to end.
    fn begin(self) -> io::Result<impl Future<Output = ()>> {
        let interrupted = interrupted()?;
        Ok(async move {
            tokio::select! {
                () = interrupted => {}
                () = parent_gone(self.parent_pid) => {}
                () = stdin_closed(self.exit_with_stdin) => {}
            }
        })
    }
}

#[cfg(unix)]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    use signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

async fn parent_gone(pid: Option<u32>) {
    match pid {
        Some(pid) => {
            while is_alive(pid) {
                tokio::time::sleep(PARENT_CHECK).await;
            }
        }
        None => std::future::pending().await,
    }
}

#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    // A process that may not be signalled is there all the same.
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn is_alive(_pid: u32) -> bool {
    true
}

/// A thread of its own reads: a read of standard input cannot be cancelled, and must not hold up the end.
async fn stdin_closed(wanted: bool) {
    if !wanted {
        return std::future::pending().await;
    }
    let (closed, wait) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}
