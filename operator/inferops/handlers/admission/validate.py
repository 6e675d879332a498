"""The kopf handlers that judge writes of our kinds. Whatever goes wrong here, the write passes: the reconcile says the
same afterwards.
"""

import logging
import time
from typing import Any

import kopf

from inferops.cluster.cluster import Cluster
from inferops.cluster.resources import OUR_KINDS, RESOURCES
from inferops.handlers import metrics
from inferops.names import GROUP, VERSION, Manifest
from inferops.plan.admission import Ruling
from inferops.reconcile.admission import Question, review
from inferops.settings import Settings

logger = logging.getLogger(__name__)

LONGEST_WARNING = 256
"""Characters; the API server cuts what is longer."""
INVALID = 422


def register_validation(registry: kopf.OperatorRegistry, cluster: Cluster, settings: Settings) -> None:
    """One handler for each kind of ours."""
    for kind in OUR_KINDS:
        _register(registry, cluster, settings, kind)


def _register(registry: kopf.OperatorRegistry, cluster: Cluster, settings: Settings, kind: str) -> None:
    @kopf.on.validate(GROUP, VERSION, RESOURCES[kind].plural, id=kind, registry=registry)
    async def validate(*, warnings: list[str], **given: Any) -> None:
        question = Question(kind, read_object(kind, given["new"]), read_object(kind, given["old"]))
        ruling = judge(cluster, settings, question)
        warnings += map(shorten, ruling.warnings)
        if ruling.denials:
            raise kopf.AdmissionError("; ".join(ruling.denials), code=INVALID)


def judge(cluster: Cluster, settings: Settings, question: Question) -> Ruling:
    """The ruling, counted; a failure of ours counts as none."""
    begun, result = time.perf_counter(), "error"
    try:
        ruling = review(cluster, settings, question)
        result = "denied" if ruling.denials else "warned" if ruling.warnings else "allowed"
    except Exception:
        logger.exception("admission review failed", extra={"kind": question.kind})
        ruling = Ruling()
    metrics.ADMISSIONS.labels(question.kind, result).inc()
    metrics.ADMISSION_SECONDS.observe(time.perf_counter() - begun)
    return ruling


def read_object(kind: str, body: Any) -> Manifest | None:
    """The object of a question; one that is to get a generated name has none yet."""
    if body is None:
        return None
    meta = dict(body.get("metadata") or {})
    name = meta.get("name") or f"{meta.get('generateName', '')}new"
    return {**dict(body), "kind": kind, "metadata": {**meta, "name": name}}


def shorten(text: str) -> str:
    """A sentence that fits into a warning."""
    return text if len(text) <= LONGEST_WARNING else f"{text[: LONGEST_WARNING - 3]}..."
