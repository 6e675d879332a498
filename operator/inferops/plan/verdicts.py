"""The five conditions of an instance: Accepted, Progressing, Available, Scalable, Routable."""

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.conditions import Verdict, find_condition, no, unknown, yes
from inferops.plan.diagnosis import Finding, diagnose_refusal
from inferops.plan.diagnosis.words import quoted
from inferops.plan.model_names import find_model_conflict
from inferops.plan.notes import find_notes
from inferops.plan.regions import RegionView, registry_problem
from inferops.plan.resolve import missing_keys
from inferops.plan.routing import judge_route
from inferops.plan.silence import judge_metrics
from inferops.plan.stop import is_stopped
from inferops.plan.types import InstanceInputs, Observed, Plan

NO_KEDA = (
    "KEDA is not installed: the replicas stay as they are, max(scale.min, 1) from the start, and a request wakes what"
    " sleeps. Install KEDA (https://keda.sh)."
)
NOT_TAKEN_UP = "KEDA has not yet taken up the ScaledObject; if that lasts, see whether KEDA's operator runs."

LEFT_AS_IT_IS, TRIED_AGAIN = " What runs is left as it is", " It is tried again now and then."
"""How sentences end that `inferops explain` reads back."""


def judge_instance(
    inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed, views: list[RegionView]
) -> list[Verdict]:
    """All five, in the order in which `kubectl describe` shows them."""
    return [
        judge_accepted(inputs, outcome, observed),
        judge_progressing(inputs, outcome, observed, views),
        judge_available(inputs, outcome, observed, views),
        judge_scalable(inputs, outcome, observed, views),
        judge_routable(inputs, outcome, observed),
    ]


def judge_accepted(inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed) -> Verdict:
    """Whether what the user wrote makes sense here."""
    missing = missing_keys(inputs)
    text = " ".join(str(error) for error in missing)
    if isinstance(outcome, SpecError):
        return no("Accepted", outcome.reason, f"{outcome}{what_remains(inputs, outcome, observed)} {text}".rstrip())
    if missing:
        return no("Accepted", missing[0].reason, f"{text} The pods run all the same.")
    if notes := find_notes(outcome):
        return yes("Accepted", notes[0].reason, " ".join(note.message for note in notes))
    return yes("Accepted", "Accepted", "The spec is valid and everything that it names exists.")


def what_remains(inputs: InstanceInputs, outcome: SpecError, observed: Observed) -> str:
    """What a spec that is not accepted does to the pods."""
    stopped = bool((inputs.obj.get("spec") or {}).get("stopped"))
    if is_stopped(inputs.obj, outcome):
        return " It is stopped all the same."
    if not observed.deployments:
        return ""
    return f"{LEFT_AS_IT_IS}{': only a well-formed spec can stop it' if stopped else ''}."


def judge_progressing(
    inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed, views: list[RegionView]
) -> Verdict:
    """Whether the cluster is on its way to what the spec says. False is good (settled) or bad (stuck)."""
    kind, ready, total = "Progressing", sum(view.ready for view in views), sum(view.desired for view in views)
    stopped = is_stopped(inputs.obj, outcome)
    if isinstance(outcome, SpecError):
        rest = "Nothing else" if stopped else "Nothing"
        return no(kind, outcome.reason, f"{rest} changes until condition Accepted is True.")
    if observed.rejected:
        refusal = judge_refusal(observed.rejected)
        return no(kind, refusal.reason, f"{refusal.message}{TRIED_AGAIN}")
    if stopped or total == 0:
        return no(kind, "Stopped", "spec.stopped is true.") if stopped else no(kind, "ScaledToZero", "Nobody asks.")
    finding = gravest_finding(views)
    if finding and finding.stuck:
        return no(kind, finding.reason, finding.message)
    if ready < total or any(view.updating for view in views):
        reason, why = (finding.reason, finding.message) if finding else ("RollingOut", "Pods are made or replaced.")
        return yes(kind, reason, f"{ready} of {total} replicas answer. {why}")
    return no(kind, "Settled", "All replicas are as the spec says.")


def gravest_finding(views: list[RegionView]) -> Finding | None:
    """What stands in the way, of several regions with its name; else what goes on."""
    found = [(view.region, view.finding) for view in views if view.finding]
    region, finding = next((each for each in found if each[1].stuck), found[0] if found else ("", None))
    if finding is None or len(views) == 1:
        return finding
    return finding._replace(message=f'Region "{region}": {finding.message}')


def judge_refusal(rejected: str) -> Finding:
    """Who refused which of the planned objects; the words begin with its kind."""
    return diagnose_refusal(rejected, f"its {rejected.partition(':')[0]}")


def judge_available(
    inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed, views: list[RegionView]
) -> Verdict:
    """Whether a replica answers now."""
    kind, ready, total = "Available", sum(view.ready for view in views), sum(view.desired for view in views)
    if is_stopped(inputs.obj, outcome):
        return no(kind, "Stopped", "It is stopped; requests get 503. Set spec.stopped to false.")
    if ready:
        return yes(kind, "ReplicasAnswer", f"{ready} of {max(total, ready)} replicas answer.")
    if isinstance(outcome, SpecError):
        return no(kind, outcome.reason, "Nothing runs: see condition Accepted.")
    finding = gravest_finding(views)
    if finding is None and observed.rejected and (total or not observed.deployments):
        finding = judge_refusal(observed.rejected)
    return no(kind, finding.reason, finding.message) if finding else judge_silence(inputs, total)


def judge_silence(inputs: InstanceInputs, total: int) -> Verdict:
    """No replica answers, and nothing is wrong."""
    if total:
        return no("Available", "Starting", "The first pods are being made.")
    problem = registry_problem(inputs)
    text = "No replica runs; the next request starts one and waits for it."
    return no("Available", "ScaledToZero", f"{text} {problem.message}" if problem else text)


def judge_scalable(
    inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed, views: list[RegionView]
) -> Verdict:
    """Whether KEDA scales it, and a node would take what KEDA starts."""
    kind = "Scalable"
    if not inputs.keda:
        return judge_absence(inputs, observed)
    if is_stopped(inputs.obj, outcome):
        return no(kind, "Stopped", "Scaling is paused at zero replicas while spec.stopped is true.")
    scaled = [scaled for _, scaled in sorted(observed.scaled_objects.items())]
    seen = [find_condition(each, "Ready") for each in scaled]
    states = zip(scaled, seen, strict=True)
    if bad := next((each for each, ready in states if ready and ready["status"] == "False"), None):
        return judge_unready(inputs, observed, bad)
    if not seen and isinstance(outcome, SpecError):
        return unknown(kind, outcome.reason, "There is nothing to scale: see condition Accepted.")
    if not seen or any(ready is None or ready["status"] != "True" for ready in seen):
        return unknown(kind, "Waiting", NOT_TAKEN_UP)
    cramp = first_cramp(views)
    room = no(kind, "NoCapacity", cramp) if cramp else yes(kind, "KedaReady", "KEDA watches the triggers.")
    return judge_metrics(inputs, observed) or room


def judge_absence(inputs: InstanceInputs, observed: Observed) -> Verdict:
    """KEDA is not there, or on its way out. A ScaledObject that somebody deletes goes in a moment, and is made anew."""
    if not inputs.keda_leaving:
        return no("Scalable", "KedaNotInstalled", NO_KEDA)
    if not observed.scaler_unready:
        return said_before(inputs)
    where = f"-n {inputs.obj['metadata']['namespace']} {inputs.keda_leaving}"
    mend = f"""kubectl patch scaledobject {where} --type merge -p '{{"metadata":{{"finalizers":null}}}}'"""
    text = (
        f"ScaledObject {inputs.keda_leaving} is being deleted and KEDA does not let go of it; the replicas stay as they"
    )
    return no(
        "Scalable", "KedaLeaving", f"{text} are. See whether KEDA's operator runs; if it is gone for good: {mend}"
    )


def said_before(inputs: InstanceInputs) -> Verdict:
    """What the status says already, of a state that may pass in seconds."""
    if previous := find_condition(inputs.obj, "Scalable"):
        return Verdict("Scalable", previous["status"], previous["reason"], previous["message"])
    return unknown("Scalable", "Waiting", NOT_TAKEN_UP)


def first_cramp(views: list[RegionView]) -> str:
    """Why the first region that sleeps could not wake; empty where each could."""
    region, finding = next(((view.region, view.cramped) for view in views if view.cramped), ("", None))
    where = f'In region "{region}" it' if len(views) > 1 else "It"
    return f"{where} sleeps, and a request would wait: {finding.message}" if finding else ""


def judge_unready(inputs: InstanceInputs, observed: Observed, scaled: Manifest) -> Verdict:
    """A ScaledObject is not Ready. A restart of control makes that for seconds: the status keeps what it said till
    the state has lasted, or it would flap for every instance at once.
    """
    if not observed.scaler_unready:
        return said_before(inputs)
    ready = find_condition(scaled, "Ready") or {}
    said = quoted(observed.evidence.newest(scaled, "KEDAScalerFailed") or ready.get("message", ""))
    pushed = any(
        str(each.get("type", "")).startswith("external") for each in (scaled.get("spec") or {}).get("triggers") or []
    )
    mend = "See whether inferops-control runs and KEDA reaches it." if pushed else "Look at its triggers."
    if "error resolving secret" in said:
        mend = "See what spec.env names."
    text = f"KEDA cannot scale it, and the replicas stay as they are: {said} {mend}"
    return no("Scalable", ready.get("reason") or "ScaledObjectNotReady", text)


def judge_routable(inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed) -> Verdict:
    """Whether the gateway lets requests in."""
    kind, spec = "Routable", inputs.obj.get("spec") or {}
    if isinstance(outcome, SpecError) and not observed.deployments:
        return no(kind, outcome.reason, "There is nothing to lead requests to: see condition Accepted.")
    if is_stopped(inputs.obj, outcome):
        return no(kind, "Stopped", "Requests get 503 while spec.stopped is true.")
    if isinstance(outcome, Plan) and (problem := judge_route(inputs, observed, outcome.resolved.settings)):
        return problem
    if spec.get("auth") == "None":
        opened = yes(kind, "Public", "Anybody who reaches the address may call it: spec.auth is None.")
    else:
        opened = judge_keys(inputs, spec.get("apiKeys") or [])
    taken = find_model_conflict(inputs) if opened.status == "True" else None
    return yes(kind, "ModelNameTaken", f"{opened.message} {taken}") if taken else opened


def judge_keys(inputs: InstanceInputs, keys: list[str]) -> Verdict:
    """Whether one of the keys opens the instance."""
    kind = "Routable"
    if not keys:
        text = "No key opens it: name an ApiKey in spec.apiKeys, or set spec.auth to None for a public endpoint."
        return no(kind, "NoApiKeys", text)
    problems = key_problems(inputs, keys)
    if len(problems) == len(keys):
        return no(kind, problems[0][0], f"No key opens it. {' '.join(text for _, text in problems)}")
    if problems:
        return yes(kind, problems[0][0], " ".join(text for _, text in problems))
    return yes(kind, "KeysReady", f"{len(keys)} key{'s open' if len(keys) > 1 else ' opens'} it.")


def key_problems(inputs: InstanceInputs, keys: list[str]) -> list[tuple[str, str]]:
    """Reason and sentence for each key that opens nothing."""
    problems = [(error.reason, str(error)) for error in missing_keys(inputs)]
    for key in keys:
        ready = find_condition(inputs.named.get(("ApiKey", key)), "Ready")
        if ready and ready["status"] == "False":
            problems.append((f"ApiKey{ready['reason']}", f'ApiKey "{key}": {ready["message"]}'))
    return problems
