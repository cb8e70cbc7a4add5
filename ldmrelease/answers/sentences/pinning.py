"""Words for why a tag cannot be pinned. Each says what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import Values, said, values_of

if TYPE_CHECKING:
    from ldmrelease.services.releases.pin import Unpinnable

Words = Callable[[Values], str]

PIN_WORDS: Mapping[str, Words] = {
    "unreadable": lambda v: (
        f"{said(v['tag'])} is not a tag in the grammar {v['grammar']}: {said(v['reason'])}"
    ),
    "nothing-found": lambda v: (
        f"nothing of {v['product']} is tagged {said(v['tag'])}: no image, configuration or build; "
        "is the tag spelled right, and built?"
    ),
    "no-such-build": lambda v: f"{v['component']} has no build {said(v['tag'])}; is it built?",
    "bad-image": lambda v: (
        f"{v['component']}: the image tagged {said(v['tag'])} cannot be used: {_image_problem(v)}"
    ),
    "ambiguous-tag": lambda v: (
        f"{v['component']}: two spellings of the tag name two commits ({said(v['commits'])}); delete the wrong one"
    ),
}

_IMAGE_PROBLEMS = {
    "absent": "nothing is there",
    "child-absent": "it names a manifest that is not there",
    "nested-index": "it is an index of indexes; build it flat",
    "duplicate-platform": "it has two manifests for one platform",
    "no-platform": "it names no platform",
    "not-an-image": "it is not an image",
    "schema-1": "it has the form of Docker before 2016 (schema 1); push it again with a newer docker",
}


def _image_problem(v: Values) -> str:
    return f"{_IMAGE_PROBLEMS.get(v['code'], v['code'])} ({said(v['subject'])})"


def unpinnable_words(why: Unpinnable) -> str:
    """Why a tag cannot be pinned."""
    words = PIN_WORDS.get(why.code)
    return words(values_of(why.values)) if words is not None else f"{why.code}: {said(why.values)}"
