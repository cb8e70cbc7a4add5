"""Chapter 3 of LDM-564 as text <-> a catalogue (the form of the document: a heading, dates, and a list of features).

    ## 3.1 Science Platform with WISE data in PDAC: LDM-503-01

    Due: 2017-11-30; completed 2018-05-30.

    - DM-SUIT-3: Time series analysis tool for WISE data (*Due: 2016-09-30; completed 2017-11-30*)

Page breaks, figures and the emphasis of single words are the printer's. Words that were broken at the end of a line are
joined. What cannot be read is told with its line, and the rest is read.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.milestones.catalogue import Catalogue, Feature, Milestone

NOTHING_NEW = (
    "No new functionality is associated with this milestone, which represents a refined or improved version of earlier "
    "deliveries."
)

_CHAPTER = re.compile(r"#+\s+\**(?P<number>\d+)\**\s+\S")
_HEADING = re.compile(r"#+\s+\**(?P<section>\d+\.\d+)\**\s+(?P<rest>.+)")
_CODE = re.compile(r"(?P<title>.+):\s*(?P<code>LDM-[A-Za-z0-9-]+)")
_DATES = (
    r"Due:\s*(?P<due>[^;]*?)\s*;\s*(?:completed\s+(?P<completed>[^;]*?)|(?P<incomplete>currently incomplete))"
)
_OF_MILESTONE = re.compile(_DATES + r"\s*\.?")
_OF_FEATURE = re.compile(r"(?P<text>.*?)\s*\(\s*" + _DATES + r"\s*\)\.?", re.DOTALL)
_BULLET = re.compile(r"[-•]\s+(?P<rest>.+)")
_FEATURE = re.compile(r"(?P<code>DM-[A-Z]+(?:-\d+)?[a-z]?):\s+(?P<text>.+)", re.DOTALL)
_FIGURE = re.compile(r"FIGURE \d+: ")
_REVISION = re.compile(r"Latest Revision (\d{4}-\d{2}-\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_BROKEN = re.compile(r"(?<=[a-z])-\n(?=[a-z])")


class LineProblem(Struct, frozen=True):
    """What could not be read, with its line, counted from 1: `text` is what stands there."""

    line: int
    message: str
    text: str


class ReadDocument(Struct, frozen=True):
    """A catalogue, what could not be read, and what was passed over because it belongs to no milestone (figures)."""

    catalogue: Catalogue
    problems: tuple[LineProblem, ...]
    passed_over: tuple[LineProblem, ...]


class _Block(Struct, frozen=True):
    """Neighbouring lines that belong together."""

    line: int
    text: str


def read_document(text: str, name: str) -> ReadDocument:
    """Read the chapter of milestones: the first that has the heading of one. `name` is the document's: `LDM-564`."""
    reader = _Reader()
    chapter = _chapter(text)
    if chapter is None:
        message = "no heading of a milestone, such as `## 3.1 Its title: LDM-503-01`"
        return ReadDocument(Catalogue(name, ()), (LineProblem(1, message, ""),), ())
    for block in _blocks(text, chapter):
        reader.take(block)
    catalogue = Catalogue(name, tuple(reader.milestones), _revision(text))
    return ReadDocument(catalogue, tuple(reader.problems), tuple(reader.passed_over))


def _chapter(text: str) -> str | None:
    """The number of the chapter, with its dot: `3.`."""
    headings = (_HEADING.match(each.strip("\f\r \t")) for each in text.split("\n"))
    found = (each for each in headings if each is not None and _CODE.fullmatch(_plain(each["rest"])))
    return next((f"{each['section'].partition('.')[0]}." for each in found), None)


def _revision(text: str) -> date | None:
    for each in _REVISION.finditer(text):
        try:
            return date.fromisoformat(each[1])
        except ValueError:
            continue
    return None


def _blocks(text: str, chapter: str) -> Iterator[_Block]:
    """The lines of the chapter's sections, those that were wrapped put together."""
    inside = False
    current: list[str] = []
    first = 0
    for number, raw in enumerate([*text.split("\n"), ""], start=1):
        line = raw.strip("\f\r \t")
        starts = not line or line.startswith("#") or _BULLET.match(line) is not None
        if current and starts:
            yield _Block(first, _joined(current))
            current = []
        if line.startswith("#"):
            heading = _HEADING.match(line)
            here = heading is not None and heading["section"].startswith(chapter)
            inside = here or (inside and heading is None and _CHAPTER.match(line) is None)
        if line and inside:
            first = first if current else number
            current.append(line)
            # A heading is one line, whatever stands below it.
            if line.startswith("#"):
                yield _Block(number, line)
                current = []


def _joined(lines: Iterable[str]) -> str:
    return _BROKEN.sub("", "\n".join(lines)).replace("\n", " ")


class _Reader:
    """Puts the blocks together, and collects what is wrong."""

    def __init__(self) -> None:
        self.milestones: list[Milestone] = []
        self.problems: list[LineProblem] = []
        self.passed_over: list[LineProblem] = []
        self._here = False

    def take(self, block: _Block) -> None:
        """Read one block."""
        heading = _HEADING.match(block.text)
        if heading is not None:
            self._heading(block, heading)
        elif (printed := _printed(block.text)) is not None:
            self.passed_over.append(LineProblem(block.line, printed, block.text))
        elif not self._here:
            self._note(block, "it belongs to no milestone that could be read")
        else:
            self._inside(block)

    def _heading(self, block: _Block, heading: re.Match[str]) -> None:
        rest = _plain(heading["rest"])
        found = _CODE.fullmatch(rest)
        self._here = False
        if found is None:
            self._note(block, "a heading of a milestone ends with its code, such as `: LDM-503-01`")
            return
        twice = next((each for each in self.milestones if each.code == found["code"]), None)
        if twice is not None:
            self._note(block, f"{found['code']} stands in section {twice.section} already")
            return
        self._here = True
        self.milestones.append(Milestone(heading["section"], found["code"], found["title"].strip()))

    def _inside(self, block: _Block) -> None:
        bullet = _BULLET.match(block.text)
        if bullet is not None:
            self._feature(block, bullet["rest"])
            return
        plain = _plain(block.text)
        dates = _OF_MILESTONE.fullmatch(plain)
        if dates is not None:
            due, completed = self._dates(block, dates)
            self._change(due=due, completed=completed, incomplete=dates["incomplete"] is not None)
        elif plain == NOTHING_NEW:
            self._change(no_new_functionality=True)
        else:
            self._note(block, "this is neither a feature nor the dates of a milestone")

    def _feature(self, block: _Block, text: str) -> None:
        ended = _OF_FEATURE.fullmatch(_unemphasised_end(text))
        named = _FEATURE.fullmatch(ended["text"] if ended is not None else text)
        if named is None:
            self._note(block, "a feature begins with its code, such as `DM-SUIT-3: `")
            return
        if ended is None:
            self._note(
                block, "a feature ends with its dates, such as `(Due: 2017-11-30; completed 2017-11-30)`"
            )
        due, completed = self._dates(block, ended) if ended is not None else (None, None)
        incomplete = ended is not None and ended["incomplete"] is not None
        feature = Feature(named["code"], named["text"], due, completed, incomplete)
        self._change(features=(*self.milestones[-1].features, feature))

    def _dates(self, block: _Block, found: re.Match[str]) -> tuple[date | None, date | None]:
        return self._date(block, found["due"]), self._date(block, found["completed"])

    def _date(self, block: _Block, text: str | None) -> date | None:
        if text is None:
            return None
        try:
            if _DATE.fullmatch(text) is None:
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError:
            self._note(block, f"{text!r} is not a date; write it like 2017-11-30")
            return None

    def _change(self, **changes: object) -> None:
        self.milestones[-1] = replace(self.milestones[-1], **changes)

    def _note(self, block: _Block, message: str) -> None:
        self.problems.append(LineProblem(block.line, message, block.text))


def _printed(text: str) -> str | None:
    """What a block is that stands on its page wherever that ends; None for the document's own text."""
    if _FIGURE.match(_plain(text)):
        return "a figure"
    return "the head of a page" if _REVISION.search(text) else None


def _plain(text: str) -> str:
    """Without the marks of emphasis that stand around words."""
    return text.replace("**", "").strip("*").strip()


def _unemphasised_end(text: str) -> str:
    """A feature's line whose dates have no marks, as `(*Due: 2020-11-30*; ...)` has them. Its text keeps its own."""
    head, opening, dates = text.rpartition("(")
    return f"{head}{opening}{dates.replace('*', '')}" if "Due:" in dates else text


def write_document(catalogue: Catalogue) -> str:
    """The sections of a catalogue in the document's form: what `read_document` reads as the same catalogue."""
    head = (
        [f"{catalogue.document} | Latest Revision {catalogue.revision}\n"]
        if catalogue.revision is not None
        else []
    )
    return "\n".join([*head, *(part for each in catalogue.milestones for part in _written(each))])


def _written(milestone: Milestone) -> Iterator[str]:
    yield f"## {milestone.section} {milestone.title}: {milestone.code}\n"
    if milestone.due is not None or milestone.completed is not None or milestone.incomplete:
        yield f"{_spelled(milestone)}.\n"
    if milestone.no_new_functionality:
        yield f"{NOTHING_NEW}\n"
    for each in milestone.features:
        dates = f" (*{_spelled(each)}*)" if each.due is not None else ""
        yield f"- {each.code}: {each.text}{dates}"
    yield ""


def _spelled(dated: Milestone | Feature) -> str:
    ended = f"completed {dated.completed}" if dated.completed is not None else "currently incomplete"
    return f"Due: {dated.due}; {ended}"
