"""Words for what a gate finds of manifests before any decision: one sentence for each code, with its values."""

from collections.abc import Callable, Mapping
from typing import Any

from ldmrelease.answers.sentences.bundles import BUNDLE_WORDS
from ldmrelease.answers.sentences.gates import BEFORE_DECISIONS
from ldmrelease.answers.sentences.text import Values, listed, said, values_of

Words = Callable[[Values], str]


def manifest_words(code: str, plain: Mapping[str, Any]) -> str:
    """What was found, in one sentence without its full stop."""
    values = values_of(plain)
    words = _WORDS.get(code) or BEFORE_DECISIONS.get(code)
    return words(values) if words is not None else f"{code}: {said(plain)}"


def _mixture(v: Values) -> str:
    found = v["releases"]
    if not isinstance(found, Mapping):
        return said(found)
    return "; ".join(f"{listed(parts)} of {said(name)}" for name, parts in found.items())


_IMAGES: dict[str, Words] = {
    "no-digest": lambda v: (
        f"{said(v['image'])} has no digest, so it is not fixed which image will run"
        + (f": write {v['write']}" if "write" in v else ": write it as NAME:TAG@sha256:DIGEST")
    ),
    "not-an-image": lambda v: f"{said(v['image'])} is not an image reference",
    "not-rendered": lambda v: (
        f"{said(v['image'])} is a placeholder that nothing has filled in yet: gate the output of what does"
    ),
    "unknown-component": lambda v: (
        f"component://{said(v['component'])} is not a component here; known are {v.listed('known')}"
    ),
    "not-in-release": lambda v: (
        f"{said(v['release'])} has no component {said(v['component'])}; it has {v.listed('known')}"
    ),
    "no-release": lambda v: (
        f"component://{said(v['component'])} has no release yet: name one with --release, or resolve it first"
    ),
    "not-run-here": lambda v: f"it is {said(v['component'])}, which does not run at this target",
    "foreign-image": lambda v: (
        f"{said(v['found'])} is not a repository of the component, though its digest is of {v.listed('releases')}"
    ),
    "unmanaged-image": lambda v: (
        f"no product of the workspace declares {said(v['image'])}, and level {said(v['level'])} refuses such images"
    ),
    "mixed-releases": lambda v: f"the images at {said(v['place'])} are of several releases: {_mixture(v)}",
    "other-release": lambda v: (
        f"{said(v['found'])} is not of {said(v['release'])}, which has {said(v['expected'])}"
    ),
    "unknown-digest": lambda v: (
        f"no pinned release has {said(v['digest'])} as its image of {said(v['component'])}"
    ),
    "tag-of-another": lambda v: (
        f"the tag {said(v['tag'])} is that of {said(v['spelled'])}, and the digest is of {said(v['release'])}"
    ),
    "not-agreed": lambda v: (
        f"the policy, the target or the product of {v['place']} is not what the trust document records, so nothing "
        "is decided by it; `ldmrelease workspace lint` says what differs"
    ),
    "unavailable": lambda v: f"{said(v['where'])} could not be reached: {said(v['reason'])}",
    **BUNDLE_WORDS,
}
_UNREADABLE: dict[str, Words] = {
    "not-yaml": lambda v: f"not YAML: {said(v['found'])}",
    "template": lambda v: (
        f"a template that is not rendered: {said(v['found'])}; gate the chart, or its output"
    ),
    "duplicate-key": lambda v: (
        f"the key {said(v['key'])} is there twice, and parsers differ on which one counts"
    ),
    "nested-too-deeply": lambda v: f"nested more than {v['most']:,} levels deep",
    "binary-tag": lambda _: "a !!binary value: write it as text",
    "unknown-alias": lambda v: f"the alias *{said(v['alias'])} has no anchor before it",
    "too-many-aliases": lambda v: f"aliases repeat more than {v['most']:,} collections",
    "image-not-text": lambda _: "the image is not text: is this a template that is not rendered?",
    "too-large": lambda v: f"{v['found']:,} bytes; at most {v['most']:,} are read",
    "not-read": lambda v: f"cannot be read: {said(v['reason'])}",
    "no-object": lambda v: (
        "no Kubernetes object is in "
        + ("it" if v["files"] == 1 else f"any of the {v['files']} files")
        + ": a chart's values have to be rendered first"
    ),
    "no-program": lambda v: f"{said(v['program'])} is not installed, and nothing else renders this folder",
    "not-rendered-by": lambda v: f"{said(v['program'])} does not render it: {said(v['reason'])}",
}
_WORDS = {**_IMAGES, **_UNREADABLE}
