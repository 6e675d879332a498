"""Why an instance answers or not."""

from typing import Literal

from pydantic import Field

from inferops.rest.base import Answer, show

EXAMPLE = {
    "summary": "Free a GPU, or name another hardware.",
    "ready": False,
    "findings": [
        {
            "severity": "failure",
            "what": "Pod chat-1f0c9d2e-eu-6c9f7-x2x9p",
            "why": "no node has room for it: nvidia.com/gpu is short by 1",
            "mend": "Free a GPU, or name another hardware.",
        }
    ],
}


class Finding(Answer):
    """One thing that is not as it should be, or that is good to know."""

    severity: Literal["failure", "warning", "note"]
    what: str
    why: str
    mend: str | None = Field(description="null: nothing need be done, or why says it.")


class Explanation(Answer):
    """The whole chain from the spec to the answer, link by link."""

    model_config = show(EXAMPLE)
    summary: str = Field(description="The first thing to do.")
    ready: bool = Field(description="Whether nothing stands in the way of an answer.")
    findings: list[Finding]
