"""What the gateway itself answers, as OpenAI's error objects. Engines' own answers pass unchanged.

Source: https://platform.openai.com/docs/guides/error-codes
"""

from dataclasses import dataclass
from typing import Any

from inferops.gateway.headers import CLIENT_REQUEST_HEADER, CLIENT_REQUEST_ID

Filter = dict[str, Any]
"""envoy.config.accesslog.v3.AccessLogFilter as JSON."""
BODY = "%LOCAL_REPLY_BODY%"
"""The sentence of whoever refused: control, the module or a stopped instance's route."""
ASKED_MODEL = "%DYNAMIC_METADATA(inferops:model)%"
CEL = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"


@dataclass(frozen=True)
class Reply:
    """One error object; `when` narrows it down among those of the same status."""

    status: int
    message: str
    code: str
    type: str = "invalid_request_error"
    when: Filter | None = None
    param: str | None = None
    at_least: bool = False
    """Also every higher status."""
    becomes: int | None = None
    """The status that the client gets."""


def vhost_begins(prefix: str) -> Filter:
    """Requests that lead to a virtual host of that sort (see virtual_hosts.py)."""
    return {"header_filter": {"header": {"name": "x-vhost", "string_match": {"prefix": prefix}}}}


def path_is(pattern: str) -> Filter:
    """Requests for a path."""
    return {"header_filter": {"header": {"name": ":path", "string_match": {"safe_regex": {"regex": pattern}}}}}


def has_header(name: str) -> Filter:
    """Requests with that header."""
    return {"header_filter": {"header": {"name": name, "present_match": True}}}


def refused_by(details: str) -> Filter:
    """Answers with these response code details."""
    return expression(f"response.code_details.startsWith('{details}')")


def led_to(cluster: str) -> Filter:
    """Requests whose route leads there."""
    return expression(f"xds.cluster_name == '{cluster}'")


def expression(text: str) -> Filter:
    """Requests of which it is true (CEL, with Envoy's attributes)."""
    return {"extension_filter": {"name": "cel", "typed_config": {"@type": CEL, "expression": text}}}


NO_KEY = "You did not provide an API key. Send it as `Authorization: Bearer <key>` or as `x-api-key: <key>`."
NO_MODEL = f"The model `{ASKED_MODEL}` does not exist, or your API key's namespace does not serve it."
TOO_LARGE = "The request body is too large (file too large)."
OLD_HTTP = "HTTP/1.0 is not spoken here: use HTTP/1.1 (in nginx: `proxy_http_version 1.1;`) or HTTP/2."
BUSY = "The instance did not answer. Retry later."
MAY_NOT_CALL = "This API key is not allowed to call models: it lacks the scope `inference`."
NO_LIST = {"and_filter": {"filters": [vhost_begins("models"), path_is(r"/v1/models/?(\?.*)?")]}}
"""Every key that may call models has a list of them, if only an empty one."""
SERVER = "server_error"

REPLIES = (
    Reply(400, BODY, "unsupported_file_type", when=refused_by("inferops_unsupported_file"), param="file"),
    Reply(400, BODY, "bad_request", when=refused_by("inferops")),
    Reply(400, "The request is malformed.", "bad_request"),
    Reply(401, "Incorrect API key provided.", "invalid_api_key", when=has_header("x-key-hash")),
    Reply(401, NO_KEY, "missing_api_key"),
    Reply(403, "This API key is not allowed to use this instance.", "key_not_allowed", "permission_error"),
    Reply(404, MAY_NOT_CALL, "key_not_allowed", "permission_error", NO_LIST, becomes=403),
    Reply(404, NO_MODEL, "model_not_found", when=vhost_begins("m:")),
    Reply(404, "There is no such model.", "model_not_found", when=vhost_begins("models")),
    Reply(404, "There is no such URL at this host.", "not_found"),
    Reply(408, "The request took too long to arrive.", "request_timeout"),
    Reply(413, TOO_LARGE, "request_too_large"),
    Reply(426, OLD_HTTP, "upgrade_required"),
    Reply(429, BODY, "insufficient_quota", "insufficient_quota", refused_by("inferops_quota")),
    Reply(429, BODY, "rate_limit_exceeded", "tokens", refused_by("inferops_tokens")),
    Reply(429, BODY, "rate_limit_exceeded", "budget", refused_by("inferops_budget")),
    Reply(429, BODY, "rate_limit_exceeded", "requests"),
    Reply(431, "The request's headers are too large or too many.", "headers_too_large"),
    Reply(502, "The engine gave an answer that is not HTTP.", "bad_gateway", SERVER),
    Reply(503, BODY, "instance_stopped", SERVER, refused_by("direct_response")),
    Reply(503, BODY, "instance_not_ready", SERVER, refused_by("ext_authz_denied")),
    Reply(503, "The REST API does not answer. Retry later.", "service_unavailable", SERVER, led_to("api")),
    Reply(503, BUSY, "service_unavailable", SERVER),
    Reply(504, "The engine did not answer in time.", "timeout", SERVER),
    Reply(500, "The gateway failed. Retry later.", "internal_error", SERVER, at_least=True),
    Reply(400, "The request was refused.", "bad_request", at_least=True),
)
"""The first that fits is taken."""


def build_replies() -> Filter:
    """envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig as JSON."""
    return {"mappers": [build_mapper(reply, index) for index, reply in enumerate(REPLIES)]}


def build_mapper(reply: Reply, index: int) -> Filter:
    """One mapper. The runtime key is required and never set."""
    value = {"default_value": reply.status, "runtime_key": f"gateway.reply_{index}"}
    status = {"status_code_filter": {"comparison": {"op": "GE" if reply.at_least else "EQ", "value": value}}}
    error = {"message": reply.message, "type": reply.type, "param": reply.param, "code": reply.code}
    headers = {"content-type": "application/json", CLIENT_REQUEST_HEADER: CLIENT_REQUEST_ID}
    return {
        "filter": {"and_filter": {"filters": [status, reply.when]}} if reply.when else status,
        **({"status_code": reply.becomes} if reply.becomes else {}),
        "headers_to_add": [
            {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for key, value in headers.items()
        ],
        "body_format_override": {"json_format": {"error": error}},
    }
