//! Client certificates: in PEM, in base64, wrong, expired and without their keys.

use acceptance::{Workspace, each_cli_with_its_own_api};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

use super::{applied, block, environment, host, host_variables};

/// Writes a certificate that the API does not know, and its key.
fn write_foreign(workspace: &Workspace, year: i32) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = Issuer::new(authority, KeyPair::generate().expect("a key"));
    let key = KeyPair::generate().expect("a key");
    let mut client = CertificateParams::default();
    client.not_after = rcgen::date_time_ymd(year, 1, 1);
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = client.signed_by(&key, &issuer).expect("a certificate");
    workspace.write("client.pem", &certificate.pem());
    workspace.write("client-key.pem", &key.serialize_pem());
}

#[test]
fn a_client_certificate_reaches_the_api() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "client-cert");
        let certificate = access.client_certificate.clone().expect("the user has a certificate");
        let key = access.client_key.clone().expect("the user has a key");
        let host = host(&access);
        let lines =
            |certificate: &str, key: &str| format!("{host}\nclient_certificate = {certificate}\nclient_key = {key}");
        let quoted = |text: &str| format!("\"{text}\"");
        block(&lines(&quoted(&certificate), &quoted(&key))).reaches(workspace);
        let decoded = |text: &str| format!("base64decode(\"{text}\")");
        block(&lines(&decoded(&certificate), &decoded(&key))).reaches(workspace);
        let [server, authority] = host_variables(&access);
        let variables = |certificate, key| {
            [
                server,
                authority,
                ("DATUM_CLIENT_CERTIFICATE", certificate),
                ("DATUM_CLIENT_KEY", key),
            ]
        };
        environment(&variables(&certificate, &key)).reaches(workspace);

        let half = format!("{host}\nclient_certificate = \"{certificate}\"");
        block(&half).fails_with(workspace, "client_certificate needs client_key");
        environment(&variables(&certificate, "")).fails_with(workspace, "client_certificate needs client_key");
        block(&lines(&quoted(&certificate), "\"s3cret\""))
            .fails_with(workspace, "client_key cannot be used")
            .says("neither PEM nor PEM in base64");
        environment(&variables(&certificate, "s3cret")).fails_with(workspace, "neither PEM nor PEM in base64");

        // Of an authority that the API does not know; and one that has expired, too.
        for year in [4096, 2001] {
            write_foreign(workspace, year);
            let files = lines("file(\"client.pem\")", "file(\"client-key.pem\")");
            block(&files).fails_with(
                workspace,
                "Check client_certificate and client_key of the provider block",
            );
        }
    });
}
