"""What a request will use, before anybody knows. PURE.

Prompt tokens are guessed by the bytes of the body, four to a token. The answer has at most the tokens that the request
lets it have (`max_tokens` times `n`); where it does not say, as many as the key's answers had lately. What an estimate
lacks is charged when the request ends: a limit is overshot by no more than that of the requests that run at once.
"""

from collections.abc import Mapping
from typing import NamedTuple

BYTES_PER_TOKEN = 4
FIRST = 256
"""Tokens of an answer, until the key has had one."""
WEIGHT = 0.2
"""Of the last answer, in the mean."""


class Estimate(NamedTuple):
    """Of one request, in tokens."""

    prompt: int
    completion: int

    @property
    def total(self) -> int:
        """As limits count them."""
        return self.prompt + self.completion


class Habits:
    """How long answers to each key are, by client id."""

    def __init__(self) -> None:
        self._means: dict[str, float] = {}

    def estimate(self, client: str, size: int, most: int) -> Estimate:
        """`size`: bytes of the body; `most`: tokens that the answer may have, 0: it does not say."""
        if not size:
            return Estimate(0, 0)  # lists models, or so
        return Estimate(-(-size // BYTES_PER_TOKEN), most or round(self._means.get(client, FIRST)))

    def learn(self, client: str, completion: int) -> None:
        """What an answer really had."""
        mean = self._means.get(client)
        self._means[client] = completion if mean is None else mean + WEIGHT * (completion - mean)

    def keep(self, clients: Mapping[str, object]) -> None:
        """Forget all others."""
        for client in self._means.keys() - clients.keys():
            del self._means[client]
