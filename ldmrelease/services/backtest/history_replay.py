"""A history, commit by commit: what policies would have said of every change.

Nobody asked for anything then, so every change is asked about as a promotion. What a change that policies refuse has
written counts for nothing: to undo it is to keep what was let in.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome, Phase, Verdict
from ldmrelease.domain.facts import ChangeFact
from ldmrelease.domain.level import Level
from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.composed_selectors import CYCLE, is_revision
from ldmrelease.policy.engine import evaluate
from ldmrelease.services.backtest.asked_rules import AskedLevels, NotAsked, answered, verdict_on
from ldmrelease.services.backtest.guessed_grammars import GuessingReader, ReadTag, tag_of
from ldmrelease.services.backtest.history_facts import NOTHING, Cycles, HistoryFacts
from ldmrelease.services.backtest.levels import EnvironmentLevels
from ldmrelease.services.backtest.renames import Renamed, renamed
from ldmrelease.services.backtest.settings import SettingState, SettingStates

_ALONE = 2
SHARED = "environments"
"""The application of what all of an environment shares, such as its cycle."""


class ReplayedChange(Struct, frozen=True):
    """A change, and what policies say of it. `previous` is what its setting said; `findings` are those in the way.

    goes_back: to an older version, or to what was left there. moved: the setting is called otherwise or is in another
    file from now on, and says the same.
    """

    change: SettingChange
    previous: str | None
    level: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    goes_back: bool = False
    moved: bool = False


class _Step(Struct):
    """One change of a commit while it is looked at."""

    change: SettingChange
    state: SettingState
    tag: ReadTag | None
    previous: str | None
    fate: Renamed
    back: bool = False

    @property
    def text(self) -> str | None:
        return None if self.tag is None else self.tag.text


class Replay:
    """Policies at work on a history; `commit` is called for one commit after the other."""

    def __init__(
        self, levels: Mapping[str, Level], environments: EnvironmentLevels, *, assume_ran: bool = False
    ) -> None:
        self._asked = AskedLevels(levels, assume_ran=assume_ran)
        self._environments = environments
        self._reader = GuessingReader()
        self._settings = SettingStates()
        self._facts = HistoryFacts(self._settings, environments, assume_ran)
        self._cycles = Cycles()

    @property
    def not_asked(self) -> tuple[NotAsked, ...]:
        """What policies require and no history can answer."""
        return self._asked.not_asked()

    def commit(self, changes: list[SettingChange]) -> Iterator[ReplayedChange]:
        """What is said of the changes of one commit, in their order."""
        steps = [self._step(each, fate) for each, fate in renamed(changes)]
        brought = self._taken_back(steps, changes)
        for each in steps:
            self._cycles.set(each.change, each.tag)
        moved = {each.environment: each for each in changes if each.key == CYCLE}
        for each in steps:
            found = self._judged(each, brought)
            self._apply(each, found.verdict)
            cycle = moved.get(each.change.environment)
            follows = cycle is not None and each.change is not cycle and each.change.path == cycle.path
            if not follows:
                yield found

    def _step(self, change: SettingChange, fate: Renamed) -> _Step:
        if fate.source is not None:
            self._settings.rename(fate.source, change)
        state = self._settings.of(change)
        before = change.previous if fate.previous is None else fate.previous
        if not state.known:
            state.begins_with(None if before is None else self._reader.read(change, before))
        elif fate.previous is None and _text(before) != (None if state.tag is None else state.tag.text):
            # The history has a gap: what it says itself was there before counts.
            state.tag = None if before is None else self._reader.read(change, before)
        tag = None if change.tag is None else self._reader.read(change, change.tag)
        return _Step(change, state, tag, before, fate)

    def _taken_back(self, steps: list[_Step], changes: list[SettingChange]) -> ChangeFact:
        """What a commit takes back, and which of its changes do."""
        shared = {each.environment for each in changes if each.key == CYCLE}
        asked = [each for each in steps if not each.fate.moved and not each.state.undoes(each.text)]
        for each in asked:
            each.back = _goes_back(each)
        cycles_back = {each.change.environment for each in asked if each.back and each.change.key == CYCLE}
        for each in asked:
            of_cycle = each.change.environment in cycles_back and is_revision(each.change.key)
            each.back = each.back or (of_cycle and each.text is not None)
        certain = _applications((each for each in asked if each.back), shared)
        likely = certain | _applications((each for each in asked if _is_undone(each)), shared)
        if len(certain) > 1 or (certain and len(likely) > _ALONE):
            # What came since the old branch left goes with the rest; alone it would be a setting taken away, or what
            # was refused undone.
            for each in steps:
                each.back = each.back or (not each.fate.moved and (_goes_back(each) or _is_undone(each)))
            certain = likely
        return ChangeFact(True, tuple(sorted(certain)), sum(each.back for each in steps))

    def _judged(self, step: _Step, brought: ChangeFact) -> ReplayedChange:
        change = step.change
        name = self._environments.of(change, self._asked.names)
        if not step.back and (step.fate.moved or step.tag is None or step.state.undoes(step.text)):
            return ReplayedChange(change, step.previous, name, Verdict.ALLOWED, moved=step.fate.moved)
        level = self._asked.at(name, change.environment)
        if level is None:
            return ReplayedChange(change, step.previous, name, Verdict.UNDECIDED, (_unknown_level(name),))
        tag = step.tag or NOTHING
        asks_cycles = any(each.rule == "same-cycle" for each in level.enter)
        facts = self._facts.of(
            change, tag, level, brought if step.back else None, self._cycles if asks_cycles else None
        )
        decision = evaluate(level, facts, change.time, facts_digest="")
        findings = answered(decision.findings, judged=tag.judged)
        return ReplayedChange(change, step.previous, name, verdict_on(findings), findings, step.back)

    def _apply(self, step: _Step, verdict: Verdict) -> None:
        if step.fate.moved and step.tag is None:
            return
        if not step.fate.moved:
            step.state.says(step.tag, step.change.time, let_in=verdict in (Verdict.ALLOWED, Verdict.WAITING))
        if step.change.tag is not None:
            self._reader.learn(step.change, step.change.tag)


def commits_of(
    entries: Iterable[SettingChange | UnreadableChange], unreadable: list[UnreadableChange]
) -> Iterator[list[SettingChange]]:
    """The changes of each commit; what cannot be read is added to `unreadable`."""
    for _, rows in groupby(entries, key=lambda each: each.commit):
        found = list(rows)
        unreadable.extend(each for each in found if isinstance(each, UnreadableChange))
        changes = [each for each in found if isinstance(each, SettingChange) and _is_image(each.key)]
        if changes:
            yield changes


def _is_image(key: str) -> bool:
    """Whether a key says an image: what only restarts pods does not."""
    return "podAnnotations" not in key.split(".")


def _applications(steps: Iterable[_Step], shared: set[str]) -> set[str]:
    """The applications of changes; what goes with the cycle of its environment is of what that shares."""
    return {
        SHARED
        if each.change.environment in shared and is_revision(each.change.key)
        else each.change.application
        for each in steps
    }


def _goes_back(step: _Step) -> bool:
    return step.tag is not None and step.state.goes_back(step.tag)


def _is_undone(step: _Step) -> bool:
    """Whether a change takes away what was added, or adds what was taken away."""
    state = step.state
    if step.tag is None:
        return state.tag is not None and state.since is not None
    if state.tag is None:
        return state.has_left(step.tag.text)
    return step.change.part is None and state.since is not None and step.tag.is_build_of(state.tag)


def _text(value: str | None) -> str | None:
    return None if value is None else tag_of(value)


def _unknown_level(name: str) -> Finding:
    return Finding("level", "level", Phase.BUILT_IN, Outcome.ERRORED, "unknown-level", {"level": name})
