"""The facts, looked up instead of searched: made once per facts, and each part when somebody first asks for it.

The facts are gone through once. What stands together there is grouped by its subjects only where a rule asks
for that kind or that check, so a statement that nobody asks for costs the glance that puts it aside.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar, overload

from msgspec import Struct

from ldmrelease.domain.facts import (
    CheckFact,
    Facts,
    ImageResidence,
    RunFact,
    StatementFact,
)
from ldmrelease.domain.topology import Place

PASSING = ("PASSED", "WARNED")

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_place_order = attrgetter("environment", "application")
_intake_order = attrgetter("received", "evidence", "blob")


class Lazy(Mapping[K, V]):
    """A mapping that is built when it is first asked."""

    __slots__ = ("_build", "_built")

    def __init__(self, build: Callable[[], Mapping[K, V]]) -> None:
        self._build = build
        self._built: Mapping[K, V] | None = None

    def built(self) -> Mapping[K, V]:
        """The mapping itself, for whoever asks it often."""
        if self._built is None:
            self._built = self._build()
        return self._built

    @overload
    def get(self, key: K, default: None = None, /) -> V | None: ...
    @overload
    def get(self, key: K, default: V | T, /) -> V | T: ...
    def get(self, key: K, default: Any = None, /) -> Any:
        """As of any mapping, without an exception for what is not there."""
        return self.built().get(key, default)

    def __getitem__(self, key: K) -> V:
        return self.built()[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self.built())

    def __len__(self) -> int:
        return len(self.built())


class Runs(NamedTuple):
    """Registered runs, and beside each its own result, if there is one."""

    registered: tuple[RunFact, ...] = ()
    results: tuple[StatementFact | None, ...] = ()


class Index(Struct, frozen=True):
    """What rules look up.

    `statements` go by type, then by subject digest, in the order of their intake. `registered` is a run by its
    id, `own` the one result of it; `runs` go by check, then by subject. `unpaired` are the other results,
    by check, then by subject: those that are not just what a run was registered for.
    `failing` are the results from an environment that say FAILED and that no later run made good. `residences`
    are those of the images of the release in question, by environment; `levels` and `applications` are the known
    places; `components` are the images of the release that each place runs.
    """

    statements: Mapping[str, Mapping[str, tuple[StatementFact, ...]]]
    registered: Mapping[str, RunFact]
    own: Mapping[str, StatementFact]
    runs: Mapping[str, Mapping[str, Runs]]
    unpaired: Mapping[str, Mapping[str, tuple[StatementFact, ...]]]
    failing: Mapping[str, tuple[StatementFact, ...]]
    residences: Mapping[str, tuple[ImageResidence, ...]]
    components: Mapping[Place, tuple[str, ...]]
    checks: Mapping[str, CheckFact]
    levels: Mapping[str, tuple[Place, ...]]
    applications: Mapping[str, tuple[Place, ...]]


def index_of(facts: Facts) -> Index:
    """The index of the facts, made once for them. The order in which they stand leaves no trace."""
    return facts.derived(_index)


def _index(facts: Facts) -> Index:
    statements = _parted(facts.statements, attrgetter("type"))
    results = statements.get("check", [])
    registered = _registered(facts.runs)
    own = Lazy(lambda: _own_results(registered, results))
    runs = _parted(registered.values(), attrgetter("check"))
    identities = {each.component: each.identity.digests() for each in facts.release.images}
    residences = sorted(
        (each for each in facts.residences if each.digest in identities.get(each.component, ())),
        key=lambda each: (
            each.place,
            each.component,
            each.first,
            each.last,
            each.observed,
            each.ended or "",
            each.digest,
            -1 if each.admitted is None else each.admitted,
        ),
    )
    places = sorted({each for places in facts.places.values() for each in places}, key=_place_order)
    return Index(
        statements={kind: Lazy(partial(_by_subject, group)) for kind, group in statements.items()},
        registered=registered,
        own=own,
        runs={check: Lazy(partial(_runs_by_subject, group, own)) for check, group in runs.items()},
        unpaired=Lazy(lambda: _unpaired(results, registered, own.built())),
        failing=Lazy(lambda: _failing(results, registered, own)),
        residences=_grouped(residences, lambda each: [each.place.environment]),
        components={
            Place.parse(place): tuple(sorted(identities.keys() & set(names)))
            for place, names in facts.place_components.items()
        },
        checks={each.name: each for each in facts.checks},
        levels={name: tuple(sorted(places, key=_place_order)) for name, places in facts.places.items()},
        applications=_grouped(places, lambda each: [each.environment]),
    )


def _parted(values: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    parts: defaultdict[str, list[T]] = defaultdict(list)
    for value in values:
        parts[key(value)].append(value)
    return dict(parts)


def _by_subject(statements: list[StatementFact]) -> Mapping[str, tuple[StatementFact, ...]]:
    return _grouped(sorted(statements, key=_intake_order), attrgetter("subjects"))


def _registered(runs: Collection[RunFact]) -> dict[str, RunFact]:
    """The first registration holds: a second one of the same id cannot move the deadline."""
    registered = {run.run: run for run in runs}
    if len(registered) == len(runs):
        return registered
    registered = {}
    for run in runs:
        first = registered.setdefault(run.run, run)
        if first is not run:
            registered[run.run] = min(first, run, key=_registered_first)
    return registered


def _registered_first(run: RunFact) -> tuple[datetime, int, str, datetime, str]:
    return run.registered, run.order, run.run, run.deadline, run.evidence or ""


def _runs_by_subject(runs: list[RunFact], own: Lazy[str, StatementFact]) -> Mapping[str, Runs]:
    results = own.built()
    groups = _grouped(runs, attrgetter("subjects"))
    return {
        one: Runs(group, tuple([results.get(each.run) for each in group])) for one, group in groups.items()
    }


def _own_results(registered: Mapping[str, RunFact], results: list[StatementFact]) -> dict[str, StatementFact]:
    """The one result of each run: the one that the ledger took in for it, else the first that counts."""
    own: dict[str, StatementFact] = {}
    for result in results:
        run = registered.get(result.run or "")
        if run is None:
            continue
        evidence = run.evidence
        if result.counted if evidence is None else evidence == result.evidence:
            first = own.setdefault(run.run, result)
            if first is not result:
                own[run.run] = min(first, result, key=_counted_first)
    return own


def _counted_first(result: StatementFact) -> tuple[bool, datetime, str, str]:
    return not result.counted, result.received, result.evidence, result.blob


def _unpaired(
    results: list[StatementFact], registered: Mapping[str, RunFact], own: Mapping[str, StatementFact]
) -> Mapping[str, Mapping[str, tuple[StatementFact, ...]]]:
    """All but the results that are their run's, of its check and about nothing but its subjects."""
    # Mostly each is the one result of a run: then none needs to be looked up.
    others = (
        () if len(own) == len(results) else [each for each in results if own.get(each.run or "") is not each]
    )
    misfits = [
        each
        for name, each in own.items()
        if (run := registered[name]).check != each.check
        or not (run.subjects == each.subjects or set(run.subjects).issuperset(each.subjects))
    ]
    parts = _parted([*others, *misfits], lambda each: each.check or "")
    return {check: _by_subject(group) for check, group in parts.items()}


def _failing(
    results: list[StatementFact], registered: Mapping[str, RunFact], own: Mapping[str, StatementFact]
) -> Mapping[str, tuple[StatementFact, ...]]:
    """The latest run of a check at a place decides. Anybody who counts may tell of a failure, but only the
    result of a registered run may clear one.
    """
    failed = {(each.environment, each.check) for each in results if each.result == "FAILED" and each.counted}
    if not failed:
        return {}
    asked = [each for each in results if each.counted and (each.environment, each.check) in failed]
    latest: dict[tuple[object, ...], tuple[tuple[datetime, int, str], StatementFact]] = {}
    for result in sorted(asked, key=_intake_order):
        run = registered.get(result.run or "")
        if result.result != "FAILED" and not _clears(result, run, own):
            continue
        key = (result.environment, result.check, result.platform, tuple(sorted(result.subjects)))
        time = (run.registered if run else result.received, run.order if run else 0, result.evidence)
        if key not in latest or latest[key][0] < time:
            latest[key] = (time, result)
    failing = (result for _, result in latest.values() if result.result == "FAILED")
    return _grouped(failing, lambda each: [each.environment or ""])


def _clears(result: StatementFact, run: RunFact | None, own: Mapping[str, StatementFact]) -> bool:
    return (
        run is not None
        and own.get(run.run) is result
        and run.environment == result.environment
        and result.result in PASSING
    )


def _grouped(values: Iterable[T], keys: Callable[[T], Collection[K]]) -> Mapping[K, tuple[T, ...]]:
    """The values by each of their keys, once by each."""
    groups: defaultdict[K, list[T]] = defaultdict(list)
    # Neighbours are mostly about the same, so they are put in their groups together.
    for found, neighbours in groupby(values, keys):
        together = list(neighbours)
        for key in dict.fromkeys(found):
            groups[key] += together
    return {key: tuple(group) for key, group in groups.items()}
