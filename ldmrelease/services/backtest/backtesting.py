"""A backtest: a history against policies, from its first change to its last."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest

from msgspec import Struct

from ldmrelease.domain.level import Level
from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.services.backtest.asked_rules import NotAsked
from ldmrelease.services.backtest.figures import Judged
from ldmrelease.services.backtest.history_replay import Replay, ReplayedChange, commits_of
from ldmrelease.services.backtest.levels import EnvironmentLevels
from ldmrelease.services.backtest.outcomes import outcomes

Entries = Iterable[SettingChange | UnreadableChange]


class Backtest(Struct, frozen=True):
    """What policies would have said of each change of a history, and what became of it; what could not be read, and
    what was not asked because no history can answer it.
    """

    judged: tuple[Judged, ...]
    unreadable: tuple[UnreadableChange, ...]
    not_asked: tuple[NotAsked, ...]


def backtest(
    entries: Entries,
    levels: Mapping[str, Level],
    environments: EnvironmentLevels,
    *,
    since: datetime | None = None,
    assume_ran: bool = False,
) -> Backtest:
    """Replay a history, the oldest first and with selectors put together, against policies.

    since: what came before is known, and not told. assume_ran: take it that what a tree asked for ran there, so that
    order and soak are asked too. Nothing is written; the same history gives the same answer.
    """
    unreadable: list[UnreadableChange] = []
    replay = Replay(levels, environments, assume_ran=assume_ran)
    changes = [found for commit in commits_of(entries, unreadable) for found in replay.commit(commit)]
    judged = zip(changes, outcomes(changes), strict=True)
    told = tuple(each for each in judged if since is None or each[0].change.time >= since)
    return Backtest(told, tuple(unreadable), replay.not_asked)


class HistoryDifference(Struct, frozen=True):
    """A change of which other policies say something else."""

    before: ReplayedChange
    after: ReplayedChange


def differences(before: Backtest, after: Backtest) -> Iterator[HistoryDifference]:
    """The changes of one history of which two sets of policies do not say the same."""
    for (old, _), (new, _) in zip_longest(before.judged, after.judged):
        if (old.verdict, _reasons(old)) != (new.verdict, _reasons(new)):
            yield HistoryDifference(old, new)


def _reasons(change: ReplayedChange) -> list[tuple[str, str, str]]:
    return sorted((each.requirement, each.outcome, each.code) for each in change.findings)
