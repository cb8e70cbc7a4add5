"""The notes of a release as Markdown (CommonMark) and as reStructuredText. Text of elsewhere stays text in both."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import short

if TYPE_CHECKING:
    from ldmrelease.answers.release_notes import (
        DeprecationAnswer,
        KnownIssueAnswer,
        NotedFeatureAnswer,
        NotedInterfaceAnswer,
        ReleaseNotesAnswer,
        TicketAnswer,
    )
    from ldmrelease.answers.releases import ComponentChangeAnswer, VersionAnswer

_IN_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&@$]|:(?=/)|(?<=[wW]{3})\.")
_BEGINS_MARKDOWN = re.compile(r"[-+=]|[0-9]+(?=[.)])")
_IN_RST = re.compile(r"[\\`*_|:@]")
_BEGINS_RST = re.compile(r"[^\w\\]|\w+(?=[.)])")


class _Markup(NamedTuple):
    """A way of writing: text made safe, a heading of a level (1 or 2), and an item of a list."""

    text: Callable[[str], str]
    heading: Callable[[str, int], str]


def notes_markdown(notes: ReleaseNotesAnswer) -> str:
    """The notes as CommonMark, which GitHub, GitLab and MyST read alike."""
    return _document(notes, _Markup(markdown_text, lambda text, level: f"{'#' * level} {text}"))


def notes_rst(notes: ReleaseNotesAnswer) -> str:
    """The notes as reStructuredText, which docutils reads without a warning."""
    return _document(notes, _Markup(rst_text, _rst_heading))


def markdown_text(text: str) -> str:
    """Text of elsewhere on one line, with nothing in it that is markup, a link, or raw HTML."""
    plain = _one_line(text)
    if (number := _BEGINS_MARKDOWN.match(plain)) is None:
        return _escaped(_IN_MARKDOWN, plain)
    # Of what would begin a list or a heading the last sign is escaped: `1\.`.
    end = number.end() if number[0].isdigit() else 0
    return f"{plain[:end]}\\{plain[end]}{_escaped(_IN_MARKDOWN, plain[end + 1 :])}"


def rst_text(text: str) -> str:
    """The same for reStructuredText."""
    plain = _one_line(text)
    # What would begin a list, a field, a comment or a table does not where its first character is escaped.
    begin = "\\" if _BEGINS_RST.match(plain) and not _IN_RST.match(plain) else ""
    return begin + _escaped(_IN_RST, plain)


def _escaped(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: f"\\{found[0]}", text)


def _one_line(text: str) -> str:
    return printable(" ".join(text.split())) or "(empty)"


def _rst_heading(text: str, level: int) -> str:
    wide = sum(unicodedata.east_asian_width(each) in "FW" for each in text)
    return f"{text}\n{('=', '-')[level - 1] * (len(text) + wide)}"


def _document(notes: ReleaseNotesAnswer, markup: _Markup) -> str:
    parts = [markup.heading(markup.text(f"Release notes of {notes.release}"), 1)]
    parts.append(
        markup.text(f"Since {notes.previous}.") if notes.previous else markup.text("The first of its kind.")
    )
    parts += [
        *_section(markup, "Features", map(_feature, notes.features), _no_features(notes)),
        *_section(markup, "Compatibility", map(_interface, notes.compatibility), "Nobody has said anything."),
        *_section(markup, "Known issues", map(_issue, notes.known_issues), "None is known."),
        *_section(markup, "Deprecations", map(_deprecation, notes.deprecations), "Nothing is deprecated."),
        *_section(
            markup,
            "Tickets",
            [*map(_ticket, notes.tickets), *_unread(notes)],
            "No commit is new, or names one.",
        ),
        *_section(markup, "What changed", _changes(notes), "There is nothing to compare with."),
    ]
    return "\n\n".join(parts) + "\n"


def _section(markup: _Markup, heading: str, items: Iterable[str], empty: str) -> Iterator[str]:
    yield markup.heading(markup.text(heading), 2)
    listed = [f"- {markup.text(each)}" for each in items]
    yield "\n".join(listed) if listed else markup.text(empty)


def _no_features(notes: ReleaseNotesAnswer) -> str:
    if notes.milestones:
        return "No new functionality: it refines earlier deliveries."
    return "None is stated."


def _feature(each: NotedFeatureAnswer) -> str:
    by = f", {each.milestone}" if each.milestone else ""
    return f"{each.code}: {each.text} ({each.state}{by})"


def _interface(each: NotedInterfaceAnswer) -> str:
    told = []
    if each.provides is not None:
        changed = each.before is not None and each.before != each.provides
        told.append(f"brings {each.provides}{f' (before: {each.before})' if changed else ''}")
    if each.requires is not None:
        told.append(f"needs {each.requires}")
    return f"{each.name}: {', '.join(told)}{'' if each.signed else ' (stated, not signed)'}"


def _issue(each: KnownIssueAnswer) -> str:
    ticket = f"{each.ticket}: " if each.ticket else ""
    return f"{ticket}{each.text}{f' (workaround: {each.workaround})' if each.workaround else ''}"


def _deprecation(each: DeprecationAnswer) -> str:
    instead = f"; use {each.instead}" if each.instead else ""
    return f"{each.name}{instead}{f'; goes with {each.removal}' if each.removal else ''}"


def _ticket(each: TicketAnswer) -> str:
    where = f" ({each.component} {each.commit[:12]})" if each.component and each.commit else ""
    return f"{each.ticket or 'no ticket'}: {each.text}{where}"


def _unread(notes: ReleaseNotesAnswer) -> Iterator[str]:
    for each in notes.unread:
        yield f"The commits of {each.component} could not be read: {each.reason}"


def _changes(notes: ReleaseNotesAnswer) -> Iterator[str]:
    if notes.changes is None:
        return
    yield from (_component(each) for each in notes.changes.components if each.differs)
    if notes.changes.products is not None:
        for each in notes.changes.products:
            yield f"EUPS product {each.name}: {_at(each.before)} -> {_at(each.after)}"


def _component(each: ComponentChangeAnswer) -> str:
    return f"{each.kind} {each.component}: {_version(each.before)} -> {_version(each.after)}"


def _version(version: VersionAnswer | None) -> str:
    return f"{version.spelling} {short(version.digest)}" if version is not None else "none"


def _at(commit: str | None) -> str:
    return commit[:12] if commit is not None else "none"
