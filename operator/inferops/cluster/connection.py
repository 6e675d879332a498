"""Where the API server is and who we are there: kubeconfig on a workstation, service account in a pod.

`kubernetes` reads both (contexts, exec plugins, token files); nothing else of it is on the hot path.
"""

import os
import ssl
from dataclasses import dataclass
from typing import Any

from kubernetes.client import Configuration
from kubernetes.config import ConfigException, list_kube_config_contexts, load_incluster_config, load_kube_config

from inferops.errors import SettingsError


@dataclass(frozen=True)
class Connection:
    """An API server and our credentials for it."""

    server: str
    """Base URL, without a trailing slash."""
    configuration: Any
    """kubernetes.client.Configuration: it renews tokens when asked for one."""
    namespace: str = "default"
    """Of the kubeconfig's context: where commands look that name none."""

    def authorization(self) -> str:
        """Value of the Authorization header, renewed where it expires; empty when a client certificate says it all."""
        if token := self.configuration.get_api_key_with_prefix("BearerToken"):
            return str(token)
        return str(self.configuration.get_basic_auth_token()) if self.configuration.username else ""

    @property
    def proxy(self) -> str | None:
        """URL of the HTTP proxy on the way to the API server."""
        return self.configuration.proxy or None

    def tls(self) -> ssl.SSLContext:
        """Trust in the API server, and our certificate for it."""
        config = self.configuration
        context = ssl.create_default_context(cafile=config.ssl_ca_cert or None)
        if not config.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if config.cert_file:
            context.load_cert_chain(config.cert_file, config.key_file)
        return context


def read_connection(context: str | None = None) -> Connection:
    """The pod's service account, or the kubeconfig where one is named or no pod is around. Raises SettingsError."""
    configuration = Configuration()
    in_pod = "KUBERNETES_SERVICE_HOST" in os.environ and "KUBECONFIG" not in os.environ and context is None
    try:
        if in_pod:
            load_incluster_config(client_configuration=configuration)
        else:
            load_kube_config(
                config_file=os.environ.get("KUBECONFIG"), context=context, client_configuration=configuration
            )
    except ConfigException as error:
        raise SettingsError(
            f"no connection to a Kubernetes cluster: {error} Set KUBECONFIG, or run in a pod with a service account."
        ) from None
    return Connection(configuration.host.rstrip("/"), configuration, "default" if in_pod else read_namespace(context))


def read_namespace(context: str | None) -> str:
    """The namespace of a context of the kubeconfig."""
    contexts, current = list_kube_config_contexts(os.environ.get("KUBECONFIG"))
    chosen = next((each for each in contexts if each["name"] == context), current)
    return str(chosen["context"].get("namespace") or "default")
