//! What an instance asks of requests, as its virtual host says it (inferops.gateway.policies).

use std::str;
use std::sync::Arc;

use crate::envoy::RouteConfig;

const EVERYBODY: &str = "*";

/// Of one instance.
pub struct Policy {
    pub bounds: Bounds,
    /// Whether one of the clients has a limit.
    pub limited: bool,
    pub clients: Clients,
    /// The name of the model that is served.
    pub model: Arc<[u8]>,
}

/// Bytes of a request, bytes of an audio upload, milliseconds that its answer may take.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub request: u64,
    pub audio: u64,
    pub audio_timeout: u64,
}

/// Who may call.
pub enum Clients {
    /// Without a key.
    Everybody,
    Only(Vec<Box<[u8]>>),
}

impl Clients {
    pub fn has(&self, client: &[u8]) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only(clients) => clients.iter().any(|each| **each == *client),
        }
    }
}

/// `<request> <audio> <timeout> <limited: 0, 1> <client>...`, with `*` for everybody, and in a line of its own the name of
/// the model; None: it is none.
pub fn build_policy(settings: &[u8]) -> Option<RouteConfig> {
    let (policy, model) = str::from_utf8(settings).ok()?.split_once('\n')?;
    let mut words = policy.split(' ');
    let mut next = || words.next()?.parse::<u64>().ok();
    let bounds = Bounds { request: next()?, audio: next()?, audio_timeout: next()? };
    let limited = next()? != 0;
    let clients: Vec<&str> = words.collect();
    let clients = match clients[..] {
        [EVERYBODY] => Clients::Everybody,
        _ => Clients::Only(clients.into_iter().map(|client| client.as_bytes().into()).collect()),
    };
    Some(Box::new(Policy { bounds, limited, clients, model: model.as_bytes().into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_four_numbers_clients_and_a_model() {
        let read =
            |settings: &str| build_policy(settings.as_bytes()).and_then(|policy| policy.downcast::<Policy>().ok());
        let policy = read("1 2 3 1 team/a team/b\nTiny/Chat 1").unwrap();
        assert_eq!((policy.bounds.request, policy.bounds.audio, policy.bounds.audio_timeout), (1, 2, 3));
        assert!(policy.limited && policy.clients.has(b"team/b") && !policy.clients.has(b"team"));
        assert_eq!(&*policy.model, b"Tiny/Chat 1");
        assert!(!read("1 2 3 0\n").unwrap().clients.has(b""));
        assert!(read("1 2 3 0 *\n").unwrap().clients.has(b"anybody"));
        for settings in ["", "1 2 3 0", "1 2 3\n", "1 2 x 0\n", "-1 2 3 0\n", "\u{fffd}"] {
            assert!(read(settings).is_none(), "{settings}");
        }
    }
}
