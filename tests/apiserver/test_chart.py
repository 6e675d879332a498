"""What the chart writes: taken by the API server, read by our own settings, and complete in itself."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from dev.cluster.layout import read_layout
from dev.cluster.programs import build_programs
from inferops.names import Manifest
from inferops.settings import Settings
from tests.support.apiserver import ApiServer

REPOSITORY = Path(__file__).resolve().parents[2]
NAMESPACE = "default"
VALUES: dict[str, tuple[str, ...]] = {
    "the defaults": (),
    "the local cluster": ("--values", "dev/values.yaml"),
    "every switch": (
        *("--set", "gateway.ingress.enabled=true", "--set", "gateway.ingress.tlsSecretName=tls"),
        *("--set", "gateway.service.externalIPs={192.0.2.1}", "--set", "gateway.concurrency=2"),
        *("--set", "imagePullSecrets[0].name=pull", "--set", "settings.network.networkPolicy=false"),
        *("--set", "catalog.models.bge-m3=null", "--set", "operator.nodeSelector.a=b"),
        *("--set", "gateway.autoscaling.enabled=true", "--set", "settings.gateway.tls[0].secretName=all"),
        *("--set", "settings.prometheus.url=https://p.test", "--set", "settings.prometheus.secretName=metrics"),
        *("--set", "api.enabled=false", "--set", "ledger.enabled=false"),
    ),
    "a closed network": (
        *("--set", "settings.network.kedaNamespace=keda", "--set", "settings.gateway.tls[0].secretName=all"),
        *("--set", "settings.gateway.tracing.host=otel.infra.svc", "--set", "settings.gateway.tracing.samplePercent=5"),
    ),
    "PostgreSQL": ("--set", "settings.ledger.secretName=database", "--set", "ledger.replicas=2"),
    "HTTPRoutes": (
        *("--set", "gateway.ingress.enabled=true", "--set", "settings.ingress.kind=HTTPRoute"),
        *(
            "--set",
            "settings.ingress.parentRefs[0].name=web",
            "--set",
            "settings.ingress.parentRefs[0].namespace=infra",
        ),
    ),
}


def render_chart(values: Sequence[str]) -> list[Manifest]:
    """`helm template`, hooks included."""
    helm = build_programs(read_layout(), only=frozenset({"helm"})) / "helm"
    command = [
        str(helm),
        "template",
        "inferops",
        "charts/inferops",
        "--namespace",
        NAMESPACE,
        "--kube-version",
        "1.34.0",
    ]
    done = subprocess.run([*command, *values], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.mark.usefixtures("gateway_api")
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES.keys())
def test_the_api_server_takes_what_the_chart_writes(crds: ApiServer, values: Sequence[str]) -> None:
    manifests = yaml.safe_dump_all(render_chart(values))
    done = crds.run_kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=manifests)
    assert not done.returncode, done.stderr


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES.keys())
def test_the_processes_read_the_settings_that_the_chart_writes(values: Sequence[str]) -> None:
    (written,) = select("ConfigMap", "inferops-settings", values)
    settings = Settings.model_validate(yaml.safe_load(written["data"]["settings.yaml"]))
    assert settings.namespace == NAMESPACE
    assert settings.scaler.address == f"inferops-control.{NAMESPACE}.svc:9700"


def test_every_model_of_the_catalog_has_its_hardware() -> None:
    manifests = render_chart(())
    hardware = {m["metadata"]["name"] for m in manifests if m["kind"] == "Hardware"}
    models = [m for m in manifests if m["kind"] == "Model"]
    assert models
    assert {model["spec"]["defaultHardware"] for model in models} <= hardware


def test_the_gateway_leads_to_the_rest_api_where_there_is_one() -> None:
    for name, host in (("the defaults", f"inferops-api.{NAMESPACE}.svc"), ("every switch", None)):
        (written,) = select("ConfigMap", "inferops-settings", VALUES[name])
        api = Settings.model_validate(yaml.safe_load(written["data"]["settings.yaml"])).gateway.api
        assert (api.host if api else None) == host
        assert len(select("Deployment", "inferops-api", VALUES[name])) == (1 if host else 0)


def test_an_entry_set_to_null_is_left_out() -> None:
    names = {m["metadata"]["name"] for m in render_chart(VALUES["every switch"]) if m["kind"] == "Model"}
    assert "bge-m3" not in names
    assert "qwen3-8b" in names


def test_what_an_autoscaler_counts_the_chart_does_not_set() -> None:
    (fixed,), (scaled,) = (
        select("Deployment", "inferops-gateway", VALUES[name]) for name in ("the defaults", "every switch")
    )
    assert fixed["spec"]["replicas"] == 2
    assert "replicas" not in scaled["spec"]


def test_envoy_ends_after_the_process_that_lets_its_streams_finish() -> None:
    (gateway,) = select("Deployment", "inferops-gateway", ())
    pod = gateway["spec"]["template"]["spec"]
    assert [(each["name"], each.get("restartPolicy")) for each in pod["initContainers"]] == [
        ("bootstrap", None),
        ("envoy", "Always"),
    ]
    (meter,) = pod["containers"]
    assert pod["terminationGracePeriodSeconds"] > int(meter["args"][-1].partition("=")[2])


def test_no_container_may_do_what_it_need_not() -> None:
    pods = [m["spec"]["template"]["spec"] for m in render_chart(()) if m["kind"] == "Deployment"]
    assert len(pods) == 5
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def select(kind: str, name: str, values: Sequence[str]) -> list[Manifest]:
    return [m for m in render_chart(values) if (m["kind"], m["metadata"]["name"]) == (kind, name)]


def test_the_chart_refuses_two_writers_of_one_sqlite_file() -> None:
    with pytest.raises(AssertionError, match=r"ledger.replicas is 2: SQLite has one writer"):
        render_chart(("--set", "ledger.replicas=2"))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("gatway.replicas=3", "additional properties 'gatway' not allowed"),
        ("gateway.service.prot=3", "at '/gateway/service': additional properties 'prot' not allowed"),
        ("settings.gateway.domian=a.test", "at '/settings/gateway': additional properties 'domian' not allowed"),
        (
            "settings.gateway.domain=https://a.test",
            "at '/settings/gateway/domain': 'https://a.test' does not",
        ),
        ("settings.gateway.scheme=ftp", "at '/settings/gateway/scheme': value must be one of 'http', 'https'"),
        ("settings.ledger.retentionDays=1", "at '/settings/ledger/retentionDays': minimum: got 1, want 2"),
    ],
)
def test_the_chart_refuses_values_that_nothing_reads(value: str, says: str) -> None:
    with pytest.raises(AssertionError) as refused:
        render_chart(("--set", value))
    assert says in str(refused.value)


def test_the_url_of_the_database_comes_by_a_file_alone() -> None:
    manifests = render_chart(("--set", "settings.ledger.secretName=database"))
    (written,) = (m for m in manifests if m["metadata"]["name"] == "inferops-settings")
    settings = Settings.model_validate(yaml.safe_load(written["data"]["settings.yaml"]))
    assert settings.ledger.url_file == "/etc/inferops-ledger/url"
    (ledger,) = (m for m in manifests if m["kind"] == "Deployment" and m["metadata"]["name"] == "inferops-ledger")
    (volume,) = (v for v in ledger["spec"]["template"]["spec"]["volumes"] if v["name"] == "database")
    assert volume["secret"]["secretName"] == "database"
    assert not [m for m in manifests if m["kind"] == "PersistentVolumeClaim"]


def test_alerts_are_there_where_the_cluster_knows_prometheus_rules() -> None:
    known = render_chart(("--api-versions", "monitoring.coreos.com/v1/PrometheusRule"))
    assert [each["metadata"]["name"] for each in known if each["kind"] == "PrometheusRule"] == ["inferops-usage"]
    assert not [each for each in render_chart(()) if each["kind"] == "PrometheusRule"]
