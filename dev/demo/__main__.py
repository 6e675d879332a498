"""`python -m dev.demo`: apply examples/demo, wait, ask, and say how to go on. Needs `make up` before."""

import base64
import json
import time
from pathlib import Path
from typing import Any

from dev.demo.ask import GATEWAY, ask_chat, ask_stream, ask_transcription, show_curl
from dev.demo.engine_image import push_engine_image
from dev.demo.progress import Waiting
from dev.target import Target, read_target

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples" / "demo"
NAMESPACE = "demo"
TIMEOUT = 600.0


def main() -> None:
    """Exit 0 when all three answers came."""
    target = read_target()
    if not target.local:
        raise SystemExit("make demo brings its own registry and engine: unset CONTEXT and KUBECONFIG, or see README.md")
    chat, whisper = start(target)
    key = read_key(target, "demo")
    ask_chat(chat, key)
    ask_stream(chat, key)
    ask_transcription(whisper, key, ROOT / "examples" / "audio" / "hello.wav")
    show_curl(chat)
    print(CLOSING.format(namespace=NAMESPACE, address=GATEWAY))


def start(target: Target) -> list[dict[str, Any]]:
    """Statuses of the instances `chat` and `whisper`, once they are ACTIVE; harmless to repeat."""
    push_engine_image()
    target.kubectl("apply", "-f", "-", stdin=namespace_manifest())
    target.kubectl("-n", NAMESPACE, "apply", "--server-side", "-f", str(EXAMPLES))
    return [wait_for(target, name) for name in ("chat", "whisper")]


def namespace_manifest() -> str:
    """A namespace that lets only restricted pods in: model pods are such."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})


def wait_for(target: Target, name: str) -> dict[str, Any]:
    """The instance's status, once it is ACTIVE; meanwhile a line says what it waits for."""
    waiting = Waiting(name)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        instance = json.loads(target.kubectl("-n", NAMESPACE, "get", "inf", name, "-o", "json"))
        status = instance.get("status", {})
        waiting.show(status)
        if status.get("phase") == "ACTIVE":
            waiting.done()
            return dict(status)
        time.sleep(0.5)
    pods = target.kubectl("-n", NAMESPACE, "get", "pods,events", check=False)
    raise SystemExit(f"\n{name} is not ACTIVE after {TIMEOUT:.0f} s:\n{json.dumps(status, indent=2)}\n{pods}")


def read_key(target: Target, name: str) -> str:
    """The API key that the operator made."""
    encoded = target.kubectl("-n", NAMESPACE, "get", "secret", name, "-o", "jsonpath={.data.apiKey}")
    return base64.b64decode(encoded).decode()


CLOSING = """
How to go on:
  eval "$(.venv/bin/python -m dev.cluster env)"      # kubectl for this cluster
  KEY=$(kubectl -n {namespace} get secret demo -o jsonpath='{{.data.apiKey}}' | base64 -d)
  kubectl -n {namespace} get inf                          # the instances
  kubectl -n {namespace} describe inf chat                # and why they are as they are
  export INFEROPS_URL={address} INFEROPS_API_KEY=$(
    kubectl -n {namespace} get secret manager -o jsonpath='{{.data.apiKey}}' | base64 -d)
  .venv/bin/inferops usage --by key,model            # what was used, and what it cost
  echo "$INFEROPS_API_KEY"                           # opens the console: {address}/ in a browser
  make down                                          # everything away
"""

if __name__ == "__main__":
    main()
