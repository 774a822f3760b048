//! Service-account keys, exchanged at a token endpoint that looks closely.

use acceptance::{Workspace, each_cli_with_its_own_api};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::loopback::TokenEndpoint;
use super::{Mode, applied, block, environment, host, host_variables, token};

/// Checks something with a key, by HCL and by the environment, as a file and as a text.
fn every_way(workspace: &Workspace, access: &acceptance::Access, key: &str, check: impl Fn(Mode<'_>)) {
    workspace.write("key.json", key);
    let host = host(access);
    check(block(&format!("{host}\ncredentials_file = \"key.json\"")));
    check(block(&format!("{host}\ncredentials = file(\"key.json\")")));
    let [server, authority] = host_variables(access);
    check(environment(&[
        server,
        authority,
        ("DATUM_CREDENTIALS_FILE", "key.json"),
    ]));
    check(environment(&[server, authority, ("DATUM_CREDENTIALS", key)]));
}

fn with(key: &Value, field: &str, value: &str) -> String {
    let mut key = key.clone();
    key[field] = json!(value);
    key.to_string()
}

#[test]
fn a_service_account_key_is_exchanged_for_a_token() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let endpoint = TokenEndpoint::start(token(&access));
        let mut key = endpoint.key();
        every_way(workspace, &access, &key.to_string(), |mode| {
            mode.reaches(workspace);
            assert_eq!(
                endpoint.asked(),
                [""],
                "one good assertion, and one token for the whole plan"
            );
        });
        // As older key files are.
        key["type"] = json!("datum_machine_account");
        key["private_key"] = json!(endpoint.pkcs1());
        every_way(workspace, &access, &key.to_string(), |mode| mode.reaches(workspace));

        // The key says where the API is, and which project is meant.
        key["project_id"] = json!(workspace.project());
        key["api_endpoint"] = json!(access.server);
        workspace.write("key.json", &key.to_string());
        let authority = format!("cluster_ca_certificate = \"{}\"", access.ca);
        block(&format!("{authority}\ncredentials_file = \"key.json\"")).reaches(workspace);
        environment(&[
            ("DATUM_CLUSTER_CA_CERTIFICATE", &access.ca),
            ("DATUM_CREDENTIALS_FILE", "key.json"),
        ])
        .reaches(workspace);
    });
}

#[test]
fn a_token_endpoint_is_trusted_by_the_system_or_by_the_authority_of_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let (endpoint, certificate) = TokenEndpoint::start_with_tls(token(&access));
        workspace.write("key.json", &endpoint.key().to_string());
        workspace.write("system.pem", &certificate);
        let lines = format!("{}\ncredentials_file = \"key.json\"\nmax_retries = 1", host(&access));
        block(&lines).fails_with(workspace, "invalid peer certificate");
        assert!(endpoint.asked().is_empty());
        let system = workspace.path().join("system.pem").display().to_string();
        Mode {
            block: &lines,
            variables: &[("SSL_CERT_FILE", &system)],
        }
        .reaches(workspace);

        let mut authorities = STANDARD.decode(&access.ca).expect("base64");
        authorities.extend_from_slice(certificate.as_bytes());
        let lines = lines.replace(&access.ca, &STANDARD.encode(authorities));
        block(&lines).reaches(workspace);
    });
}

#[test]
fn a_token_that_has_expired_or_is_refused_is_minted_again() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let endpoint = TokenEndpoint::start(token(&access));
        let key = endpoint.key().to_string();
        endpoint.answers(json!({ "access_token": "s3cret", "expires_in": 3600 }));
        every_way(workspace, &access, &key, |mode| {
            mode.fails_with(workspace, "did not accept the credentials (401");
            assert_eq!(endpoint.asked().len(), 2, "a refused token is replaced once");
        });
        // Each token has expired when the next request needs one.
        endpoint.answers(json!({ "access_token": token(&access), "expires_in": 0 }));
        every_way(workspace, &access, &key, |mode| mode.reaches(workspace));
    });
}

#[test]
fn a_key_that_is_of_no_use_is_explained() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let endpoint = TokenEndpoint::start(token(&access));
        let key = endpoint.key();
        let other = TokenEndpoint::start("s3cret").key();
        let of_another = with(&key, "private_key", other["private_key"].as_str().expect("a key"));
        let cases = [
            (of_another, "invalid_grant: InvalidSignature"),
            (with(&key, "client_id", "43"), "invalid_grant: InvalidSubject"),
            (
                with(&key, "private_key", "s3cret"),
                "is not an RSA key in PEM (PKCS#1 or PKCS#8)",
            ),
            (
                with(&key, "type", "service_account"),
                "its type is not datum_service_account",
            ),
            (
                with(&key, "token_uri", "http://auth.example/token"),
                "is not an https:// URL",
            ),
            ("{}".to_owned(), "it has no type"),
            ("s3cret".to_owned(), "it is not JSON"),
        ];
        let [server, authority] = host_variables(&access);
        for (key, expected) in cases {
            workspace.write("key.json", &key);
            block(&format!("{}\ncredentials_file = \"key.json\"", host(&access))).fails_with(workspace, expected);
            environment(&[server, authority, ("DATUM_CREDENTIALS", &key)]).fails_with(workspace, expected);
        }
        let missing = format!("{}\ncredentials_file = \"missing.json\"", host(&access));
        block(&missing).fails_with(workspace, "cannot read the service-account key file missing.json");
        environment(&[server, authority, ("DATUM_CREDENTIALS_FILE", "missing.json")])
            .fails_with(workspace, "cannot read the service-account key file missing.json");
    });
}
