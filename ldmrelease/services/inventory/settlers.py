"""Who could settle a drift: the people who may ask for a release there, the author of a line, whoever runs a tool.

What somebody could do is a code (`act`), with a command where there is one. The command of those who may ask for a
release is the finding's own, planned before it is given; that of others is theirs to run.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.drift import OF_CONTROLLERS, Settler
from ldmrelease.services.inventory.drift_report import DriftFinding, DriftReport
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.verify import Rejected

ASK, REVERT, SYNC, PUSH, REPIN, INSPECT, UNDO, EDIT, RESUME, OBSERVE = (
    *("ask-for-a-release", "take-back-the-commit", "sync", "push-the-decided-image", "pin-again"),
    *("see-to-the-rollout", "undo-the-change", "change-the-tree", "resume", "observe"),
)
ACTS = (ASK, REVERT, SYNC, PUSH, REPIN, INSPECT, UNDO, EDIT, RESUME, OBSERVE)
"""Everything that somebody could do about a drift."""


AUTHOR, PUSHER, SYNCER, OPERATOR, EDITOR, OWNER = (
    *("author", "image-publisher", "sync-operator", "cluster-operator", "field-manager", "tree-owner"),
)
"""Roles that no trust document has: of commits, registries and clusters."""

_SYNCS = ("sync-failed", "sync-stale", "out-of-sync")
_IN_TREE = ("undecided", "reverted", "not-a-tag", "absent-image", "foreign-image", "tag-differs")


def settlers_of(context: SignedHistory, report: DriftReport, now: datetime) -> DriftReport:
    """The same report, with everybody who could settle each drift, the likeliest first.

    now: when the keys of those who may ask for a release have to be good.
    """
    keys = [each for each in context.keyring.keys if _is_good(each, now)]
    return replace(
        report,
        drift=tuple(replace(each, settlers=_settled_by(context, keys, each)) for each in report.drift),
    )


def _is_good(key: Key, now: datetime) -> bool:
    return key.compromised_since is None and key.not_before <= now <= (key.not_after or now)


def _settled_by(context: SignedHistory, keys: Sequence[Key], finding: DriftFinding) -> tuple[Settler, ...]:
    if finding.code in OF_CONTROLLERS:
        return (_of_controller(finding),)
    return tuple(_settlers(context, keys, finding))


def _settlers(context: SignedHistory, keys: Sequence[Key], finding: DriftFinding) -> Iterator[Settler]:
    values = finding.values
    match finding.code:
        case "not-synced":
            yield Settler(SYNCER, _by(finding), SYNC)
        case "not-desired":
            yield Settler(SYNCER, (), SYNC)
            yield Settler(OWNER, (), EDIT)
        case "not-rolled-out":
            yield Settler(OPERATOR, (), INSPECT, finding.fix)
        case "rendered-otherwise":
            yield Settler(OWNER, (), EDIT)
        case "not-committed":
            waited_for = tuple(map(str, values["who"]))
            if waited_for:
                yield from (Settler(each, _people(keys, each), RESUME, finding.fix) for each in waited_for)
            else:
                yield from _requesters(context, keys, finding, RESUME)
        case "moved-tag":
            yield Settler(PUSHER, (), PUSH)
            yield from _requesters(context, keys, finding, REPIN)
        case "spec-differs" if "wanted" in values:
            yield Settler(SYNCER, (), SYNC)
            yield Settler(EDITOR, _by(finding), UNDO)
        case code:
            yield from _requesters(context, keys, finding, ASK)
            if "workload" in values:
                yield Settler(EDITOR, _by(finding), UNDO)
            elif code in _IN_TREE:
                commit = values.get("commit")
                revert = ("git", "revert", str(commit)) if commit else ()
                yield Settler(AUTHOR if commit else OWNER, _by(finding), REVERT if commit else EDIT, revert)


def _of_controller(finding: DriftFinding) -> Settler:
    """What an object of a controller says is undone by hand, or in the tree that it comes from."""
    if finding.code in _SYNCS:
        return Settler(SYNCER, (), SYNC)
    by_hand = bool(finding.values.get("by_hand"))
    return Settler(EDITOR, _by(finding), UNDO) if by_hand else Settler(OWNER, (), EDIT)


def _by(finding: DriftFinding) -> tuple[str, ...]:
    by = finding.values.get("by")
    return (str(by),) if by else ()


def _requesters(
    context: SignedHistory, keys: Sequence[Key], finding: DriftFinding, act: str
) -> Iterator[Settler]:
    """Those whose keys may ask for a release of the component's images at the place, role by role."""
    product = context.topology.product(finding.product)
    source = product.component(finding.component) if product is not None else None
    type, environments = ("pin", ()) if act == REPIN else ("request", (finding.place.environment,))
    repositories = (source.source,) if source is not None else ()
    yield from _entitled(context, keys, type, environments, repositories, act, finding.fix)


def entitled_settlers(
    context: SignedHistory, type: str, place: Place, act: str, now: datetime, command: tuple[str, ...]
) -> tuple[Settler, ...]:
    """Those whose keys may sign a type of record about a place now, role by role, with what they could do."""
    keys = [each for each in context.keyring.keys if _is_good(each, now)]
    return tuple(_entitled(context, keys, type, (place.environment,), (), act, command))


def _entitled(
    context: SignedHistory,
    keys: Sequence[Key],
    type: str,
    environments: tuple[str, ...],
    repositories: tuple[str, ...],
    act: str,
    command: tuple[str, ...],
) -> Iterator[Settler]:
    held: dict[str, list[str]] = {}
    for key in keys:
        found = entitled_roles(
            type, key, context.keyring, environments=environments, repositories=repositories
        )
        for role in () if isinstance(found, Rejected) else found:
            held.setdefault(role.name, []).append(key.person)
    for name, people in sorted(held.items()):
        yield Settler(name, tuple(dict.fromkeys(people)), act, command)


def _people(keys: Sequence[Key], role: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.person for each in keys if role in (each.id, *each.roles)))
