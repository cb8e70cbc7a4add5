"""Milestones, features, what is due, and what moved."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ldmrelease.milestones.catalogue import Catalogue, DatedItem, Feature, Milestone
from ldmrelease.milestones.catalogue_changes import MilestoneChange
from ldmrelease.milestones.chapter import LineProblem, ReadDocument

DayText = Annotated[
    str,
    Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A day.", extra_json_schema={"format": "date"}),
]


class FeatureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A feature of a milestone. `incomplete`: the document says "currently incomplete"."""

    code: str
    text: str
    due: DayText | None
    completed: DayText | None
    incomplete: bool


class MilestoneAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone as the document has it."""

    section: str
    code: str
    title: str
    due: DayText | None
    completed: DayText | None
    no_new_functionality: bool
    features: tuple[FeatureAnswer, ...]


MilestonesAnswer = list[MilestoneAnswer]


class MilestoneFeatureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A feature, with the code of its milestone."""

    milestone: str
    feature: FeatureAnswer


MilestoneFeatures = list[MilestoneFeatureAnswer]


class DatedItemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone (`feature` is None) or one of its features, and the day that it is due; `days` from the day that is
    asked about, below 0 where that has gone by.
    """

    milestone: str
    title: str
    feature: str | None
    due: DayText
    days: int


DatedItems = list[DatedItemAnswer]


class LineProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a document that could not be read, or belongs to no milestone."""

    line: int
    message: str
    text: str


class ImportedMilestonesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was read: how much of it, what not, and where its catalogue was written (None: nowhere)."""

    document: str
    revision: DayText | None
    milestones: int
    features: int
    problems: tuple[LineProblemAnswer, ...]
    passed_over: tuple[LineProblemAnswer, ...]
    file: str | None


class MilestoneChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One difference of two revisions."""

    change: str
    milestone: str
    feature: str | None
    field: str | None
    before: Any
    after: Any


MilestoneChanges = list[MilestoneChangeAnswer]


def milestone_answer(milestone: Milestone) -> MilestoneAnswer:
    """A milestone as it is told."""
    return MilestoneAnswer(
        section=milestone.section,
        code=milestone.code,
        title=milestone.title,
        due=_day(milestone.due),
        completed=_day(milestone.completed),
        no_new_functionality=milestone.no_new_functionality,
        features=tuple(map(feature_answer, milestone.features)),
    )


def feature_answer(feature: Feature) -> FeatureAnswer:
    """A feature as it is told."""
    return FeatureAnswer(
        code=feature.code,
        text=feature.text,
        due=_day(feature.due),
        completed=_day(feature.completed),
        incomplete=feature.incomplete,
    )


def milestones_answer(milestones: Iterable[Milestone]) -> MilestonesAnswer:
    """Milestones in their order."""
    return list(map(milestone_answer, milestones))


def features_answer(catalogue: Catalogue, code: str | None = None) -> MilestoneFeatures:
    """Features in the document's order: all, or those of a code, as often as it stands."""
    return [
        MilestoneFeatureAnswer(milestone=milestone.code, feature=feature_answer(feature))
        for milestone, feature in catalogue.features()
        if code is None or feature.code == code
    ]


def dated_answer(items: Iterable[DatedItem], at: date) -> DatedItems:
    """What is due, by date."""
    return [
        DatedItemAnswer(
            milestone=each.milestone.code,
            title=each.milestone.title if each.feature is None else each.feature.text,
            feature=each.feature.code if each.feature is not None else None,
            due=str(each.due),
            days=(each.due - at).days,
        )
        for each in items
    ]


def imported_answer(read: ReadDocument, file: str | None) -> ImportedMilestonesAnswer:
    """What was read of a document."""
    catalogue = read.catalogue
    return ImportedMilestonesAnswer(
        document=catalogue.document,
        revision=_day(catalogue.revision),
        milestones=len(catalogue.milestones),
        features=sum(len(each.features) for each in catalogue.milestones),
        problems=tuple(map(_problem, read.problems)),
        passed_over=tuple(map(_problem, read.passed_over)),
        file=file,
    )


def changes_answer(changes: Iterable[MilestoneChange]) -> MilestoneChanges:
    """What moved."""
    return [
        MilestoneChangeAnswer(
            change=str(each.kind),
            milestone=each.milestone,
            feature=each.feature,
            field=each.field,
            before=_plain(each.before),
            after=_plain(each.after),
        )
        for each in changes
    ]


def _problem(problem: LineProblem) -> LineProblemAnswer:
    return LineProblemAnswer(line=problem.line, message=problem.message, text=problem.text)


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value
