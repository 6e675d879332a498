"""Volumes that are not bound, attached or mounted."""

import re

from inferops.names import Manifest
from inferops.plan.diagnosis.containers import name_of
from inferops.plan.diagnosis.finding import Evidence, Finding
from inferops.plan.diagnosis.words import quoted

ABSENT_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
OF_CLAIMS = ("PersistentVolumeClaim", "persistentvolumeclaim", "volume node affinity")
UNBINDABLE = ("ProvisioningFailed", "FailedBinding")
"""Reasons of events about a claim that finds no volume."""
MOUNTING = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
FAILED = re.compile(r'^(?:MountVolume|AttachVolume|MapVolume)\.\w+ failed for volume "([^"]+)" ?: ')
ABSENT_OBJECT = re.compile(r'^(secret|configmap) "([^"]+)" not found')
OBJECTS = {"secret": "Secret", "configmap": "ConfigMap"}
"""Kinds, by how the kubelet writes them."""
ABSENT_KEY = re.compile(r"references non-existent (secret|config) key: (\S+)")


def claim_names(pod: Manifest) -> list[str]:
    """The PersistentVolumeClaims that the pod names."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return [claim["claimName"] for volume in volumes if (claim := volume.get("persistentVolumeClaim"))]


def claim_pending(pod: Manifest, said: str, evidence: Evidence) -> Finding | None:
    """What the scheduler says of claims, explained by the claims themselves."""
    if found := ABSENT_CLAIM.search(said):
        text = f'There is no PersistentVolumeClaim "{found.group(1)}" in namespace {pod["metadata"]["namespace"]}'
        mend = "Create it, or let spec.cache.size make one."
        return Finding("ClaimNotFound", f"{text}, which pod {name_of(pod)} mounts. {mend}", stuck=True)
    if not any(word in said for word in OF_CLAIMS):
        return None
    for name in claim_names(pod):
        claim = evidence.claims.get(name)
        if claim is not None and (claim.get("status") or {}).get("phase") != "Bound":
            return unbound(pod, claim, evidence)
    text = f"The volumes of pod {name_of(pod)} keep it from all nodes: {quoted(said)}"
    return Finding("VolumePending", f"{text} Look at its PersistentVolumeClaims.", stuck=True)


def unbound(pod: Manifest, claim: Manifest, evidence: Evidence) -> Finding:
    """A claim that has no volume, in the words of who should make one."""
    name, storage_class = claim["metadata"]["name"], (claim.get("spec") or {}).get("storageClassName")
    asked = (((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}).get("storage", "")
    of_class = f"storage class {storage_class}" if storage_class else "no storage class"
    said = quoted(evidence.newest(claim, *UNBINDABLE))
    text = f"PersistentVolumeClaim {name} ({asked}, {of_class}) of pod {name_of(pod)} is not bound"
    if not said:
        return Finding("WaitingForVolume", f"{text} yet.", stuck=False)
    mend = f"Look at it: kubectl describe pvc -n {pod['metadata']['namespace']} {name}"
    if claim["metadata"].get("ownerReferences"):  # ours, made from spec.cache
        mend = "Name a storage class that exists in spec.cache.storageClass (kubectl get storageclass)."
    return Finding("VolumePending", f"{text}: {said} {mend}", stuck=True)


def not_mounted(pod: Manifest, evidence: Evidence) -> Finding | None:
    """The kubelet cannot mount a volume: it says so in events only."""
    said = evidence.newest(pod, *MOUNTING)
    if not said or started(pod):
        return None
    found = FAILED.match(said)
    volume, why = (found.group(1), said[found.end() :]) if found else ("", said)
    where = f"volume {volume} of pod {name_of(pod)}" if volume else f"a volume of pod {name_of(pod)}"
    if found := ABSENT_OBJECT.search(why):
        kind = OBJECTS[found.group(1)]
        text = (
            f'There is no {kind} "{found.group(2)}" in namespace {pod["metadata"]["namespace"]}, which {where} mounts.'
        )
        return Finding(f"{kind}NotFound", f"{text} Create it, or correct what names it.", stuck=True)
    if found := ABSENT_KEY.search(why):
        kind, source = named_source(pod, volume, found.group(1))
        text = f'{kind} "{source}" has no key "{found.group(2)}", which {where} mounts.'
        return Finding(f"{kind}KeyNotFound", f"{text} Add it, or correct what names it.", stuck=True)
    mend = "Another node may still hold it: a ReadWriteOnce volume has one node." if "Multi-Attach" in why else ""
    text = f"{where[0].upper()}{where[1:]} cannot be mounted: {quoted(why)}"
    return Finding("MountFailed", f"{text} {mend or 'Look at the volume and at the node.'}", stuck=True)


def named_source(pod: Manifest, volume: str, kind: str) -> tuple[str, str]:
    """Kind and name of what a volume is made from."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    given: Manifest = next((each for each in volumes if each.get("name") == volume), {})
    if kind == "secret":
        return "Secret", str((given.get("secret") or {}).get("secretName", ""))
    return "ConfigMap", str((given.get("configMap") or {}).get("name", ""))


def started(pod: Manifest) -> bool:
    """Whether a container of the pod has run: its volumes were mounted then."""
    status = pod.get("status") or {}
    every = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return any("running" in (each.get("state") or {}) or each.get("lastState") for each in every)
