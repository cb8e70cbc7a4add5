"""Words for bundles: why one cannot be gated by, and what is to be heeded though it can."""

from collections.abc import Callable, Mapping
from typing import Any

from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.sentences.text import Values, listed, said, values_of

_NEWER = "take a newer one: `ldmrelease bundle export`"

BUNDLE_WORDS: Mapping[str, Callable[[Values], str]] = {
    "not-in-bundle": lambda v: (
        f"the bundle knows no release of {said(v['component'])} with {said(v['digest'])}; pin its release where the "
        f"ledger is, and {_NEWER}"
    ),
    "no-decision": lambda v: f"the bundle has no decision about {said(v['release'])} there; {_NEWER}",
    "lapsed": lambda v: (
        f"the decision about {said(v['release'])} was valid until {v['valid_until']}; {_NEWER}"
    ),
    "held": lambda v: (
        f"it is held by {v['hold']}{' of ' + said(v['person']) if 'person' in v else ''}: {said(v['reason'])}"
    ),
}
"""What a bundle says of an image before any decision, or where there is none."""
_WORDS: Mapping[str, Callable[[Values], str]] = {
    "malformed": lambda v: f"it is not a bundle{': ' + said(v['detail']) if 'detail' in v else ''}",
    "stale": lambda v: f"stale since {v['stale_after']}; it expires at {v['expires']}; {_NEWER}",
    "expired": lambda v: f"it expired at {v['expires']}, so nothing is decided by it; {_NEWER}",
    "other-ledger": lambda v: (
        f"it is from ledger {v['found']}, and only those from {v['expected']} are accepted"
    ),
    "other-cluster": lambda v: (
        f"according to the bundle {v['environment']} is in {_clusters(v['found'])}, "
        f"and the gate is for cluster {v['expected']}"
    ),
    "older-bundle": lambda v: f"it has serial {v['serial']}, and {v['seen']} was seen already; {_NEWER}",
    "other-bundle": lambda v: (
        f"another bundle of serial {v['serial']} was seen already: the ledger was forked, or one of them was forged"
    ),
    "other-trust": lambda v: (
        f"it was made under another trust document ({v['found']}) of the same version as ours ({v['expected']})"
    ),
    "newer-trust": lambda v: (
        f"it was made under version {v['version']} of the trust document, and ours is {v['ours']}: bring the newest one"
    ),
    "older-trust": lambda v: (
        f"it was made under version {v['version']} of the trust document, and ours is {v['ours']}; {_NEWER}"
    ),
}


def bundle_words(code: str, values: Mapping[str, object]) -> str:
    """Why a bundle does not count, or what is to be heeded of it."""
    words = _WORDS.get(code)
    return words(values_of(values)) if words is not None else why_not(code, values)


def _clusters(found: Any) -> str:
    return f"cluster {listed(found)}" if found else "no cluster that is known"
