"""Words for what a gate finds before any decision, one sentence for each code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.bundles import BUNDLE_WORDS
from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.sentences.text import Values, listed, said, values_of
from ldmrelease.services.gate.image_verdict import GATE

if TYPE_CHECKING:
    from ldmrelease.domain.decision import Finding


def gate_sentence(finding: Finding) -> str:
    """What was found, by a gate or by a decision, in one sentence without its full stop."""
    words = BEFORE_DECISIONS.get(finding.code) if finding.rule == GATE else None
    return words(values_of(finding.values)) if words is not None else sentence(finding)


BEFORE_DECISIONS: Mapping[str, Callable[[Values], str]] = {
    "not-a-tag": lambda v: f"{said(v['found'])} names no image",
    "not-a-component": lambda v: f"{v['component']} is not a component of any product that runs there",
    "unreadable-tag": lambda v: (
        f"{v['tag']} is not a tag of {v['product']}" + (f"; is {v['meant']} meant?" if "meant" in v else "")
    ),
    "absent-tag": lambda v: f"there is no image {v['tag']} in {v['image']}",
    "foreign-image": lambda v: (
        f"{said(v['found'])} is not the component's repository, which is {listed(v['expected'])}"
    ),
    "tag-differs": lambda v: (
        f"the digest {v['digest']} is not the image of {v['tag']}"
        + (f", which is {v['expected']}" if v.get("expected") else "")
    ),
    "unknown-digest": lambda v: (
        f"no release of {v['component']} that is pinned has the image {v['digest']}: write its tag beside it"
    ),
    "ambiguous": lambda v: (
        f"{v['digest']} is the image of {listed(v['releases'])}: write the tag that is meant beside it"
    ),
    "mixed-releases": lambda v: (
        f"{v['place']} would have images of several releases of one product: "
        + listed(f"{name} ({listed(each)})" for name, each in v["releases"].items())
    ),
    "unmanaged-image": lambda v: (
        f"no product of the workspace declares {said(v['image'])}, and the level {v['level']} refuses such images"
    ),
    "unavailable": lambda v: (
        f"{said(v['where'])} could not be reached: {said(v['reason'])}"
        if v.get("where")
        else said(v["reason"])
    ),
    "not-agreed": lambda v: (
        f"the policy, the target or the product of {v['place']} is not what the trust document records, so nothing "
        "is decided by it; `ldmrelease workspace lint` says what differs"
    ),
    **BUNDLE_WORDS,
}
