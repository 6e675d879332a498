//! Every request, before its route is looked for: its key becomes a hash, and x-vhost says where it leads, as its host or
//! as `/v2/<id>/openai/v1/...` on any host, which becomes `/v1/...` of that instance. Nobody else sets these headers.

use sha2::{Digest, Sha256};

use crate::envoy::Arrival;

/// Where callers put their key.
pub const KEY_SOURCES: [&str; 2] = ["x-api-key", "authorization"];
const LONGEST_KEY: usize = 512;
/// Stands for keys that no hash is kept of.
pub const INVALID: &[u8] = b"invalid";

/// Said by us alone, later.
pub const OURS: [&str; 4] = ["x-client-id", "x-key-hash", "x-prefix-hash", "x-instance"];
const HOST: &str = "x-vhost";

/// First of all goes what only we say.
pub fn receive(arrival: &mut Arrival) {
    let came = Came::read(arrival);
    let hash = came.key().map(|key| hash(key).filter(|_| came.has_one_key()));
    let (forged, (host, path)) = (came.forged, came.lead());
    for ours in OURS.into_iter().chain([HOST]).filter(|_| forged) {
        arrival.remove(ours);
    }
    if let Some(hash) = hash {
        arrival.add("x-key-hash", hash.as_ref().map_or(INVALID, |hash| hash));
    }
    arrival.add(HOST, &host);
    if let Some(path) = path {
        arrival.set(":path", &path);
    }
}

/// What a request says of itself.
#[derive(Default)]
struct Came<'a> {
    /// Also what only we say.
    forged: bool,
    /// First values of `KEY_SOURCES`, and how many there are.
    keys: [(Option<&'a [u8]>, usize); 2],
    path: &'a [u8],
    authority: &'a [u8],
}

impl<'a> Came<'a> {
    fn read(arrival: &'a Arrival) -> Self {
        let mut came = Self::default();
        arrival.each_header(|name, value| match name {
            b":path" => came.path = value,
            b":authority" => came.authority = value,
            b"x-vhost" => came.forged = true,
            _ => {
                came.forged |= OURS.iter().any(|ours| ours.as_bytes() == name);
                if let Some(at) = KEY_SOURCES.iter().position(|source| source.as_bytes() == name) {
                    let (first, times) = &mut came.keys[at];
                    first.get_or_insert(value);
                    *times += 1;
                }
            }
        });
        came
    }

    /// The caller's, from x-api-key or Authorization: Bearer. The API hears the key itself, engines do not (engine.rs).
    fn key(&self) -> Option<&[u8]> {
        let [(given, _), (authorization, _)] = self.keys;
        given.filter(|key| !key.is_empty()).or_else(|| authorization.and_then(read_bearer))
    }

    /// Which of several it is, nobody can say.
    fn has_one_key(&self) -> bool {
        self.keys.iter().all(|(_, times)| *times <= 1)
    }

    /// To the virtual host of `/v2/<id>`, with another path, or to that of the host, in lower case: host names have no
    /// case, scopes do.
    fn lead(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let (kind, name, path) = match split_instance(self.path) {
            Some((id, path)) => (b"i:", id, Some(path.to_vec())),
            None => (b"h:", self.authority, None),
        };
        let mut host = [kind, name].concat();
        host.make_ascii_lowercase();
        (host, path)
    }
}

/// SHA-256 in lower case hexadecimals. None: no key is so long.
pub fn hash(key: &[u8]) -> Option<[u8; 64]> {
    (key.len() <= LONGEST_KEY).then(|| to_hex(&Sha256::digest(key).into()))
}

/// The token of `Bearer <token>`; the scheme has no case (RFC 9110, 11.1).
fn read_bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = authorization.split_at_checked(6)?;
    let token = rest.trim_ascii();
    let fits = scheme.eq_ignore_ascii_case(b"bearer") && rest.starts_with(b" ") && !token.is_empty();
    (fits && !token.iter().any(u8::is_ascii_whitespace)).then_some(token)
}

fn to_hex(digest: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    std::array::from_fn(|at| DIGITS[usize::from(digest[at / 2] >> (4 * (1 - at % 2)) & 15)])
}

/// `/v2/<id>/openai/v1/...` -> id, `/v1/...`.
fn split_instance(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = path.strip_prefix(b"/v2/")?;
    let (id, rest) = rest.split_at(rest.iter().position(|byte| *byte == b'/')?);
    let path = rest.strip_prefix(b"/openai")?;
    let fits = path.starts_with(b"/v1/") && !id.is_empty();
    (fits && id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')).then_some((id, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        let cases: [(&[u8], Option<&[u8]>); 9] = [
            (b"Bearer abc", Some(b"abc")),
            (b"bEARER   abc  ", Some(b"abc")),
            (b"Bearer", None),
            (b"Bearer ", None),
            (b"Bearerabc", None),
            (b"Bearer\tabc", None),
            (b"Bearer a b", None),
            (b"Basic abc", None),
            (b"", None),
        ];
        for (authorization, token) in cases {
            assert_eq!(read_bearer(authorization), token, "{}", String::from_utf8_lossy(authorization));
        }
    }

    #[test]
    fn a_hash_is_written_in_lower_case_hexadecimals() {
        let hash = to_hex(&Sha256::digest(b"abc").into());
        assert_eq!(&hash, b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_path_of_an_instance_leads_to_its_own_path() {
        let (id, path): (&[u8], &[u8]) = (b"tiny-0a", b"/v1/models?x=/v2/");
        assert_eq!(split_instance(b"/v2/tiny-0a/openai/v1/models?x=/v2/"), Some((id, path)));
        for path in ["/v2/tiny/openai/v1", "/v2//openai/v1/models", "/v2/ti_ny/openai/v1/models", "/v2/tiny", ""] {
            assert_eq!(split_instance(path.as_bytes()), None, "{path}");
        }
    }
}
