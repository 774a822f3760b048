//! TCP on the loopback, for systems without unix sockets. There, the client's certificate is all that keeps others out.

use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use tokio::net::{TcpListener, TcpStream};

use super::endpoint::Endpoint;

/// The ports to choose from, as the CLI may limit them.
const PORTS: [&str; 2] = ["PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT"];

/// A port of the loopback.
pub(crate) struct Listener {
    listener: TcpListener,
}

impl Listener {
    pub(crate) fn bind() -> io::Result<Self> {
        let [first, last] = PORTS.map(|name| std::env::var(name).ok().and_then(|port| port.parse().ok()));
        match (first, last) {
            (Some(first), Some(last)) => Self::bind_within(first..=last),
            _ => Self::bind_within(0..=0),
        }
    }

    fn bind_within(ports: RangeInclusive<u16>) -> io::Result<Self> {
        let mut result = Err(io::Error::other("there is no port to listen on"));
        for port in ports {
            result = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port));
            if result.is_ok() {
                break;
            }
        }
        let listener = result?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
        })
    }

    pub(crate) fn endpoint(&self) -> io::Result<Endpoint> {
        Ok(Endpoint {
            network: "tcp",
            address: self.listener.local_addr()?.to_string(),
        })
    }

    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        // Without, Nagle's algorithm and delayed acknowledgements hold each answer over 1 KiB back for 40 ms.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_not_delayed() {
        let listener = Listener::bind().unwrap();
        let endpoint = listener.endpoint().unwrap();
        assert_eq!(endpoint.network, "tcp");
        let client = TcpStream::connect(endpoint.address);
        let (client, accepted) = tokio::join!(client, listener.accept());
        client.unwrap();
        assert!(accepted.unwrap().nodelay().unwrap());
    }
}
