"""What the operator's admission webhook denies -> the fields that it speaks of. PURE.

The API server passes a webhook's answer on as one text: sentences that begin with a path of the custom resource, joined
by `; `. Another webhook's text stays as it is.
"""

import re

DENIED = 'admission webhook "validate.inferops.dev" denied the request: '
NEXT = re.compile(r"; (?=spec\.)")
SENTENCE = re.compile(r"(spec\.[\w.\[\]]*[\w\]])(?:: | )(.+)", re.DOTALL)


def read_denial(text: str) -> list[tuple[str, str]]:
    """Path and sentence of each thing that is wrong; nothing where one of them names no path."""
    _, denied, said = text.partition(DENIED)
    found = [SENTENCE.fullmatch(sentence) for sentence in NEXT.split(said)] if denied else []
    return [(each[1], each[2]) for each in found if each] if all(found) else []
