"""Every drift of a look, with the next command; and who could not be reached."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.decision import Decision
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Level
from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.domain.topology import Application, Place, Product
from ldmrelease.services.inventory.admitted import ImageAdmission
from ldmrelease.services.inventory.comparison import DesiredImage, LiveComponent, RunningImage
from ldmrelease.services.inventory.drift import Drift, Settler
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.live import (
    LiveAnswers,
    UnavailablePlace,
    UnrenderedPlace,
    unreachable_places,
)
from ldmrelease.services.inventory.switched_off import SwitchedOffApplication
from ldmrelease.services.inventory.way_back import way_back
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.releases.second_spellings import first_spelling
from ldmrelease.targets.results import Refusal

_PROGRAM = "ldmrelease"
_UNKNOWN = "RELEASE"
_BY_REQUEST = (
    "undecided",
    "reverted",
    "spec-differs",
    "not-a-tag",
    "absent-image",
    "foreign-image",
    "tag-differs",
)
_NAMES_NOTHING = ("not-a-tag", "absent-image")
Levels = Mapping[str, Level]


class Option(Struct, frozen=True):
    """A request that may bring back what is to be there: `promote`, `rollback` or `retire` of a tag, or of a text that
    a menu has. Whether it would be let through is seen by planning it.
    """

    intent: Intent
    tag: str

    def command(self, finding: "DriftFinding", *more: str) -> tuple[str, ...]:
        """The words to type."""
        there = ("--product", finding.product, "--target", str(finding.place))
        return (_PROGRAM, str(self.intent), self.tag, *there, *more)


class Blocked(Struct, frozen=True):
    """Why a command is not advised: a decision that stands in the way, what the place refuses, or another `reason`.
    `once` is what has to be so before it would be let through, where that is all.
    """

    command: tuple[str, ...]
    decision: Decision | None = None
    refusals: tuple[Refusal | Unavailable, ...] = ()
    reason: str = ""
    once: str = ""


class DriftFinding(Struct, frozen=True):
    """A drift where it is: `at` is a setting or a container; `fix` is the next command, empty where it is repaired by
    hand, or `options` are the requests of which one may be. `blocked` says what stands in the way of the first of them,
    where none is let through. `desired`, `decided` and `observed` are the three states as they are there, None where
    nobody could say one; `settlers` are those who could settle it (`settlers.settlers_of`).
    """

    place: Place
    level: str
    product: str
    component: str
    at: str
    code: str
    values: dict[str, Any]
    fix: tuple[str, ...]
    options: tuple[Option, ...] = ()
    blocked: Blocked | None = None
    desired: DesiredImage | None = None
    decided: ImageAdmission | None = None
    observed: RunningImage | None = None
    settlers: tuple[Settler, ...] = ()


class DriftReport(Struct, frozen=True):
    """What a look for drift found at `places`, and those where it could not look everywhere.

    switched_off: applications of places that their environment does not deploy, by their tree. unrendered: places that
    are known by their settings alone.
    """

    drift: tuple[DriftFinding, ...]
    unreachable: tuple[UnavailablePlace, ...]
    places: int
    switched_off: tuple[SwitchedOffApplication, ...] = ()
    unrendered: tuple[UnrenderedPlace, ...] = ()

    @property
    def answered(self) -> int:
        """At how many places everybody answered who was asked."""
        return self.places - len(self.unreachable)

    @property
    def is_whole(self) -> bool:
        """Whether all could be looked at that was to be: nobody was out of reach, and nothing took too long."""
        return not self.unreachable and not any(each.is_late for each in self.unrendered)


def report(context: ReleaseHistory, levels: Levels, heard: LiveAnswers, places: int) -> DriftReport:
    """The drift of what so many places said. `levels` are the policies, by the name of their level."""
    return DriftReport(
        tuple(each for row in heard.rows for each in _found(context, levels, row)),
        tuple(unreachable_places(heard.rows)),
        places,
        heard.switched_off,
        heard.unrendered,
    )


def _found(context: ReleaseHistory, levels: Levels, row: LiveComponent) -> Iterator[DriftFinding]:
    application = context.topology.application(row.place)
    product = context.topology.product(row.product)
    assert application is not None
    assert product is not None
    for each in row.drift:
        options = tuple(dict.fromkeys(_options(context, levels, application, product, row, each)))
        found = DriftFinding(
            row.place, row.level, row.product, row.component, row.at, each.code, each.values, (), options,
            desired=row.desired, decided=row.decided, observed=row.observed,
        )  # fmt: skip
        fix = options[0].command(found) if options else _fix(application, row, each)
        yield replace(found, fix=fix)


def _ways_back(levels: Levels, application: Application) -> tuple[Intent, Intent]:
    """What brings back to a place what ran there: no promotion first, where the level lets nothing return by one."""
    level, place = levels.get(application.level), application.place
    enter = level.at(place.environment).enter if level is not None else ()
    first = any(each.rule == "not-returned" for each in enter)
    return (Intent.ROLLBACK, Intent.PROMOTE) if first else (Intent.PROMOTE, Intent.ROLLBACK)


def _options(
    context: ReleaseHistory,
    levels: Levels,
    application: Application,
    product: Product,
    row: LiveComponent,
    drift: Drift,
) -> Iterator[Option]:
    """The requests that may bring back what is to be there, the best first."""
    by_hand = drift.code == "foreign-image" and not application.target.capabilities.writes_directly
    if drift.code not in _BY_REQUEST or by_hand:
        return
    decided = _decided_tag(row)
    if decided is not None:
        assert row.decided is not None
        again = ImageNames(context).with_revision(row.decided.release, row.decided.digest)
        for way in _ways_back(levels, application):
            yield Option(way, again if way is Intent.ROLLBACK else decided)
    there = _tag_there(product, row) if decided is None and drift.code not in _NAMES_NOTHING else None
    if there is not None:
        yield Option(Intent.PROMOTE, first_spelling(context, product.name, there))
    if application.target.capabilities.keeps_many:
        if decided is None or drift.code != "undecided":
            yield Option(Intent.RETIRE, str(drift.values.get("image", "")))
    elif decided is None and (before := way_back(context, row.place, product.name).tag) is not None:
        yield Option(Intent.ROLLBACK, before)


def _fix(application: Application, row: LiveComponent, drift: Drift) -> tuple[str, ...]:
    """The command where there is no request to plan."""
    there = ("--product", row.product, "--target", str(row.place))
    match drift.code:
        case "foreign-image" if not application.target.capabilities.writes_directly:
            return ()
        case "moved-tag":
            tag = _decided_tag(row) or _UNKNOWN
            return (_PROGRAM, "release", "pin", tag, "--product", row.product, "--reason", "WHY")
        case "not-committed":
            return (_PROGRAM, "resume", str(drift.values["promotion"]))
        case "not-rolled-out":
            return _describe(application, drift)
        case code if code in _BY_REQUEST:
            return (_PROGRAM, "promote", _UNKNOWN, *there)
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
