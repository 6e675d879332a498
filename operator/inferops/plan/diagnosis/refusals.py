"""The API server refuses an object: a quota, an admission policy, something that it names and that is not there."""

import re

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.diagnosis.finding import Finding
from inferops.plan.diagnosis.words import quoted

HEAD = re.compile(
    r'^(?:\w+: )?(?:\w+(?:\.[\w.]+)? "[^"]*" is (?:forbidden|invalid): |Error creating: '
    r"|failed to create typed patch object \([^)]*\): )+"
)
"""Whose object it was: a pod's name is another one each time."""
PROBE = re.compile(r'\.?spec\.template\.spec\.containers\[(?:0|name="engine")\]\.(startup|readiness|liveness)Probe\b')
"""What users write as spec.probes, which are those of Kubernetes word for word."""
QUOTA = re.compile(r"exceeded quota: (\S+), requested: (.+?), used: (.+?), limited: (.+?)\.?$")
POLICY = re.compile(r"ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request: (.+)", re.DOTALL)
WEBHOOK = re.compile(r'admission webhook "([^"]+)" denied the request: (.+)', re.DOTALL)
SECURITY = re.compile(r'violates PodSecurity "([^"]+)": (.+)', re.DOTALL)
RUNTIME = re.compile(r'RuntimeClass "([^"]+)" not found')


def diagnose_deployment(deployment: Manifest | None) -> Finding | None:
    """Pods that were never made."""
    failure = find_condition(deployment, "ReplicaFailure")
    if failure is None or failure["status"] != "True":
        return None
    return diagnose_refusal(str(failure.get("message", "")), "its pods")


def diagnose_refusal(said: str, whose: str) -> Finding:
    """Who says no to `whose`, and why."""
    why = HEAD.sub("", said)
    if found := QUOTA.search(why):
        return quota_exceeded(found, whose)
    if found := POLICY.search(why):
        text = f'The admission policy "{found.group(1)}" refuses {whose}: {quoted(found.group(2))}'
        return Finding("PolicyDenied", f"{text} Change the spec, or ask who wrote the policy.", stuck=True)
    if found := WEBHOOK.search(why):
        text = f'The admission webhook "{found.group(1)}" refuses {whose}: {quoted(found.group(2))}'
        return Finding("PolicyDenied", f"{text} Change the spec, or ask who runs the webhook.", stuck=True)
    if found := SECURITY.search(why):
        text = f'The namespace\'s Pod Security level "{found.group(1)}" refuses {whose}: {quoted(found.group(2))}'
        return Finding("PolicyDenied", f"{text} Take that out of spec.podTemplate, or lower the level.", stuck=True)
    if found := RUNTIME.search(why):
        text = f'There is no RuntimeClass "{found.group(1)}", which {whose} name.'
        mend = "Install it, or correct runtimeClassName of the Hardware or of spec.podTemplate."
        return Finding("RuntimeClassNotFound", f"{text} {mend}", stuck=True)
    why = PROBE.sub(r"spec.probes.\1", why)
    return Finding("Refused", f"The API server refuses {whose}: {quoted(why)}", stuck=True)


def quota_exceeded(found: re.Match[str], whose: str) -> Finding:
    """Which quota, which resources, how much."""
    name, *amounts = found.groups()
    asked, taken, limits = (dict(part.split("=", 1) for part in text.split(",")) for text in amounts)
    each = [
        f"{resource} is at {taken.get(resource, '?')} of {limit}, and {asked.get(resource, '?')} more would be needed"
        for resource, limit in limits.items()
    ]
    text = f'ResourceQuota "{name}" leaves no room for {whose}: {"; ".join(each)}.'
    return Finding("QuotaExceeded", f"{text} Raise the quota, or ask for less.", stuck=True)
