"""Settings of an installation: one YAML file, read once by the entry points and passed down.

The order of the fields is the order of `settings:` in the chart's values.yaml.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from inferops.errors import SettingsError
from inferops.names import GATEWAY, LEDGER, SYSTEM_NAMESPACE

SETTINGS_VARIABLE = "INFEROPS_SETTINGS"
"""Environment variable with the path of the settings file."""


LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SHARED_LABEL = "api"
"""The shared host is `api.<domain>`."""


class Section(BaseModel):
    """Base of all settings: camelCase, immutable, no unknown fields."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


DOMAIN = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
HOST = r"^(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
"""A host name, or all below one."""


class CertificateSettings(Section):
    """A certificate that the gateway itself ends TLS with."""

    secret_name: str
    """A Secret of type kubernetes.io/tls in the system namespace."""
    hosts: list[Annotated[str, Field(pattern=HOST)]] = []
    """Host names (SNI) that it is for, such as `*.llm.example.com`; empty: all that no other certificate is for."""


class ApiSettings(Section):
    """Where the REST API and the console are."""

    host: str
    port: int = 8080


class TracingSettings(Section):
    """Where traces of requests go."""

    host: str
    """Of a collector that takes OTLP by gRPC, in plain text, such as the node's or the namespace's own."""
    port: int = 4317
    sample_percent: float = Field(default=1.0, ge=0, le=100)
    """Of all requests; a caller's `traceparent` is continued, and its flag may say no."""


class GatewaySettings(Section):
    """Where requests come in."""

    domain: str = Field(default="inferops.local", pattern=DOMAIN)
    """Instances are at `<name>-<hash8>.<domain>`, the shared host at `api.<domain>`."""
    scheme: Literal["http", "https"] = "https"
    """Scheme of the addresses that statuses show."""
    port: int | None = None
    """Port of the addresses, where it is not the scheme's own."""
    service: str = GATEWAY
    """Service of the gateway's pods, in the system namespace."""
    service_port: int = 80
    """Port of that Service, which Ingresses point to."""
    xds_port: int = 18000
    """Port on which control serves the gateway."""
    peer_certificates: str | None = None
    """Folder with tls.crt, tls.key and ca.crt, by which the gateway and control know each other (mutual TLS); absent:
    both speak plainly. The chart, which mounts it, sets this.
    """
    system_hosts: list[str] = []
    """Further hosts that carry the shared `/v1` and `/v2/<id>` routes, such as an external IP address."""
    tls: list[CertificateSettings] = []
    """Certificates of the gateway's own TLS port; empty: TLS ends in front of the gateway."""
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    """Proxies in front whose x-forwarded-for and x-forwarded-proto are believed."""
    proxy_protocol: bool = False
    """True: a connection may begin with the PROXY protocol's header, whose client address is believed."""
    revoked_streams: Literal["Finish", "End"] = "Finish"
    """What happens to event streams that run while their key is revoked or expires: they finish, bounded by
    requestTimeout, or end within seconds. End costs every stream some microseconds for each event.
    """
    tracing: TracingSettings | None = None
    """Absent: no traces."""
    api: ApiSettings | None = None
    """The REST API and the console, on the shared hosts; absent: the gateway leads to instances only."""

    @model_validator(mode="after")
    def one_certificate_for_each_host(self) -> "GatewaySettings":
        """Two for one host would be a configuration that Envoy does not start with."""
        hosts = [host.lower() for each in self.tls for host in each.hosts or [""]]
        if twice := next((host for host in hosts if hosts.count(host) > 1), None):
            raise ValueError(f'tls: "{twice}" is a host of two certificates: name it once')
        if hosts.count("") > 1:
            raise ValueError("tls: two certificates have no hosts: only one can be for all that no other is for")
        names = [each.secret_name for each in self.tls]
        if len(names) > len(set(names)):
            raise ValueError("tls: a Secret is named twice: give one entry all its hosts")
        return self

    def host_of(self, instance: str) -> str:
        """`<id>.<domain>`, in lower case: the host that nobody else can have."""
        return f"{instance}.{self.domain}".lower()

    @property
    def shared_hosts(self) -> list[str]:
        """All hosts that carry the shared routes, in lower case: `api.<domain>`, the domain itself, `system_hosts`, and
        what a port-forward is called.
        """
        domain = self.domain.lower()
        return list(dict.fromkeys((f"{SHARED_LABEL}.{domain}", domain, *map(str.lower, self.system_hosts), *LOOPBACK)))


class ParentRef(Section):
    """A Gateway that HTTPRoutes attach to (gateway.networking.k8s.io/v1 ParentReference)."""

    name: str
    namespace: str
    """Namespace of the Gateway; its listener must admit routes of the instances' namespaces."""
    section_name: str | None = None
    """One of its listeners; absent: all that take the host."""


class IngressSettings(Section):
    """The way from each instance's host name to the gateway."""

    enabled: bool = True
    kind: Literal["Ingress", "HTTPRoute"] = "Ingress"
    """Ingress, or HTTPRoute of the Gateway API."""
    parent_refs: list[ParentRef] = []
    """For HTTPRoute: the Gateways that the routes attach to; at least one."""
    class_name: str | None = None
    annotations: dict[str, str] = {}
    tls_secret_name: str | None = None
    """A certificate for all hosts of the domain; must be readable in the namespace of each Ingress. With HTTPRoute the
    certificates are the Gateway's affair.
    """

    @model_validator(mode="after")
    def gateways_for_routes(self) -> "IngressSettings":
        """An HTTPRoute without a Gateway leads nowhere."""
        if self.makes("HTTPRoute") and not self.parent_refs:
            raise ValueError("kind HTTPRoute needs parentRefs: name a Gateway, such as {name: web, namespace: infra}")
        return self

    def makes(self, kind: Literal["Ingress", "HTTPRoute"]) -> bool:
        """Whether instances get an object of that kind."""
        return self.enabled and self.kind == kind


class ScalerSettings(Section):
    """How KEDA reaches control."""

    address: str = f"inferops-control.{SYSTEM_NAMESPACE}.svc:9700"
    """Address of control's external scaler, as KEDA sees it."""
    port: int = 9700
    patience: int = 0
    """Seconds for which the operator makes no new ScaledObject while nobody answers at the address: KEDA would call it
    unready, and GitOps tools degraded."""


class PrometheusSettings(Section):
    """The Prometheus that scrapes NVIDIA's DCGM exporter, for GPU triggers."""

    url: str | None = Field(default=None, pattern=r"^https?://[^/@]+(/[^?#]*)?$")
    """Base URL, without a password; absent: GPU triggers hold the replicas as they are."""
    secret_name: str | None = None
    """A Secret in the system namespace that opens it: `token`, or `username` and `password`; and `ca.crt`, where its
    certificate is of an authority of your own."""
    credentials: str | None = None
    """Folder of that Secret's files; the chart, which mounts it, sets this."""
    namespace_label: str = Field(default="namespace", pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")
    """Label with a pod's namespace; the same after `exported_` is looked for too."""
    pod_label: str = Field(default="pod", pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")
    """Label with a pod's name."""


class NetworkSettings(Section):
    """What may reach model pods."""

    network_policy: bool = True
    prometheus_namespace: str | None = "monitoring"
    """Namespace whose pods may scrape the engines' metrics."""
    keda_namespace: str | None = None
    """Namespace of KEDA, whose pods alone may then ask control for metrics; absent: all may."""
    close_egress: bool = False
    """True: model pods reach DNS only. Engines then cannot fetch weights or images by URL."""


class AdmissionSettings(Section):
    """The admission webhook."""

    enabled: bool = False
    """The chart, which makes what belongs to it, sets this."""
    port: int = 9443
    service: str = "inferops-webhook"
    """Name of its Service, and of the Secret with its certificate."""
    unknown_names: Literal["Warn", "Deny"] = "Warn"
    """What is said to a manifest with a name that nothing has, or not yet."""


class RestSettings(Section):
    """Where `inferops api` listens."""

    port: int = 8080
    health_port: int = 8081


class PriceSettings(Section):
    """Money."""

    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")


class LedgerSettings(Section):
    """Where usage is kept: SQLite on a volume, or PostgreSQL."""

    enabled: bool = True
    """False: nobody keeps what was used; there are no reports and no budgets."""
    path: str = "/var/lib/inferops/ledger.db"
    """Of the SQLite database, where there is no PostgreSQL."""
    secret_name: str | None = None
    """A Secret in the system namespace whose `url` is that of a PostgreSQL database, such as
    `postgresql://user:password@host:5432/inferops?sslmode=verify-full`; absent: SQLite."""
    url_file: str | None = None
    """File with that URL; the chart, which mounts it, sets this."""
    address: str | None = None
    """Host and port of the ledger, for those who ask it; absent: its Service."""
    port: int = 8090
    retention_days: int = Field(default=35, ge=2, le=3650)
    """Days that single records are kept."""
    rollup_retention_days: int = Field(default=1100, ge=62, le=36500)
    """Days that hourly sums and the times of replicas are kept: months that a report or a budget may ask for."""


class Settings(Section):
    """Everything that an installation can set."""

    namespace: str = SYSTEM_NAMESPACE
    """Namespace of inferops itself."""
    watch_namespaces: list[str] = []
    """Namespaces whose resources are served; empty: all."""
    gateway: GatewaySettings = GatewaySettings()
    ingress: IngressSettings = IngressSettings()
    scaler: ScalerSettings = ScalerSettings()
    prometheus: PrometheusSettings = PrometheusSettings()
    network: NetworkSettings = NetworkSettings()
    admission: AdmissionSettings = AdmissionSettings()
    api: RestSettings = RestSettings()
    prices: PriceSettings = PriceSettings()
    ledger: LedgerSettings = LedgerSettings()
    node_autoscaling: bool = False
    """Nodes come when pods ask for them (Cluster Autoscaler, Karpenter): that there is no room now says nothing."""
    workers: int = Field(default=16, ge=1, le=128)
    """Reconciles at once."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    health_port: int = 8080

    @property
    def ledger_url(self) -> str | None:
        """Base URL of the ledger, as its Service has it; None where there is none."""
        if not self.ledger.enabled:
            return None
        address = self.ledger.address or f"{LEDGER}.{self.namespace}.svc:{self.ledger.port}"
        return f"{'https' if self.gateway.peer_certificates else 'http'}://{address}"


def read_settings(path: str | None = None) -> Settings:
    """Read the file at `path` or $INFEROPS_SETTINGS; the defaults where neither is given. Raises SettingsError."""
    path = path or os.environ.get(SETTINGS_VARIABLE)
    if not path:
        return Settings()
    try:
        return parse_settings(Path(path).read_text(), path)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None


def parse_settings(text: str, source: str) -> Settings:
    """The settings in a file's text; `source` names it in errors. Raises SettingsError."""
    try:
        return Settings.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        raise SettingsError(f"{source}: not YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f'{source}: {field}: {first["msg"]} (got "{first["input"]}")') from None
