"""Probes of the engine's container, sized for models that load for an hour."""

from inferops.names import Manifest
from inferops.plan.engines import Engine
from inferops.plan.types import Resolved
from inferops.specs.pod import PROBE_HANDLERS

STARTUP_SECONDS = 3600
"""How long a model may load (and download) before its container is started anew."""
STARTUP_PERIOD = 2
STARTUP = {"periodSeconds": STARTUP_PERIOD, "timeoutSeconds": 5, "failureThreshold": STARTUP_SECONDS // STARTUP_PERIOD}
READINESS = {"periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 3}
LIVENESS = {"periodSeconds": 10, "timeoutSeconds": 10, "failureThreshold": 6}
"""A full engine answers late: only a minute of silence counts."""


def plan_probes(resolved: Resolved, engine: Engine) -> Manifest:
    """The container's three probes: the engine's, changed by the model's, changed by the instance's."""
    given = [resolved.model.probes if resolved.model else None, resolved.spec.probes]
    return {
        "startupProbe": merged(engine.probe | STARTUP, [probes.startup for probes in given if probes]),
        "readinessProbe": merged(engine.probe | READINESS, [probes.readiness for probes in given if probes]),
        "livenessProbe": merged(engine.probe | LIVENESS, [probes.liveness for probes in given if probes]),
    }


def merged(probe: Manifest, overrides: list[Manifest | None]) -> Manifest:
    """A probe with overrides: one that brings its own handler replaces ours and keeps the numbers it does not name."""
    for override in overrides:
        if override and any(handler in override for handler in PROBE_HANDLERS):
            probe = {key: value for key, value in probe.items() if key not in PROBE_HANDLERS}
        probe = probe | (override or {})
    return probe
