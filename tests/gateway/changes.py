"""Random changes of a cluster: instances, keys, models and endpoints that come, change and go. The same seed gives the
same changes.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from inferops.names import Manifest
from tests.gateway.gateway import Gateway
from tests.gateway.objects import api_key, endpoint_slice, instance, key_hash, model

INSTANCES = [f"i{number:02}" for number in range(30)]
PUBLIC = INSTANCES[:5]
"""Some may at times be there for everybody; the others never."""
KEYS = [f"k{number:02}" for number in range(20)]
MODELS = [f"m{number}" for number in range(8)]
STEADY = ("warm", "steady")
"""Instances whose requests must all succeed, whatever else changes, and whatever changes about them."""
EXPIRY_SECONDS = 1.0
"""At most; so that all of it has happened at the end."""


class Changes:
    """Applies one after the other to a gateway's stores."""

    def __init__(self, gateway: Gateway, seed: int, engine: tuple[str, int], spares: list[str]) -> None:
        self._gateway = gateway
        self._rng = Random(seed)  # noqa: S311  repeatable
        self._engine, self._spares = engine, spares
        self._kinds: tuple[tuple[Callable[[], None], int], ...] = (
            (self._write_instance, 25),
            (self._delete_instance, 8),
            (self._write_slice, 25),
            (self._delete_slice, 6),
            (self._write_key, 15),
            (self._write_hash, 8),
            (self._delete_key, 5),
            (self._write_model, 5),
            (self._change_steady, 10),
            (self._move_steady, 10),
        )

    def apply_one(self) -> str:
        """One change; its kind."""
        kinds, weights = zip(*self._kinds, strict=True)
        (change,) = self._rng.choices(kinds, weights)
        change()
        return str(change.__name__).strip("_")

    def _some(self, names: list[str], most: int) -> list[str]:
        return self._rng.sample(names, self._rng.randrange(most + 1))

    def _pick(self, *values: Any) -> Any:
        return self._rng.choice(values)

    def _write_instance(self) -> None:
        name = self._pick(*INSTANCES)
        spec: Manifest = {
            "model": self._pick(*MODELS),
            "stopped": self._rng.random() < 0.2,
            "apiKeys": self._some(KEYS, 6),
            "auth": "None" if name in PUBLIC and self._rng.random() < 0.5 else "ApiKey",
            "loadBalancing": self._pick("LeastRequest", "LeastRequest", "PrefixHash"),
            "limits": {"requestTimeout": self._pick(300, 600), "maxRequestBytes": self._pick("1Mi", "32Mi")},
        }
        self._gateway.put(instance(name, **spec))

    def _delete_instance(self) -> None:
        name = self._pick(*INSTANCES)
        self._gateway.drop(instance(name))
        if self._rng.random() < 0.5:  # garbage collection follows, or has yet to
            self._gateway.drop(endpoint_slice(name))

    def _write_slice(self) -> None:
        address, port = self._engine
        others = [(spare, port, self._rng.random() < 0.6) for spare in self._some(self._spares, 2)]
        self._gateway.put(endpoint_slice(self._pick(*INSTANCES), (address, port, self._rng.random() < 0.7), *others))

    def _delete_slice(self) -> None:
        self._gateway.drop(endpoint_slice(self._pick(*INSTANCES)))

    def _write_key(self) -> None:
        name = self._pick(*KEYS)
        spec: Manifest = {"disabled": self._rng.random() < 0.2}
        if self._rng.random() < 0.2:
            expiry = datetime.now(UTC) + timedelta(seconds=self._rng.uniform(-1, EXPIRY_SECONDS))
            spec["expiresAt"] = expiry.isoformat()
        if self._rng.random() < 0.2:
            spec["limits"] = {"requestsPerMinute": self._pick(10, 1000, 100_000)}
        if self._rng.random() < 0.2:
            spec["scopes"] = self._pick(["manage"], ["inference", "manage"])
        self._gateway.put(api_key(name, **spec))
        if self._rng.random() < 0.7:
            self._gateway.put(key_hash(name, f"sk-{name}"))

    def _write_hash(self) -> None:
        name = self._pick(*KEYS)
        following = self._pick(None, f"sk-{name}-next")
        self._gateway.put(key_hash(name, f"sk-{name}-{self._rng.randrange(3)}", following=following))

    def _delete_key(self) -> None:
        name = self._pick(*KEYS)
        self._gateway.drop(api_key(name))
        self._gateway.drop(key_hash(name, "gone"))

    def _write_model(self) -> None:
        name = self._pick(*MODELS)
        self._gateway.put(model(name, servedName=self._pick(name, f"org/{name}", "shared")))

    def _change_steady(self) -> None:
        """What may change about an instance without any of its requests noticing."""
        spec: Manifest = {
            "apiKeys": ["alice", *self._some(KEYS, 4)],
            "loadBalancing": self._pick("LeastRequest", "PrefixHash"),
            "limits": {"requestTimeout": self._pick(300, 400, 600), "maxHeldRequests": self._pick(500, 1000)},
            "resend": self._rng.random() < 0.7,
        }
        self._gateway.put(instance(self._pick(*STEADY), **spec))

    def _move_steady(self) -> None:
        """One replica stays; others come and go, and are draining at times."""
        address, port = self._engine
        others = [(spare, port, self._rng.random() < 0.6) for spare in self._some(self._spares, 2)]
        self._gateway.put(endpoint_slice(self._pick(*STEADY), (address, port, True), *others))
