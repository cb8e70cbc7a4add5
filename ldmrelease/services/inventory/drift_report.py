"""Every drift of a look, with the next command; and who could not be reached."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.domain.topology import Application, Place, Product
from ldmrelease.services.inventory.comparison import LiveComponent
from ldmrelease.services.inventory.drift import Drift
from ldmrelease.services.inventory.live import UnavailablePlace, unreachable_places
from ldmrelease.services.needs import PolicyLookup

_PROGRAM = "ldmrelease"
_UNKNOWN = "RELEASE"


class DriftFinding(Struct, frozen=True):
    """A drift where it is: `at` is a setting or a container; `fix` is the next command, empty where it is repaired by
    hand.
    """

    place: Place
    level: str
    product: str
    component: str
    at: str
    code: str
    values: dict[str, Any]
    fix: tuple[str, ...]


class DriftReport(Struct, frozen=True):
    """What a look for drift found, and the places where it could not look everywhere."""

    drift: tuple[DriftFinding, ...]
    unreachable: tuple[UnavailablePlace, ...]


def report(context: PolicyLookup, rows: Iterable[LiveComponent]) -> DriftReport:
    """The drift of these rows."""
    rows = list(rows)
    return DriftReport(
        tuple(each for row in rows for each in _found(context, row)), tuple(unreachable_places(rows))
    )


def _found(context: PolicyLookup, row: LiveComponent) -> Iterator[DriftFinding]:
    application = context.topology.application(row.place)
    product = context.topology.product(row.product)
    assert application is not None
    assert product is not None
    for each in row.drift:
        back = _way_back(context, application)
        fix = _fix(application, product, row, each, back)
        yield DriftFinding(
            row.place, row.level, row.product, row.component, row.at, each.code, each.values, fix
        )


def _way_back(context: PolicyLookup, application: Application) -> str:
    """What brings back to a place what ran there: not a promotion where the level lets nothing return by one."""
    level, place = context.levels.get(application.level), application.place
    enter = level.at(place.environment).enter if level is not None else ()
    return "rollback" if any(each.rule == "not-returned" for each in enter) else "promote"


def _fix(
    application: Application, product: Product, row: LiveComponent, drift: Drift, back: str
) -> tuple[str, ...]:
    """The command; `back` is the one that brings back what was decided."""
    there = ("--product", row.product, "--target", str(row.place))
    match drift.code:
        case "foreign-image" if not application.target.capabilities.writes_directly:
            return ()
        case "undecided" | "spec-differs" | "not-a-tag" | "foreign-image" | "tag-differs":
            decided = _decided_tag(row)
            if decided is not None:
                return (_PROGRAM, back, decided, *there)
            return (_PROGRAM, "promote", _tag_there(product, row) or _UNKNOWN, *there)
        case "moved-tag":
            tag = _decided_tag(row) or _UNKNOWN
            return (_PROGRAM, "release", "pin", tag, "--product", row.product, "--reason", "WHY")
        case "absent-image":
            return (_PROGRAM, "rollback", *there)
        case "not-rolled-out":
            return _describe(application, drift)
        case _:
            return (_PROGRAM, "drift", "--target", str(row.place))


def _decided_tag(row: LiveComponent) -> str | None:
    return _tag(row.decided.release) if row.decided is not None else None


def _tag_there(product: Product, row: LiveComponent) -> str | None:
    """The release that is there: as it is pinned, or as its image's tag says."""
    source = product.component(row.component)
    if row.desired is None or source is None:
        return None
    if row.desired.release is not None:
        return _tag(row.desired.release)
    tag = row.desired.spelling.rpartition("/")[2].partition("@")[0].rpartition(":")[2]
    parsed = tag_pattern_match(source.spelling, tag, product.grammar)
    return parsed.name if parsed is not None else None


def _tag(release: str) -> str:
    return release.partition("/")[2]


def _describe(application: Application, drift: Drift) -> tuple[str, ...]:
    assert application.workloads is not None
    cluster, namespace = application.workloads.cluster, application.workloads.namespace
    way = ("--kubeconfig", cluster.kubeconfig) if cluster.kubeconfig is not None else ()
    return (
        "kubectl",
        *way,
        "--context",
        cluster.context,
        "-n",
        namespace,
        "describe",
        drift.values["workload"],
    )
