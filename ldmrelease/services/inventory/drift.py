"""Drift: where what is wanted, what was decided and what runs differ. Pure.

Codes: `undecided` (an image that no decision admitted), `reverted` (one that was admitted, before the decided one took
its place), `not-committed` (a promotion was let in and waits, so that the tree still has what was there), `moved-tag`
(the decided tag now names another image), `absent-image` (the tag names nothing), `not-a-tag` (what stands there can
name no image), `foreign-image` (another repository is named than the component's), `tag-differs` (the digest there is
not one that is pinned for the tag beside it), `spec-differs` (somebody changed a workload), `not-synced` (the tree says
it and the workload does not yet), `not-rolled-out` (the workload says it and its pods do not run it), `not-desired` (it
runs, and the tree has switched the application off), `rendered-otherwise` (a container is made of the setting, and gets
another image); and those of GitOps controllers (`sync_drift`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.services.inventory.admitted import AdmittedImage, PendingImage, PinnedTag
from ldmrelease.services.inventory.rendered_image import RENDERED_OTHERWISE
from ldmrelease.services.inventory.trees import DeclaredImage, RunningContainer

OF_CONTROLLERS = (
    "overridden",
    "other-revision",
    "not-read",
    "sync-paused",
    "sync-failed",
    "sync-stale",
    "out-of-sync",
)
"""The codes of what GitOps controllers say (`sync_drift`)."""
DRIFTS = (
    "undecided",
    "reverted",
    "not-committed",
    "moved-tag",
    "absent-image",
    "not-a-tag",
    "foreign-image",
    "tag-differs",
    "spec-differs",
    "not-synced",
    "not-rolled-out",
    "not-desired",
    "rendered-otherwise",
    *OF_CONTROLLERS,
)
"""Every code that a drift can have."""

DESIRED, DECIDED, OBSERVED = "desired", "decided", "observed"
_OF_PODS = ("not-synced", "not-rolled-out", "not-desired", RENDERED_OTHERWISE, *OF_CONTROLLERS)


class Drift(Struct, frozen=True):
    """A difference: a code, and the values that it is about."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


class Settler(Struct, frozen=True):
    """Who could settle a drift: a `role`, the `people` who have it where somebody knows their names, and what they
    could do: `act` (a code of `settlers.ACTS`), by `command` where there is one.
    """

    role: str
    people: tuple[str, ...]
    act: str
    command: tuple[str, ...] = ()


class ComparedStates(Struct, frozen=True):
    """What is compared: a setting of a tree, a container of a workload, and what was admitted there.

    `arriving` are the digests of the image that a promotion at work brings; None where none is at work. `spelled` is
    what is pinned for the tag that the setting says; None where nothing is. `earlier` are the digests of what was
    admitted before and has been replaced, `pending` is what was let in and is not written. `switched_off`: the tree
    does not deploy the application there.
    """

    said: DeclaredImage | None
    ran: RunningContainer | None
    allowed: AdmittedImage | None
    arriving: frozenset[str] | None
    spelled: PinnedTag | None = None
    earlier: frozenset[str] = frozenset()
    pending: PendingImage | None = None
    switched_off: bool = False

    @property
    def good(self) -> frozenset[str]:
        """Every digest that may be there."""
        return (self.allowed.digests if self.allowed is not None else frozenset()) | (
            self.arriving or frozenset()
        )


def differing_states(code: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Which two of the three states a drift is between: what a workload says differs from the tree where that is
    compared, and from the decision elsewhere.
    """
    if code in _OF_PODS or "wanted" in values:
        return DESIRED, OBSERVED
    return (DECIDED, OBSERVED) if "workload" in values else (DESIRED, DECIDED)


def drifts(states: ComparedStates) -> tuple[Drift, ...]:
    """How the states differ, by the identity of images; what nobody could be reached about does not differ."""
    found = list(_of_tree(states))
    if states.said is not None:
        found += [Drift(RENDERED_OTHERWISE, each.values()) for each in states.said.rendered]
    if states.ran is not None:
        # No workload can follow what names no image, and none should what is not ours.
        said = states.said
        nothing = said is not None and (said.invalid is not None or said.foreign is not None)
        found += _of_pods(replace(states, said=None) if nothing else states, states.ran)
    return tuple(found)


def _of_tree(states: ComparedStates) -> Iterator[Drift]:
    said = states.said
    if said is None or not said.resolved:
        return
    values = {"image": said.spelling, "digest": said.digest, "path": said.path}
    if said.foreign is not None:
        where = {"path": said.foreign.path, **({"line": said.foreign.line} if said.foreign.line else {})}
        yield Drift("foreign-image", _of_foreign(said.foreign, said.image) | where | _decided(states))
    elif said.by_digest and states.spelled is not None and said.digest not in states.spelled.digests:
        yield Drift("tag-differs", values | {"expected": states.spelled.digest} | _decided(states))
    elif said.digest in states.good:
        yield from _not_committed(states, said)
    elif said.invalid is not None:
        yield Drift("not-a-tag", values | _decided(states))
    elif said.digest is None:
        yield Drift("absent-image", values | _decided(states))
    elif states.allowed is not None and said.tag == states.allowed.decided.spelling:
        yield Drift("moved-tag", values | {"decided": states.allowed.decided.digest})
    elif said.digest in states.earlier:
        yield Drift("reverted", values | _decided(states))
    else:
        yield Drift("undecided", values | _decided(states))


def _not_committed(states: ComparedStates, said: DeclaredImage) -> Iterator[Drift]:
    pending = states.pending
    if pending is not None and said.digest not in pending.digests:
        told = {"image": said.spelling, "path": said.path, "release": pending.release}
        yield Drift("not-committed", told | {"promotion": pending.promotion, "who": list(pending.who)})


def _of_foreign(foreign: ForeignImage, image: str) -> dict[str, Any]:
    told = {"file": foreign.file, "image": image, "found": foreign.found}
    return told | {"expected": list(foreign.expected)}


def _of_pods(states: ComparedStates, ran: RunningContainer) -> Iterator[Drift]:
    if states.switched_off:
        if ran.digests:
            told = {"workload": ran.workload, "container": ran.container, "image": ran.image}
            yield Drift("not-desired", told | _decided(states))
        return
    if ran.foreign is not None:
        by = {"by": ran.by, "time": ran.since} if ran.by else {}
        ours = {"same": True} if ran.digests and set(ran.digests) <= states.good else {}
        workload = {"workload": ran.workload, "container": ran.container}
        told = _of_foreign(ran.foreign, ran.image) | workload
        yield Drift("foreign-image", told | _decided(states) | ours | by)
        return
    wrong = _wrong_spec(states, ran)
    if wrong is not None:
        yield wrong
    elif states.arriving is None:
        yield from _not_rolled_out(states, ran)


def _wrong_spec(states: ComparedStates, ran: RunningContainer) -> Drift | None:
    values = {"workload": ran.workload, "container": ran.container, "image": ran.image}
    by = {"by": ran.by, "time": ran.since} if ran.by else {}
    if states.said is not None:
        if _agree(states, states.said, ran) or states.arriving is not None:
            return None
        wanted = {"wanted": states.said.spelling}
        return Drift("spec-differs" if ran.by_hand else "not-synced", values | wanted | by)
    if _is_good(states, ran):
        return None
    code = "undecided" if states.allowed is None else "spec-differs"
    return Drift(code, values | _decided(states) | by)


def _agree(states: ComparedStates, said: DeclaredImage, ran: RunningContainer) -> bool:
    """Whether tree and workload name one image, as far as both say."""
    if said.digest is not None and ran.spec_digest is not None:
        return said.digest == ran.spec_digest or {said.digest, ran.spec_digest} <= states.good
    if ran.spec_digest is not None and _is_decided_tag(states, said):
        # What the decided tag stands for was decided; the registry that does not answer need not say it.
        return ran.spec_digest in states.good
    return said.tag is not None and said.tag == tag_of(ran.image)


def _is_good(states: ComparedStates, ran: RunningContainer) -> bool:
    if ran.spec_digest is not None:
        return ran.spec_digest in states.good
    if states.allowed is not None and tag_of(ran.image) != states.allowed.decided.spelling:
        return False
    # The decided tag alone says nothing: what runs under it does.
    return bool(ran.digests) and set(ran.digests) <= states.good


def _not_rolled_out(states: ComparedStates, ran: RunningContainer) -> Iterator[Drift]:
    values = {"workload": ran.workload, "container": ran.container, "image": ran.image}
    if not ran.settled:
        yield Drift("not-rolled-out", values | {"verdict": ran.verdict, "reason": ran.reason})
        return
    # Beside what was admitted, nothing says which digests an image has: then the workload's word is enough.
    known = states.said is None or states.said.digest in states.good or _is_decided_tag(states, states.said)
    others = sorted(set(ran.digests) - states.good)
    if known and others:
        yield Drift("not-rolled-out", values | {"verdict": ran.verdict, "found": others})


def _is_decided_tag(states: ComparedStates, said: DeclaredImage) -> bool:
    """Whether a tag that nobody could be reached about is the decided one."""
    return not said.resolved and states.allowed is not None and said.tag == states.allowed.decided.spelling


def _decided(states: ComparedStates) -> dict[str, Any]:
    return {"decided": states.allowed.decided.spelling} if states.allowed is not None else {}


def tag_of(image: str) -> str | None:
    """The tag in an image reference; None where there is none, or it is no reference."""
    try:
        return parse_reference(image).tag
    except ValueError:
        return None
