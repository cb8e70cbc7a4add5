"""Drift: where what is wanted, what was decided and what runs differ. Pure.

Codes: `undecided` (an image that no decision admitted), `moved-tag` (the decided tag now names another image),
`absent-image` (the tag names nothing), `not-a-tag` (what stands there can name no image), `foreign-image` (another
repository is named than the component's), `tag-differs` (the digest there is not one that is pinned for the tag beside
it), `spec-differs` (somebody changed a workload), `not-synced` (the tree says it and the workload does not yet),
`not-rolled-out` (the workload says it and its pods do not run it).
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.services.inventory.admitted import AdmittedImage, PinnedTag
from ldmrelease.services.inventory.trees import DeclaredImage, RunningContainer

DRIFTS = (
    "undecided",
    "moved-tag",
    "absent-image",
    "not-a-tag",
    "foreign-image",
    "tag-differs",
    "spec-differs",
    "not-synced",
    "not-rolled-out",
)
"""Every code that a drift can have."""


class Drift(Struct, frozen=True):
    """A difference: a code, and the values that it is about."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


class ComparedStates(Struct, frozen=True):
    """What is compared: a setting of a tree, a container of a workload, and what was admitted there.

    `arriving` are the digests of the image that a promotion at work brings; None where none is at work. `spelled` is
    what is pinned for the tag that the setting says; None where nothing is.
    """

    said: DeclaredImage | None
    ran: RunningContainer | None
    allowed: AdmittedImage | None
    arriving: frozenset[str] | None
    spelled: PinnedTag | None = None

    @property
    def good(self) -> frozenset[str]:
        """Every digest that may be there."""
        return (self.allowed.digests if self.allowed is not None else frozenset()) | (
            self.arriving or frozenset()
        )


def drifts(sides: ComparedStates) -> tuple[Drift, ...]:
    """How the sides differ, by the identity of images; what nobody could be reached about does not differ."""
    found = list(_of_tree(sides))
    if sides.ran is not None:
        # No workload can follow what names no image, and none should what is not ours.
        said = sides.said
        nothing = said is not None and (said.invalid is not None or said.foreign is not None)
        found += _of_pods(replace(sides, said=None) if nothing else sides, sides.ran)
    return tuple(found)


def _of_tree(sides: ComparedStates) -> Iterator[Drift]:
    said = sides.said
    if said is None or not said.resolved:
        return
    values = {"image": said.spelling, "digest": said.digest, "path": said.path}
    if said.foreign is not None:
        where = {"path": said.foreign.path, **({"line": said.foreign.line} if said.foreign.line else {})}
        yield Drift("foreign-image", _of_foreign(said.foreign, said.image) | where | _decided(sides))
    elif said.by_digest and sides.spelled is not None and said.digest not in sides.spelled.digests:
        yield Drift("tag-differs", values | {"expected": sides.spelled.digest} | _decided(sides))
    elif said.digest in sides.good:
        return
    elif said.invalid is not None:
        yield Drift("not-a-tag", values | _decided(sides))
    elif said.digest is None:
        yield Drift("absent-image", values)
    elif sides.allowed is not None and said.tag == sides.allowed.decided.spelling:
        yield Drift("moved-tag", values | {"decided": sides.allowed.decided.digest})
    else:
        yield Drift("undecided", values | _decided(sides))


def _of_foreign(foreign: ForeignImage, image: str) -> dict[str, Any]:
    told = {"file": foreign.file, "image": image, "found": foreign.found}
    return told | {"expected": list(foreign.expected)}


def _of_pods(sides: ComparedStates, ran: RunningContainer) -> Iterator[Drift]:
    if ran.foreign is not None:
        by = {"by": ran.by, "time": ran.since} if ran.by else {}
        ours = {"same": True} if ran.digests and set(ran.digests) <= sides.good else {}
        workload = {"workload": ran.workload, "container": ran.container}
        told = _of_foreign(ran.foreign, ran.image) | workload
        yield Drift("foreign-image", told | _decided(sides) | ours | by)
        return
    wrong = _wrong_spec(sides, ran)
    if wrong is not None:
        yield wrong
    elif sides.arriving is None:
        yield from _not_rolled_out(sides, ran)


def _wrong_spec(sides: ComparedStates, ran: RunningContainer) -> Drift | None:
    values = {"workload": ran.workload, "container": ran.container, "image": ran.image}
    by = {"by": ran.by, "time": ran.since} if ran.by else {}
    if sides.said is not None:
        if _agree(sides, sides.said, ran) or sides.arriving is not None:
            return None
        wanted = {"wanted": sides.said.spelling}
        return Drift("spec-differs" if ran.by_hand else "not-synced", values | wanted | by)
    if _is_good(sides, ran):
        return None
    code = "undecided" if sides.allowed is None else "spec-differs"
    return Drift(code, values | _decided(sides) | by)


def _agree(sides: ComparedStates, said: DeclaredImage, ran: RunningContainer) -> bool:
    """Whether tree and workload name one image, as far as both say."""
    if said.digest is not None and ran.spec_digest is not None:
        return said.digest == ran.spec_digest or {said.digest, ran.spec_digest} <= sides.good
    return said.tag is not None and said.tag == tag_of(ran.image)


def _is_good(sides: ComparedStates, ran: RunningContainer) -> bool:
    if ran.spec_digest is not None:
        return ran.spec_digest in sides.good
    if sides.allowed is not None and tag_of(ran.image) != sides.allowed.decided.spelling:
        return False
    # The decided tag alone says nothing: what runs under it does.
    return bool(ran.digests) and set(ran.digests) <= sides.good


def _not_rolled_out(sides: ComparedStates, ran: RunningContainer) -> Iterator[Drift]:
    values = {"workload": ran.workload, "container": ran.container, "image": ran.image}
    if not ran.settled:
        yield Drift("not-rolled-out", values | {"verdict": ran.verdict, "reason": ran.reason})
        return
    # Beside what was admitted, nothing says which digests an image has: then the workload's word is enough.
    known = sides.said is None or sides.said.digest in sides.good or _is_decided_tag(sides, sides.said)
    others = sorted(set(ran.digests) - sides.good)
    if known and others:
        yield Drift("not-rolled-out", values | {"verdict": ran.verdict, "found": others})


def _is_decided_tag(sides: ComparedStates, said: DeclaredImage) -> bool:
    """Whether a tag that nobody could be reached about is the decided one."""
    return not said.resolved and sides.allowed is not None and said.tag == sides.allowed.decided.spelling


def _decided(sides: ComparedStates) -> dict[str, Any]:
    return {"decided": sides.allowed.decided.spelling} if sides.allowed is not None else {}


def tag_of(image: str) -> str | None:
    """The tag in an image reference; None where there is none, or it is no reference."""
    try:
        return parse_reference(image).tag
    except ValueError:
        return None
