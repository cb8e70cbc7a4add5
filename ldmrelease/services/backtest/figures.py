"""Figures of a backtest: how much of what went wrong policies would have held up, and how much of what did not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct, field

from ldmrelease.domain.decision import Verdict
from ldmrelease.services.backtest.history_replay import ReplayedChange
from ldmrelease.services.backtest.outcomes import Became, Fate

Judged = tuple[ReplayedChange, Became]


class Held(Struct):
    """How many changes there were, and how many of them policies would have held up, by what they say; the same of
    incidents, the commits that these changes are of. An incident is held where all of its changes are.
    """

    changes: int = 0
    refused: int = 0
    waiting: int = 0
    undecided: int = 0
    incidents: int = 0
    incidents_held: int = 0

    @property
    def held(self) -> int:
        """Those that were not allowed."""
        return self.refused + self.waiting + self.undecided


class RequirementFigures(Struct):
    """What one requirement of a level does: the changes that it holds up, by what became of them; `alone` are those
    that nothing else holds up, and `incidents` the commits of all of them.
    """

    level: str
    requirement: str
    rule: str
    held: dict[Fate, int]
    alone: dict[Fate, int]
    incidents: int


class Incident(Struct, frozen=True):
    """A commit of which something was held up, or was taken back as a mistake; `goes_back` is how many of its settings
    went to older versions or to what they had left. `returned` is when the first of its mistakes was taken back.
    """

    commit: str
    date: datetime
    environments: tuple[str, ...]
    applications: tuple[str, ...]
    changes: int
    goes_back: int
    refused: int
    waiting: int
    mistakes: int
    requirements: tuple[str, ...]
    returned: datetime | None
    returned_by: str | None


class _Tally(Struct):
    held: Counter[Fate] = field(default_factory=Counter)
    alone: Counter[Fate] = field(default_factory=Counter)
    commits: set[str] = field(default_factory=set)


def by_fate(judged: Iterable[Judged]) -> dict[Fate, Held]:
    """How much was held up, by what became of it; every fate is there."""
    found = {each: Held() for each in Fate}
    commits: dict[Fate, dict[str, bool]] = {each: {} for each in Fate}
    for change, became in judged:
        one = found[became.fate]
        one.changes += 1
        if change.verdict is not Verdict.ALLOWED:
            setattr(one, change.verdict, getattr(one, change.verdict) + 1)
        seen, name = commits[became.fate], change.change.commit
        seen[name] = seen.get(name, True) and change.verdict is not Verdict.ALLOWED
    for fate, one in found.items():
        one.incidents = len(commits[fate])
        one.incidents_held = sum(commits[fate].values())
    return found


def by_requirement(judged: Iterable[Judged]) -> list[RequirementFigures]:
    """What each requirement does that holds up anything, in the order of levels and names."""
    found: defaultdict[tuple[str, str, str], _Tally] = defaultdict(_Tally)
    for change, became in judged:
        names = {(change.level, each.requirement, each.rule) for each in change.findings}
        for each in names:
            tally = found[each]
            tally.held[became.fate] += 1
            tally.commits.add(change.change.commit)
            if len(names) == 1:
                tally.alone[became.fate] += 1
    return [
        RequirementFigures(*name, _counts(tally.held), _counts(tally.alone), len(tally.commits))
        for name, tally in sorted(found.items())
    ]


def incidents(judged: Sequence[Judged]) -> list[Incident]:
    """The commits of which something was held up or taken back as a mistake, the oldest first."""
    commits: dict[str, list[Judged]] = {}
    for each in judged:
        commits.setdefault(each[0].change.commit, []).append(each)
    return [found for each in commits.values() if (found := _incident(each)) is not None]


def _incident(judged: list[Judged]) -> Incident | None:
    verdicts = Counter(change.verdict for change, _ in judged)
    mistakes = [became for _, became in judged if became.fate is Fate.MISTAKE]
    if verdicts[Verdict.ALLOWED] == len(judged) and not mistakes:
        return None
    first = judged[0][0].change
    returned = min(mistakes, key=lambda each: each.returned or first.time, default=None)
    counted = [each for each in judged if each[1].fate is not Fate.MOVED]
    return Incident(
        commit=first.commit,
        date=first.time,
        environments=tuple(sorted({change.change.environment for change, _ in counted})),
        applications=tuple(sorted({change.change.application for change, _ in counted})),
        changes=len(counted),
        goes_back=sum(change.goes_back for change, _ in judged),
        refused=verdicts[Verdict.REFUSED],
        waiting=verdicts[Verdict.WAITING],
        mistakes=len(mistakes),
        requirements=tuple(sorted({each.requirement for change, _ in judged for each in change.findings})),
        returned=None if returned is None else returned.returned,
        returned_by=None if returned is None else returned.by,
    )


def _counts(found: Counter[Fate]) -> dict[Fate, int]:
    return {each: found[each] for each in Fate if found[each]}
