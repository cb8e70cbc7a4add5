"""What a pull request says: the decision, in Markdown.

Whatever a person, a tag or a tree says stands in code, where nothing is a link, a mention, a heading or a command to
whoever shows it.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

_LONGEST_TITLE = 200
_LONGEST_CODE = 2_000


class ProposalSetting(Struct, frozen=True):
    """A setting that changes: where it stands, and what it says before and after."""

    file: str
    line: int | None
    path: str
    before: str
    after: str


class ProposalText(Struct, frozen=True):
    """The title (plain text) and the text (Markdown) of a pull request."""

    title: str
    body: str


class ProposalFacts(Struct, frozen=True):
    """What is said of a proposal.

    verb: what the promotion does, such as `promote`. places: each with the digest of its decision. images: the digest
    of each component. excuses: what was waived, compressed or left out in an emergency, and why. arriving: what came in
    since what runs, a line each. durations: what takes how long, such as a check's deadline.
    """

    verb: str
    release: str
    digest: str
    places: tuple[tuple[str, str], ...]
    promotion: str
    requester: str
    reason: str | None
    settings: tuple[ProposalSetting, ...]
    images: Mapping[str, str] = {}
    excuses: tuple[str, ...] = ()
    arriving: tuple[str, ...] = ()
    durations: tuple[str, ...] = ()


def proposal_text(facts: ProposalFacts) -> ProposalText:
    """The whole of it."""
    title = _line(f"{facts.verb} {facts.release} at {', '.join(place for place, _ in facts.places)}")[
        :_LONGEST_TITLE
    ]
    return ProposalText(title, "\n".join(_lines(facts)) + "\n")


def withdrawal_text(promotion: str, code: str, values: Mapping[str, object]) -> str:
    """The comment on a pull request that must not be merged any more."""
    why = "; ".join(f"{key}: {value}" for key, value in values.items())
    return (
        f"**Do not merge this.** {_code(promotion)} no longer allows it ({_code(code)}"
        f"{f': {_code(why)}' if why else ''}), and the proposal is withdrawn.\n"
    )


def _lines(facts: ProposalFacts) -> Iterator[str]:
    where = ", ".join(_code(place) for place, _ in facts.places)
    yield f"{_code(facts.promotion)} asks to {facts.verb} {_code(facts.release)} at {where}."
    yield ""
    yield f"- release: {_code(facts.release)} {_code(facts.digest)}"
    yield f"- asked by: {_code(facts.requester)}"
    if facts.reason:
        yield f"- reason: {_code(facts.reason)}"
    for place, decision in facts.places:
        at = f" at {_code(place)}" if len(facts.places) > 1 else ""
        yield f"- decision{at}: allowed, {_code(decision)}"
    yield ""
    yield "| file | line | setting | before | after |"
    yield "|---|---|---|---|---|"
    for each in facts.settings:
        cells = (each.file, str(each.line or ""), each.path, each.before, each.after)
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"
    yield from _section("Images", (f"{name} {digest}" for name, digest in facts.images.items()))
    yield from _section("Let in in spite of", facts.excuses)
    yield from _section("What came in since what runs", facts.arriving)
    yield from _section("How long it takes", facts.durations)
    yield ""
    yield "#### What to do"
    yield ""
    yield f"Merge this, by whatever way; then `ldmrelease resume {_word(facts.promotion)}` goes on. "
    yield "Closing it without a merge stops the promotion. "
    yield f"`ldmrelease why {_word(facts.promotion)}` says why it is allowed."


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield f"#### {title}"
        yield ""
        yield from (f"- {_code(each)}" for each in found)


def _cell(text: str) -> str:
    """A table takes a bar for its own even within code; forges differ in whether one after two backslashes is."""
    return _code(text).replace("\\|", "\\\N{BROKEN BAR}").replace("|", "\\|") if text else ""


def _code(text: str) -> str:
    """Text in code, fenced by more backticks than it has in a row."""
    plain = _line(text)[:_LONGEST_CODE] or " "
    longest = run = 0
    for each in plain:
        run = run + 1 if each == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{plain}{space}{fence}"


def _line(text: str) -> str:
    """On one line, without what does not print or turns the direction of reading."""
    return "".join(each if each.isprintable() else " " for each in text).strip()


def _word(text: str) -> str:
    return "".join(each for each in text if each.isalnum() or each in "-_.")
