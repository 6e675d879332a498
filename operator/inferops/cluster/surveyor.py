"""All reads for `inferops doctor`. Nothing is changed; what may not be read is told."""

import asyncio
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from cryptography.x509 import load_pem_x509_certificates

from inferops import __version__
from inferops.cluster.client import Scope
from inferops.cluster.drift import find_drift
from inferops.cluster.gateway_pods import read_links
from inferops.cluster.inspector import Inspector
from inferops.errors import ClusterError
from inferops.names import MANAGED_SELECTOR, OPERATOR, WEBHOOKS, Manifest
from inferops.plan.doctor.survey import Metrics, Right, Survey
from inferops.plan.seen import Seen
from inferops.plan.tls import Certificate, judge_certificate
from inferops.settings import PrometheusSettings, Settings

EVERYWHERE = (
    *("CustomResourceDefinition", "Node", "Model", "Hardware", "Region", "InferenceInstance"),
    *("StorageClass", "IngressClass", "GatewayClass", "APIService", "ValidatingWebhookConfiguration"),
)
INSTALLED = ("Deployment", "Service", "Lease", "EndpointSlice")
KEDA_SELECTOR = "app.kubernetes.io/name in (keda-operator)"
GATE = re.compile(r'^kubernetes_feature_enabled\{name="(\w+)",[^}]*\} ([01])', re.MULTILINE)
SERVICE_HOST = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\.[a-z0-9.-]+)?")
UTILIZATION = "DCGM_FI_DEV_GPU_UTIL"
TIMEOUT = 3.0


async def survey_installation(
    inspector: Inspector, settings: Settings, crds: Iterable[Manifest], rights: Iterable[Right]
) -> Survey:
    """Everything at once."""
    expected, now = {crd["metadata"]["name"]: crd for crd in crds}, datetime.now(UTC)
    seen, kubernetes, features, (denied, denial), metrics, tls = await asyncio.gather(
        read_objects(inspector, settings.namespace),
        read_version(inspector),
        read_features(inspector),
        find_denied(inspector, settings.namespace, list(rights)),
        read_metrics(inspector, settings.prometheus),
        read_tls(inspector, settings, now),
    )
    slices = seen["EndpointSlice"].objects
    return Survey(
        settings=settings,
        now=now,
        release=__version__,
        kubernetes=kubernetes,
        features=features,
        expected=expected,
        differences=compare_definitions(seen["CustomResourceDefinition"], expected),
        seen=seen,
        certificates=read_certificates(seen["ValidatingWebhookConfiguration"].objects),
        tls=tls,
        denied=denied,
        denial=denial,
        links=await read_links(inspector, settings, slices),
        metrics=metrics,
    )


async def read_objects(inspector: Inspector, namespace: str) -> dict[str, Seen]:
    """Objects by kind."""
    looks = {kind: inspector.see_all(kind) for kind in EVERYWHERE}
    looks |= {kind: inspector.see_all(kind, Scope(namespace)) for kind in INSTALLED}
    looks["KedaDeployment"] = inspector.see_all("Deployment", Scope(selector=KEDA_SELECTOR))
    looks["ScaledObject"] = inspector.see_all("ScaledObject", Scope(selector=MANAGED_SELECTOR))
    return dict(zip(looks, await asyncio.gather(*looks.values()), strict=True))


async def read_version(inspector: Inspector) -> str:
    """Version of the API server; empty where it does not tell."""
    try:
        return str((await inspector.read_path("/version"))["gitVersion"])
    except (ClusterError, KeyError):
        return ""


async def read_features(inspector: Inspector) -> dict[str, bool] | None:
    """The API server's feature gates, which only its metrics tell."""
    try:
        text = await inspector.read_text("/metrics")
    except ClusterError:
        return None
    return {name: value == "1" for name, value in GATE.findall(text)} or None


def compare_definitions(seen: Seen, expected: Mapping[str, Manifest]) -> dict[str, list[str]]:
    """By name: paths of the fields in which what is installed is not this release's."""
    live = {obj["metadata"]["name"]: obj for obj in seen.objects}
    return {
        name: [difference.path for difference in find_drift(live[name], crd)]
        for name, crd in expected.items()
        if name in live
    }


def read_certificates(configurations: Iterable[Manifest]) -> list[datetime]:
    """Ends of the certificates that ours is trusted by; what is no certificate is none."""
    ours = (each for each in configurations if each["metadata"]["name"] == WEBHOOKS)
    bundles = {webhook["clientConfig"].get("caBundle") for each in ours for webhook in each.get("webhooks") or []}
    ends: list[datetime] = []
    for bundle in filter(None, bundles):
        with suppress(ValueError):
            ends += [each.not_valid_after_utc for each in load_pem_x509_certificates(b64decode(bundle))]
    return ends


async def read_tls(inspector: Inspector, settings: Settings, now: datetime) -> dict[str, Certificate]:
    """The gateway's certificates, judged at once: no key goes further than here."""
    found: dict[str, Certificate] = {}
    for name in (each.secret_name for each in settings.gateway.tls):
        seen = await inspector.see("Secret", settings.namespace, name)
        data = {key: b64decode(value) for obj in seen.objects for key, value in (obj.get("data") or {}).items()}
        found[name] = Certificate(refusal=seen.refusal) if seen.refusal else judge_certificate(data, now)
    return found


async def find_denied(inspector: Inspector, namespace: str, rights: list[Right]) -> tuple[list[Right] | None, str]:
    """What the operator's service account may not do of what it needs; None and the reason where we may not ask."""
    user = f"system:serviceaccount:{namespace}:{OPERATOR}"
    try:
        allowed = await asyncio.gather(*(inspector.is_allowed(user, *right) for right in rights))
    except ClusterError as error:
        return None, str(error)
    return [right for right, may in zip(rights, allowed, strict=True) if not may], ""


async def read_metrics(inspector: Inspector, settings: PrometheusSettings) -> Metrics | None:
    """What Prometheus knows of GPUs. Where the exporter's labels were renamed, the others are the exporter's own."""
    if not settings.url:
        return None
    url, pod = settings.url, settings.pod_label
    labelled = f'{UTILIZATION}{{exported_{pod}!=""}} or {UTILIZATION}{{{pod}!="",{pod}!~".*dcgm.*"}}'
    try:
        series = await ask(inspector, url, f"count({UTILIZATION}) or vector(0)")
        named = await ask(inspector, url, f"count({labelled}) or vector(0)")
    except (httpx.HTTPError, ClusterError) as error:
        return Metrics(problem=str(error) or type(error).__name__, podless=await is_podless(inspector, url))
    except (ValueError, KeyError, IndexError, TypeError):
        return Metrics(problem="the answer is not Prometheus'")
    return Metrics(series=series, labelled=named)


async def is_podless(inspector: Inspector, url: str) -> bool:
    """Whether it is a Service without a selector: the API server leads to pods only."""
    match = SERVICE_HOST.fullmatch(urlsplit(url).hostname or "")
    seen = await inspector.see("Service", match[2], match[1]) if match else Seen([])
    return any(not service["spec"].get("selector") for service in seen.objects)


async def ask(inspector: Inspector, url: str, query: str) -> int:
    """One number, directly or, for a Service of the cluster, through the API server."""
    path = f"/api/v1/query?query={quote(query)}"
    if proxied := plan_proxy_path(url):
        answer = await inspector.read_path(f"{proxied}{path}")
    else:
        async with httpx.AsyncClient(timeout=TIMEOUT) as http:
            answer = (await http.get(f"{url.rstrip('/')}{path}")).raise_for_status().json()
    return read_number(answer)


def plan_proxy_path(url: str) -> str:
    """Where the API server leads to a Service's URL (`http://name.namespace.svc:port/path`); empty for other hosts."""
    parts = urlsplit(url)
    match = SERVICE_HOST.fullmatch(parts.hostname or "")
    if not match:
        return ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    scheme = "https:" if parts.scheme == "https" else ""
    return f"/api/v1/namespaces/{match[2]}/services/{scheme}{match[1]}:{port}/proxy{parts.path.rstrip('/')}"


def read_number(answer: Any) -> int:
    """Value of the first sample of an instant query."""
    return int(float(answer["data"]["result"][0]["value"][1]))
