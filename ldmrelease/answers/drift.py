"""Drift: where git, decisions and what runs differ, what is switched off, and what is not known."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.findings import FindingAnswer, UnreachableAnswer, unreachable_answer
from ldmrelease.answers.held_images import held_findings
from ldmrelease.answers.live import (
    AdmittedAnswer,
    DesiredAnswer,
    RunningAnswer,
    admitted_answer,
    desired_answer,
    running_answer,
)
from ldmrelease.answers.sentences.advice import blocked_words
from ldmrelease.answers.sentences.drift import (
    SETTLE_SWITCH,
    drift_words,
    settler_words,
    switched_off_words,
    unknown_words,
)
from ldmrelease.answers.spellings import PlaceName, TimeText, plain_values
from ldmrelease.services.audit.unknown_states import UnknownState
from ldmrelease.services.governance.held_now import HeldNow
from ldmrelease.services.inventory.drift import Settler, differing_states
from ldmrelease.services.inventory.drift_report import Blocked, DriftFinding, DriftReport
from ldmrelease.services.inventory.switched_off import SwitchedOffApplication


class BlockedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A command that is not advised, and what stands in its way."""

    command: tuple[str, ...]
    sentence: str


class SettlerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who could settle a drift: a `role` of the trust document, or of commits, registries and clusters (`author`,
    `image-publisher`, `sync-operator`, `cluster-operator`, `field-manager`, `tree-owner`); the `people` whose names are
    known; what they could do (`act`), and the command for it, empty where there is none.
    """

    role: str
    people: tuple[str, ...]
    act: str
    command: tuple[str, ...]
    sentence: str


class DriftFindingAnswer(FindingAnswer, frozen=True, kw_only=True):
    """A drift where it is: `at` is a setting or a container; `fix` is the next command, planned before it is advised.
    It is empty where it is repaired by hand, and where each one that might help is `blocked`, which tells of the first.

    `desired`, `decided` and `observed` are what the tree, the ledger and the cluster say there, null where that is not
    known; `between` are the two that differ. `settled_by`: everybody who could settle it.
    """

    place: PlaceName
    level: str
    product: str
    component: str
    at: str
    fix: tuple[str, ...]
    blocked: BlockedAnswer | None
    between: tuple[str, str]
    desired: DesiredAnswer | None
    decided: AdmittedAnswer | None
    observed: RunningAnswer | None
    settled_by: tuple[SettlerAnswer, ...]


class SwitchedOffAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An `application` of the tree that its `environment` does not deploy, and that `components` of a place are in.

    `file`, `line` and `path` are the switch, `value` what it says; `line` and `value` are null where it is not there.
    `by`, `time` and `commit` are of whoever wrote it last, null where nobody knows. `settle` says who can settle it.
    """

    place: PlaceName
    environment: str
    application: str
    components: tuple[str, ...]
    file: str
    line: int | None
    path: str
    value: str | None
    by: str | None
    time: TimeText | None
    commit: str | None
    sentence: str
    settle: str


class UnrenderedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a place's tree that was not rendered, so that only the settings say what is there: a chart's folder or
    a file (`where`), and why. `late`: there was no time for it.
    """

    place: PlaceName
    where: str
    line: int | None
    reason: str
    late: bool


class UnknownStateAnswer(FindingAnswer, frozen=True, kw_only=True):
    """A `state` of a place (`desired` or `observed`) that nobody could ask for now, and what is known of it otherwise:
    what an imported history says that the tree asked for (`desired-by-import`), what others say to have seen
    (`seen-by-others`), or that nobody has looked (`unobserved`). It is never counted as in order.
    """

    place: PlaceName
    state: str
    settled_by: tuple[SettlerAnswer, ...]


class HeldNowAnswer(FindingAnswer, frozen=True, kw_only=True):
    """A component of a place that is recalled (`held`), and that what is committed there names (`desired`), or that
    runs.
    """

    place: PlaceName
    product: str
    component: str
    desired: bool


class DriftAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Every drift that was found at `places`, of which everybody `answered` at so many, and the other ones;
    applications that are switched off in the tree; what of it was not rendered; what is known otherwise of states that
    nobody could ask for; and what is `held` that is asked for or runs.
    """

    places: int
    answered: int
    drift: tuple[DriftFindingAnswer, ...]
    unreachable: tuple[UnreachableAnswer, ...]
    switched_off: tuple[SwitchedOffAnswer, ...]
    unrendered: tuple[UnrenderedAnswer, ...]
    unknown: tuple[UnknownStateAnswer, ...] = ()
    held: tuple[HeldNowAnswer, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Drift is bad, and so is what is there and recalled; a place that does not answer is unknown, and so is what
        was not rendered in time.
        """
        late = [each for each in self.unrendered if each.late]
        return found_code(self.drift or self.switched_off or self.held, self.unreachable or late)


def drift_answer(
    report: DriftReport, unknown: Iterable[UnknownState] = (), held: Iterable[HeldNow] = ()
) -> DriftAnswer:
    """What a look for drift found, and what is known otherwise of what it could not ask for."""
    return DriftAnswer(
        places=report.places,
        answered=report.answered,
        drift=tuple(map(_drift_finding, report.drift)),
        unreachable=tuple(unreachable_answer(each.place, each.why) for each in report.unreachable),
        switched_off=tuple(map(_switched_off, report.switched_off)),
        unrendered=tuple(
            UnrenderedAnswer(
                place=str(each.place), where=why.where, line=why.line, reason=why.reason, late=why.late
            )
            for each in report.unrendered
            for why in each.why
        ),
        unknown=tuple(map(_unknown, unknown)),
        held=tuple(map(_held, held)),
    )


def _held(found: HeldNow) -> HeldNowAnswer:
    (finding,) = held_findings([found.held])
    return HeldNowAnswer(
        place=str(found.place),
        product=found.product,
        component=found.component,
        desired=found.desired,
        code=finding.code,
        values=finding.values,
        sentence=finding.sentence,
    )


def _unknown(found: UnknownState) -> UnknownStateAnswer:
    return UnknownStateAnswer(
        place=str(found.place),
        state=found.state,
        code=found.code,
        values=plain_values(found.values),
        sentence=unknown_words(found.code, found.values),
        settled_by=tuple(map(_settler, found.settlers)),
    )


def _switched_off(found: SwitchedOffApplication) -> SwitchedOffAnswer:
    by = found.changed
    return SwitchedOffAnswer(
        place=str(found.place),
        environment=found.environment,
        application=found.application,
        components=found.components,
        file=found.file,
        line=found.line,
        path=found.path,
        value=found.value,
        by=by.author if by is not None else None,
        time=by.time if by is not None else None,
        commit=by.commit if by is not None else None,
        sentence=switched_off_words(found),
        settle=SETTLE_SWITCH,
    )


def _drift_finding(found: DriftFinding) -> DriftFindingAnswer:
    return DriftFindingAnswer(
        place=str(found.place),
        level=found.level,
        product=found.product,
        component=found.component,
        at=found.at,
        code=found.code,
        values=plain_values(found.values),
        sentence=drift_words(found.code, found.values),
        fix=found.fix,
        blocked=_blocked(found.blocked),
        between=differing_states(found.code, found.values),
        desired=desired_answer(found.desired),
        decided=admitted_answer(found.decided),
        observed=running_answer(found.observed),
        settled_by=tuple(map(_settler, found.settlers)),
    )


def _settler(found: Settler) -> SettlerAnswer:
    return SettlerAnswer(
        role=found.role,
        people=found.people,
        act=found.act,
        command=found.command,
        sentence=settler_words(found),
    )


def _blocked(found: Blocked | None) -> BlockedAnswer | None:
    return BlockedAnswer(command=found.command, sentence=blocked_words(found)) if found is not None else None
