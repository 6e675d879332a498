"""What is known of a key -> the status of its ApiKey."""

from datetime import datetime

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.apikey import key_prefix
from inferops.plan.conditions import Verdict, build_conditions, no, timestamp, yes
from inferops.plan.spending import judge_spending
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.key_hashes import ReplacedKey


def opens(spec: ApiKeySpec, now: datetime) -> bool:
    """Whether the key may open anything at `now`."""
    return not spec.disabled and (spec.expires_at is None or now < spec.expires_at)


def build_apikey_status(
    obj: Manifest,
    spec: ApiKeySpec | None,
    outcome: str | SpecError,
    replaced: tuple[ReplacedKey, ...],
    now: datetime,
) -> Manifest:
    """The status of an ApiKey, as far as it is the operator's; `outcome` is the key (of which the status shows a few
    characters), or why there is none. `spec` is None where it is not valid; `replaced` are the keys before it that
    still open.
    """
    verdicts = [judge_accepted(outcome), judge_ready(spec, outcome, replaced, now)]
    if spec:
        verdicts += judge_spending(obj, spec, now)
    status: Manifest = {
        "ready": verdicts[1].reason,
        "observedGeneration": obj["metadata"].get("generation", 0),
        "conditions": build_conditions(verdicts, obj, now),
    }
    if spec:
        status["secretName"] = spec.secret_ref.name if spec.secret_ref else obj["metadata"]["name"]
    if isinstance(outcome, str) and (prefix := key_prefix(outcome)):
        status["prefix"] = prefix
    if spec and replaced:
        status["replaced"] = [describe_replaced(key, spec) for key in replaced]
    return status


def describe_replaced(key: ReplacedKey, spec: ApiKeySpec) -> Manifest:
    """One entry of status.replaced."""
    end = key.ends(spec.rotation_overlap)
    described = {"prefix": key.prefix, "expiresAt": timestamp(min(end, spec.expires_at) if spec.expires_at else end)}
    return {field: value for field, value in described.items() if value}


def judge_accepted(outcome: str | SpecError) -> Verdict:
    """Whether what the user wrote makes sense here."""
    if isinstance(outcome, SpecError):
        return no("Accepted", outcome.reason, str(outcome))
    return yes("Accepted", "Accepted", "The spec is valid and its Secret exists.")


def judge_ready(
    spec: ApiKeySpec | None, outcome: str | SpecError, replaced: tuple[ReplacedKey, ...], now: datetime
) -> Verdict:
    """Whether the key opens the instances that name it."""
    if isinstance(outcome, SpecError) or spec is None:
        reason = outcome.reason if isinstance(outcome, SpecError) else "InvalidSpec"
        return no("Ready", reason, f"The key opens nothing: {outcome}")
    if spec.disabled:
        return no("Ready", "Disabled", "The key opens nothing: spec.disabled is true.")
    if spec.expires_at and not opens(spec, now):
        text = f"The key opens nothing: it expired at {timestamp(spec.expires_at)}. Set a later spec.expiresAt."
        return no("Ready", "Expired", text)
    text = "The key opens the instances that name it."
    if replaced:
        last = describe_replaced(replaced[-1], spec)["expiresAt"]
        return yes("Ready", "Rotating", f"{text} So does the one before it, until {last}: move its users by then.")
    return yes("Ready", "Ready", text)
