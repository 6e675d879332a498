//! Who may come in: the hashes of all valid keys with their clients, as control sends them (inferops.gateway.credentials).
//! A key is looked up by its hash alone: how long that takes tells nothing of other keys.

use std::collections::HashMap;
use std::sync::Arc;

use crate::policy::Clients;
use crate::refusal::Refusal;

/// Of a body that comes without a good key: as much is read before the answer.
const MOST_OF_STRANGERS: usize = 64 << 20;
const MISSING: &str = "inferops_missing_key";
const UNKNOWN: &str = "inferops_unknown_key";
const NOT_ALLOWED: &str = "inferops_key_not_allowed";

/// Clients by hash.
pub struct Keys(HashMap<Box<[u8]>, Arc<[u8]>>);

impl Keys {
    /// Of lines `<hash> <client>`; None: they are none.
    pub fn read(text: &[u8]) -> Option<Self> {
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let pairs = lines.map(|line| {
            let (hash, client) = line.split_at_checked(64)?;
            let client = client.strip_prefix(b" ").filter(|client| !client.is_empty())?;
            Some((hash.into(), client.into()))
        });
        pairs.collect::<Option<_>>().map(Self)
    }

    /// The client that a hash belongs to, if it may call. `clients`: who may; None: whoever has a key.
    pub fn admit(&self, hash: Option<&[u8]>, clients: Option<&Clients>) -> Result<Option<&Arc<[u8]>>, Refusal> {
        if let Some(Clients::Everybody) = clients {
            return Ok(None);
        }
        let hash = hash.ok_or_else(|| refuse(401, MISSING))?;
        let client = self.0.get(hash).ok_or_else(|| refuse(401, UNKNOWN))?;
        match clients {
            Some(clients) if !clients.has(client) => Err(refuse(403, NOT_ALLOWED)),
            _ => Ok(Some(client)),
        }
    }
}

/// `inferops.gateway.replies` has the words.
fn refuse(status: u32, details: &'static str) -> Refusal {
    Refusal::new(status, Vec::new(), "").with_details(details).within(MOST_OF_STRANGERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_leads_to_its_client() {
        let (ours, theirs, nobodys) = ("a".repeat(64), "b".repeat(64), "c".repeat(64));
        let keys = Keys::read(format!("{ours} team/a\n{theirs} other/b\n").as_bytes()).unwrap();
        let team = Clients::Only(vec![b"team/a".as_slice().into()]);
        let cases = [
            (Some(&ours), Some(&team), Ok(Some("team/a"))),
            (Some(&ours), None, Ok(Some("team/a"))),
            (Some(&theirs), Some(&team), Err(403)),
            (Some(&theirs), None, Ok(Some("other/b"))),
            (Some(&nobodys), Some(&team), Err(401)),
            (None, Some(&team), Err(401)),
            (None, None, Err(401)),
            (None, Some(&Clients::Everybody), Ok(None)),
            (Some(&ours), Some(&Clients::Everybody), Ok(None)),
            (Some(&ours), Some(&Clients::Only(Vec::new())), Err(403)),
        ];
        for (hash, clients, expected) in cases {
            let found = keys.admit(hash.map(String::as_bytes), clients).map_err(|refusal| refusal.status());
            let found = found.map(|client| client.map(|client| &client[..]));
            assert_eq!(found, expected.map(|client| client.map(str::as_bytes)), "{hash:?}");
        }
    }

    #[test]
    fn what_is_no_list_of_keys_is_refused() {
        assert!(Keys::read(b"").is_some());
        for text in ["abc team/a", &"a".repeat(64), &format!("{} ", "a".repeat(64)), &format!("{}team", "a".repeat(64))]
        {
            assert!(Keys::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
