"""The notes of a release."""

import msgspec

from ldmrelease.answers.releases import ComparisonAnswer, comparison_answer
from ldmrelease.answers.spellings import ReleaseName
from ldmrelease.services.milestones.release_notes import NotedFeature, NotedInterface, ReleaseNotes


class NotedFeatureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that the release brings. `state` is what the results of campaigns say of it in this release's content,
    such as `verified` or `failed`; `stated` where the workspace alone says that the release brings it.
    """

    code: str
    text: str
    milestone: str | None
    state: str


class NotedInterfaceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A schema or protocol: versions that the release needs, the one that it brings, and the one that the release
    before brought. `signed`: by a statement that counts; else the workspace's file says so.
    """

    name: str
    requires: str | None
    provides: str | None
    before: str | None
    signed: bool


class KnownIssueAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong with the release."""

    text: str
    ticket: str | None
    workaround: str | None


class DeprecationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that will go."""

    name: str
    instead: str | None
    removal: str | None


class TicketAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Work since the release before. `ticket` is null for a commit that names none; `component` and `commit` for what
    the workspace's file adds.
    """

    ticket: str | None
    text: str
    component: str | None
    commit: str | None


class UnreadSourceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A component whose commits could not be read."""

    component: str
    reason: str


class ReleaseNotesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The notes of a release. `previous` and `changes` are null for the first of its kind. `milestones` are those whose
    release it is.
    """

    release: ReleaseName
    previous: ReleaseName | None
    milestones: tuple[str, ...]
    features: tuple[NotedFeatureAnswer, ...]
    compatibility: tuple[NotedInterfaceAnswer, ...]
    known_issues: tuple[KnownIssueAnswer, ...]
    deprecations: tuple[DeprecationAnswer, ...]
    tickets: tuple[TicketAnswer, ...]
    unread: tuple[UnreadSourceAnswer, ...]
    changes: ComparisonAnswer | None


def release_notes_answer(notes: ReleaseNotes) -> ReleaseNotesAnswer:
    """What the notes say."""
    written = notes.written
    return ReleaseNotesAnswer(
        release=notes.pinned.release.name,
        previous=notes.since.release.name if notes.since is not None else None,
        milestones=tuple(written.milestones),
        features=tuple(map(_feature, notes.features)),
        compatibility=tuple(map(_interface, notes.interfaces)),
        known_issues=tuple(
            KnownIssueAnswer(text=each.text, ticket=each.ticket, workaround=each.workaround)
            for each in written.known_issues
        ),
        deprecations=tuple(
            DeprecationAnswer(name=each.name, instead=each.instead, removal=each.removal)
            for each in written.deprecations
        ),
        tickets=_tickets(notes),
        unread=tuple(
            UnreadSourceAnswer(component=each.component, reason=each.reason) for each in notes.unread
        ),
        changes=comparison_answer(notes.comparison) if notes.comparison is not None else None,
    )


def _tickets(notes: ReleaseNotes) -> tuple[TicketAnswer, ...]:
    added = (
        TicketAnswer(ticket=each.ticket, text=each.text, component=None, commit=None)
        for each in notes.written.tickets
    )
    found = (
        TicketAnswer(ticket=each.id, text=each.text, component=each.component, commit=each.commit)
        for each in notes.tickets
    )
    return (*added, *found)


def _feature(each: NotedFeature) -> NotedFeatureAnswer:
    milestone = each.milestone.code if each.milestone is not None else None
    return NotedFeatureAnswer(
        code=each.feature.code, text=each.feature.text, milestone=milestone, state=each.state
    )


def _interface(each: NotedInterface) -> NotedInterfaceAnswer:
    return NotedInterfaceAnswer(
        name=each.name,
        requires=each.requires,
        provides=each.provides,
        before=each.before,
        signed=each.signed,
    )
