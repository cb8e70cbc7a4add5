"""Which decisions about the ledger's releases other policies would change. Writes nothing."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ldmrelease.domain.decision import Decision, Finding, Phase
from ldmrelease.domain.errors import UnavailableError, reason_of
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Application, Place
from ldmrelease.policy.engine import evaluate
from ldmrelease.services.decisions.facts.builder import gather_facts
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, ReleaseInquiry, inquire
from ldmrelease.services.needs import FactSources
from ldmrelease.services.releases.pin import Pinned

Levels = Mapping[str, Level]


class DecisionChange(Struct, frozen=True):
    """What is decided about a release at a place, before and after, where it is not the same."""

    release: str
    place: Place
    phase: Phase
    before: Decision
    after: Decision

    @property
    def findings(self) -> Iterator[tuple[str, Finding | None, Finding | None]]:
        """The requirements of which something else becomes, with the finding before and after."""
        before = {each.requirement: each for each in self.before.findings}
        after = {each.requirement: each for each in self.after.findings}
        for name in dict.fromkeys((*before, *after)):
            if _said(before.get(name)) != _said(after.get(name)):
                yield name, before.get(name), after.get(name)


class UndecidedChange(Struct, frozen=True):
    """A release about which nothing can be decided now, and why."""

    release: str
    place: Place
    reason: str


def changed_decisions(
    context: FactSources,
    pinned: Iterable[Pinned],
    applications: Iterable[Application],
    before: Levels,
    after: Levels,
) -> Iterator[DecisionChange | UndecidedChange | None]:
    """For each release and each place that runs its product: what other policies change; None where nothing changes.

    Each place is asked about by itself, as of now, for a promotion. Places whose level is not in both are left out.
    """
    applications = tuple(applications)
    for release in pinned:
        about = inquire(context, release)
        for each in applications:
            levels = before.get(each.level), after.get(each.level)
            if each.components(release.release.product) and levels[0] is not None and levels[1] is not None:
                yield from _at_place(about, each.place, levels[0], levels[1])


def _at_place(
    about: ReleaseInquiry, place: Place, before: Level, after: Level
) -> Iterator[DecisionChange | UndecidedChange | None]:
    release = f"{about.pinned.release.product}/{about.pinned.release.tag}"
    for phase in _phases(before, after, place):
        try:
            found = tuple(_decision(about, place, level, phase) for level in (before, after))
        except UnavailableError as error:
            yield UndecidedChange(release, place, reason_of(error))
            return
        change = DecisionChange(release, place, phase, *found)
        same = change.before.verdict is change.after.verdict and not any(change.findings)
        yield None if same else change


def _phases(before: Level, after: Level, place: Place) -> Iterator[Phase]:
    """Those of which something can change at the place."""
    old, new = before.at(place.environment), after.at(place.environment)
    if (old.enter, old.accepts, old.excludes) != (new.enter, new.accepts, new.excludes):
        yield Phase.ENTER
    if old.confirm != new.confirm and old.confirm and new.confirm:
        yield Phase.CONFIRM


def _decision(about: ReleaseInquiry, place: Place, level: Level, phase: Phase) -> Decision:
    question = DecisionRequest(place, Intent.PROMOTE, "")
    gathered = gather_facts(about, question, level, phase)
    return evaluate(level, gathered.facts, about.now, facts_digest=gathered.digest, phase=phase)


def _said(finding: Finding | None) -> tuple[str, str] | None:
    return None if finding is None else (str(finding.outcome), finding.code)
