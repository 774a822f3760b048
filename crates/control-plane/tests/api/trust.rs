//! The server's certificate, to clients that are built on OpenSSL. Where such a client is absent its test says so and passes.

use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use tokio::process::Command;

use crate::client::ControlPlane;

/// Asks for the version with the client of this name and arguments, and gives what it prints; nothing without the client.
async fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await;
    if !found.is_ok_and(|status| status.success()) {
        eprintln!("{program} is not installed: whether it trusts the server is not tried");
        return None;
    }
    let output = Command::new(program).args(arguments).output().await.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {error}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Writes the certificate of the control plane's authority.
fn write_authority(control_plane: &ControlPlane, path: &Path) {
    let cluster = control_plane.config.clusters[0].cluster.as_ref().unwrap();
    let encoded = cluster.certificate_authority_data.as_ref().unwrap();
    let pem = base64::prelude::BASE64_STANDARD.decode(encoded).unwrap();
    std::fs::write(path, pem).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_openssl_verify_the_server() {
    const PYTHON: &str = "import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
request = urllib.request.Request(sys.argv[2], headers={'Authorization': sys.argv[3]})
print(urllib.request.urlopen(request, context=context).read().decode())";
    const NODE: &str = "const [authority, url, authorization] = process.argv.slice(1);
const options = {ca: require('fs').readFileSync(authority), headers: {authorization}};
require('https').get(url, options, answer => answer.pipe(process.stdout));";
    let control_plane = ControlPlane::start().await;
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.crt");
    write_authority(&control_plane, &authority);
    let authority = authority.to_str().unwrap();
    let url = format!("{}/version", control_plane.server.url());
    let bearer = format!("Bearer {}", control_plane.token("admin"));
    let header = format!("Authorization: {bearer}");
    let answers = [
        version("curl", &["-sS", "--cacert", authority, "-H", &header, &url]).await,
        version("python3", &["-c", PYTHON, authority, &url, &bearer]).await,
        version("node", &["-e", NODE, authority, &url, &bearer]).await,
    ];
    for answer in answers.into_iter().flatten() {
        assert!(answer.contains("gitVersion"), "{answer}");
    }
}
