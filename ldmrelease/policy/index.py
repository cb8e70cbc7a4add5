"""The facts, looked up instead of searched: built once per decision, so that no rule scans the statements."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ldmrelease.domain.facts import CheckFact, Companion, Facts, RunFact, StatementFact, Stay
from ldmrelease.domain.places import Place

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Index:
    """What rules look up.

    `statements` and `results` go by (type or check, subject digest); `results` are those of checks, `claims`
    the results by the run that they say they are of. `registered` is a run by its id, `runs` go by (check,
    subject). `seen_at` are the results from one environment. `stays` are those of the release in question,
    by environment; `levels` and `applications` are the known places.
    """

    statements: Mapping[tuple[str, str], tuple[StatementFact, ...]]
    results: Mapping[tuple[str, str], tuple[StatementFact, ...]]
    claims: Mapping[str, tuple[StatementFact, ...]]
    seen_at: Mapping[str, tuple[StatementFact, ...]]
    registered: Mapping[str, RunFact]
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
    runs = sorted(facts.runs, key=lambda each: (each.registered, each.run))
    stays = sorted(
        (each for each in facts.stays if each.release == facts.release.digest),
        key=lambda each: (each.place, each.first, each.last),
    )
    places = sorted({each for places in facts.places.values() for each in places})
    return Index(
        statements=_grouped(statements, lambda each: [(each.type, one) for one in each.subjects]),
        results=_grouped(results, lambda each: [(each.check or "", one) for one in each.subjects]),
        claims=_grouped(results, lambda each: [each.run] if each.run else []),
        seen_at=_grouped(results, lambda each: [each.environment] if each.environment else []),
        # The first registration holds: a second one of the same id cannot move the deadline.
        registered={each.run: each for each in reversed(runs)},
        runs=_grouped(runs, lambda each: [(each.check, one) for one in each.subjects]),
        stays=_grouped(stays, lambda each: [each.place.environment]),
        companions=_grouped(facts.companions, lambda each: [each.place]),
        checks={each.name: each for each in facts.checks},
        levels={name: tuple(sorted(places)) for name, places in facts.places.items()},
        applications=_grouped(places, lambda each: [each.environment]),
    )


def _grouped(values: Iterable[T], keys: Callable[[T], Iterable[K]]) -> Mapping[K, tuple[T, ...]]:
    groups: dict[K, list[T]] = {}
    for value in values:
        for key in dict.fromkeys(keys(value)):
            groups.setdefault(key, []).append(value)
    return {key: tuple(group) for key, group in groups.items()}
