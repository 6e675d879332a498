"""The keyring, kept by the change: what one ApiKey opens is worked out again together with those that share a secret
with it, and with no others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from inferops.gateway.keys import ApiKey, HashSecret, Keyring, Limited, build_keyring
from inferops.names import client_id
from inferops.specs.key_hashes import hash_secret_name

Name = tuple[str, str]
Pair = tuple[ApiKey | None, HashSecret | None]
"""An ApiKey and its hashes, as far as they are there."""


class LiveKeyring:
    """What `build_keyring` gives for all that was taken."""

    def __init__(self) -> None:
        self.credentials: dict[str, str] = {}
        self.callers: dict[Name, tuple[str, ...]] = {}
        self.limits: dict[str, Limited] = {}
        self.clients: Counter[str] = Counter()
        """Client ids that may call instances, and how many ApiKeys give each."""
        self._keys: dict[Name, ApiKey] = {}
        self._secrets: dict[Name, HashSecret] = {}
        self._sharing: defaultdict[str, set[Name]] = defaultdict(set)
        """By hash: the ApiKeys that have it, valid or not."""
        self._expiries: dict[Name, datetime] = {}

    @property
    def next_expiry(self) -> datetime | None:
        """When the first of the keys expires."""
        return min(self._expiries.values(), default=None)

    def due(self, now: datetime) -> set[Name]:
        """ApiKeys of which something has expired."""
        return {name for name, expiry in self._expiries.items() if expiry <= now}

    def pair(self, name: Name) -> Pair:
        """What is known of an ApiKey."""
        return self._keys.get(name), self._secrets.get(secret_of(name))

    def take(self, changed: Mapping[Name, Pair], now: datetime) -> set[Name]:
        """The ApiKeys that now open something else, or are limited otherwise."""
        group = self._group(changed)
        stale = {digest for name in group for digest in self._digests(name)}
        for name, pair in changed.items():
            self._replace(name, pair)
        group |= self._group(changed)
        before = {name: self._said(name) for name in group}
        for name in group:
            self._forget(name)
        for digest in stale.union(*(self._digests(name) for name in group)):
            self.credentials.pop(digest, None)
        keys = [self._keys[name] for name in group if name in self._keys]
        secrets = {secret: self._secrets[secret] for secret in map(secret_of, group) if secret in self._secrets}
        self._add(build_keyring(keys, secrets, now), group)
        return {name for name, said in before.items() if self._said(name) != said}

    def _group(self, names: Iterable[Name]) -> set[Name]:
        """These and all that share a secret with one of them, however far."""
        group, waiting = set[Name](), list(names)
        while waiting:
            name = waiting.pop()
            if name not in group:
                group.add(name)
                waiting.extend(other for digest in self._digests(name) for other in self._sharing[digest])
        return group

    def _digests(self, name: Name) -> Iterator[str]:
        secret = self._secrets.get(secret_of(name))
        if secret is not None and secret.hashes is not None:
            hashes = secret.hashes
            yield hashes.current
            yield from (replaced.sha256 for replaced in hashes.replaced)
            if hashes.next:
                yield hashes.next

    def _replace(self, name: Name, pair: Pair) -> None:
        for digest in self._digests(name):
            self._sharing[digest].discard(name)
            if not self._sharing[digest]:
                del self._sharing[digest]
        key, secret = pair
        self._keys.pop(name, None)
        self._secrets.pop(secret_of(name), None)
        if key is not None:
            self._keys[name] = key
        if secret is not None:
            self._secrets[secret_of(name)] = secret
        for digest in self._digests(name):
            self._sharing[digest].add(name)

    def _said(self, name: Name) -> list[tuple[str, Limited | None]]:
        return [(client, self.limits.get(client)) for client in self.callers.get(name, ())]

    def _forget(self, name: Name) -> None:
        for client in self.callers.pop(name, ()):
            self.clients[client] -= 1
            if not self.clients[client]:
                del self.clients[client]
        self.limits.pop(client_id(*name), None)
        self._expiries.pop(name, None)

    def _add(self, part: Keyring, group: Iterable[Name]) -> None:
        self.credentials.update(part.credentials)
        self.callers.update(part.callers)
        self.limits.update(part.limits)
        for clients in part.callers.values():
            self.clients.update(clients)
        if part.next_expiry:
            self._expiries.update(dict.fromkeys(group, part.next_expiry))


def secret_of(name: Name) -> Name:
    """The Secret with the hashes of an ApiKey."""
    return name[0], hash_secret_name(name[1])
