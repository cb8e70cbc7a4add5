"""The facts, looked up instead of searched: built once per decision, so that no rule scans the statements."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ldmrelease.domain.facts import CheckFact, Companion, Facts, RunFact, StatementFact, Stay
from ldmrelease.domain.topology import Place

PASSING = ("PASSED", "WARNED")

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Index:
    """What rules look up.

    `statements` and `results` go by (type or check, subject digest). `registered` is a run by its id, `own`
    the one result of it, `runs` go by (check, subject). `failing` are the results from an environment that
    say FAILED and that no later run made good. `stays` are those of the release in question, by environment;
    `levels` and `applications` are the known places.
    """

    statements: Mapping[tuple[str, str], tuple[StatementFact, ...]]
    results: Mapping[tuple[str, str], tuple[StatementFact, ...]]
    registered: Mapping[str, RunFact]
    own: Mapping[str, StatementFact]
    failing: Mapping[str, tuple[StatementFact, ...]]
    runs: Mapping[tuple[str, str], tuple[RunFact, ...]]
    stays: Mapping[str, tuple[Stay, ...]]
    companions: Mapping[Place, tuple[Companion, ...]]
    checks: Mapping[str, CheckFact]
    levels: Mapping[str, tuple[Place, ...]]
    applications: Mapping[str, tuple[Place, ...]]


def index_of(facts: Facts) -> Index:
    """Index the facts, in time linear in them. The order in which they stand leaves no trace."""
    statements = sorted(facts.statements, key=lambda each: (each.received, each.evidence, each.blob))
    results = [each for each in statements if each.type == "check"]
    runs = sorted(
        facts.runs,
        key=lambda each: (each.registered, each.order, each.run, each.deadline, each.evidence or ""),
    )
    stays = sorted(
        (each for each in facts.stays if each.release == facts.release.digest),
        key=lambda each: (each.place, each.first, each.last, each.observed, each.ended or ""),
    )
    places = sorted({each for places in facts.places.values() for each in places})
    # The first registration holds: a second one of the same id cannot move the deadline.
    registered = {each.run: each for each in reversed(runs)}
    own = _own_results(registered, results)
    return Index(
        statements=_grouped(statements, lambda each: [(each.type, one) for one in each.subjects]),
        results=_grouped(results, lambda each: [(each.check or "", one) for one in each.subjects]),
        registered=registered,
        own=own,
        failing=_grouped(_failing(results, registered, own), lambda each: [each.environment or ""]),
        runs=_grouped(runs, lambda each: [(each.check, one) for one in each.subjects]),
        stays=_grouped(stays, lambda each: [each.place.environment]),
        companions=_grouped(facts.companions, lambda each: [each.place]),
        checks={each.name: each for each in facts.checks},
        levels={name: tuple(sorted(places)) for name, places in facts.places.items()},
        applications=_grouped(places, lambda each: [each.environment]),
    )


def _own_results(registered: Mapping[str, RunFact], results: list[StatementFact]) -> dict[str, StatementFact]:
    """The one result of each run: the one that the ledger took in for it, else the first that counts."""
    own: dict[str, StatementFact] = {}
    for result in results:
        run = registered.get(result.run or "")
        if run is None or not (result.counted if run.evidence is None else run.evidence == result.evidence):
            continue
        if run.run not in own or (result.counted and not own[run.run].counted):
            own[run.run] = result
    return own


def _failing(
    results: list[StatementFact], registered: Mapping[str, RunFact], own: Mapping[str, StatementFact]
) -> list[StatementFact]:
    """The latest run of a check at a place decides. Anybody who counts may tell of a failure, but only the
    result of a registered run may clear one.
    """
    latest: dict[tuple[object, ...], tuple[tuple[datetime, int, str], StatementFact]] = {}
    for result in results:
        if not result.counted:
            continue
        run = registered.get(result.run or "")
        clears = (
            run is not None
            and own.get(run.run) is result
            and run.environment == result.environment
            and result.result in PASSING
        )
        if not clears and result.result != "FAILED":
            continue
        key = (result.environment, result.check, result.platform, tuple(sorted(result.subjects)))
        time = (run.registered if run else result.received, run.order if run else 0, result.evidence)
        if key not in latest or latest[key][0] < time:
            latest[key] = (time, result)
    return [result for _, result in latest.values() if result.result == "FAILED"]


def _grouped(values: Iterable[T], keys: Callable[[T], Iterable[K]]) -> Mapping[K, tuple[T, ...]]:
    groups: dict[K, list[T]] = {}
    for value in values:
        for key in dict.fromkeys(keys(value)):
            groups.setdefault(key, []).append(value)
    return {key: tuple(group) for key, group in groups.items()}
