//! TLS and proxies: whom the provider trusts, and which way it goes.

use std::net::TcpListener;

use acceptance::each_cli_with_its_own_api;

use super::loopback::Proxy;
use super::{Mode, applied, block, environment, host, host_variables, token};

#[test]
fn a_server_that_is_not_trusted_says_what_to_set() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let token = token(&access);
        let bare = format!("host = \"{}\"\ntoken = \"{token}\"", access.server);
        let variables = [("DATUM_HOST", &*access.server), ("DATUM_TOKEN", token)];
        let unknown = "Set cluster_ca_certificate to the certificate of the authority";
        block(&bare).fails_with(workspace, unknown).does_not_say(token);
        environment(&variables)
            .fails_with(workspace, unknown)
            .does_not_say(token);

        block(&format!("{bare}\ninsecure = true")).reaches(workspace);
        environment(&[&variables[..], &[("DATUM_INSECURE", "true")]].concat()).reaches(workspace);
        environment(&[&variables[..], &[("KUBE_INSECURE", "true")]].concat()).reaches(workspace);

        let trusted = format!("{bare}\ncluster_ca_certificate = \"{}\"", access.ca);
        let trusting = [&variables[..], &[("DATUM_CLUSTER_CA_CERTIFICATE", &*access.ca)]].concat();
        block(&trusted).reaches(workspace);
        environment(&trusting).reaches(workspace);
        let decoded = format!("{bare}\ncluster_ca_certificate = base64decode(\"{}\")", access.ca);
        block(&decoded).reaches(workspace);
        block(&format!("{bare}\ncluster_ca_certificate = \"nonsense\""))
            .fails_with(workspace, "cluster_ca_certificate cannot be used");

        let other_name = "set tls_server_name to that name";
        block(&format!("{trusted}\ntls_server_name = \"localhost\"")).reaches(workspace);
        block(&format!("{trusted}\ntls_server_name = \"elsewhere.example\"")).fails_with(workspace, other_name);
        let named = |name| [&trusting[..], &[("DATUM_TLS_SERVER_NAME", name)]].concat();
        environment(&named("localhost")).reaches(workspace);
        environment(&named("elsewhere.example")).fails_with(workspace, other_name);
    });
}

#[test]
fn a_server_that_is_not_there_says_what_is_in_the_way() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let nobody = closed.local_addr().expect("an address").to_string();
        drop(closed);
        let mode = |host: &str| format!("host = \"{host}\"\ninsecure = true\ntoken = \"s3cret\"\nmax_retries = 0");
        block(&mode(&format!("https://{nobody}"))).fails_with(workspace, "Nothing listens there.");
        block(&mode("https://api.invalid")).fails_with(workspace, "Check the spelling of host or endpoint");
        block(&mode("ftp://me:s3cret@api.invalid")).fails_with(workspace, "must start with https:// or http://");
        let plain = access.server.replace("https://", "http://");
        block(&mode(&plain)).plan(workspace).fails();
    });
}

#[test]
fn a_proxy_is_gone_through() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let proxy = Proxy::start(false, None);
        let lines = format!("{}\ntoken = \"{}\"", host(&access), token(&access));
        let [server, authority] = host_variables(&access);
        let variables = [server, authority, ("DATUM_TOKEN", token(&access))];
        let through = |mode: Mode<'_>| {
            mode.reaches(workspace);
            let expected = format!("CONNECT {} HTTP/1.1", access.server.trim_start_matches("https://"));
            assert_eq!(proxy.asked(), [expected], "one connection for the whole plan");
        };
        through(block(&format!("{lines}\nproxy_url = \"{}\"", proxy.url())));
        for variable in ["DATUM_PROXY_URL", "KUBE_PROXY_URL"] {
            through(environment(&[&variables[..], &[(variable, &proxy.url())]].concat()));
        }
        let missing = format!("{lines}\nproxy_url = \"http://127.0.0.1:9\"\nmax_retries = 0");
        block(&missing).fails_with(workspace, "Check proxy_url of the provider block");
        block(&format!("{lines}\nproxy_url = \"ftp://me:s3cret@proxy\""))
            .fails_with(workspace, "proxy_url cannot be used");
        let gone = [("DATUM_PROXY_URL", "http://127.0.0.1:9"), ("DATUM_MAX_RETRIES", "0")];
        environment(&[&variables[..], &gone].concat()).fails_with(workspace, "Check proxy_url of the provider block");
    });
}

#[test]
fn a_proxy_that_wants_a_password_gets_it_and_nobody_else_does() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let proxy = Proxy::start(true, None);
        let lines = format!("{}\ntoken = \"{}\"\nmax_retries = 0", host(&access), token(&access));
        let with_login = |login: &str| {
            let url = proxy.url().replace("http://", &format!("http://{login}@"));
            format!("{lines}\nproxy_url = \"{url}\"")
        };
        block(&with_login("me:s3cret")).reaches(workspace);
        block(&with_login("me:s3cret-no-more")).fails_with(workspace, "proxy authorization required");
    });
}

#[test]
fn the_proxy_of_the_environment_is_for_servers_elsewhere() {
    each_cli_with_its_own_api(|workspace| {
        let access = applied(workspace, "admin");
        let proxy = Proxy::start(false, Some(&access.server));
        let lines = |host: &str| {
            format!(
                "host = \"{host}\"\ntls_server_name = \"localhost\"\ncluster_ca_certificate = \"{}\"\ntoken = \"{}\"\n\
                 max_retries = 0",
                access.ca,
                token(&access)
            )
        };
        let url = proxy.url();
        let elsewhere = lines("https://api.invalid:6443");
        let variables = [("HTTPS_PROXY", &*url), ("NO_PROXY", "example.com,.example.org")];
        let mode = Mode {
            block: &elsewhere,
            variables: &variables,
        };
        mode.reaches(workspace);
        assert_eq!(proxy.asked(), ["CONNECT api.invalid:6443 HTTP/1.1"]);
        let excepted = [("HTTPS_PROXY", &*url), ("NO_PROXY", ".invalid")];
        let mode = Mode {
            variables: &excepted,
            ..mode
        };
        mode.fails_with(workspace, "Check the spelling of host or endpoint");
        // As every other program has it, this machine is reached directly.
        let here = lines(&access.server);
        let mode = Mode {
            block: &here,
            variables: &variables,
        };
        mode.reaches(workspace);
        assert!(proxy.asked().is_empty());
    });
}
