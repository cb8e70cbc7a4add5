"""A pull request's comment: what a change asks for, whether it may enter, and what comes in with it, in Markdown.

Whatever a tree says stands in code, where nothing is a link, a mention or a command to whoever shows it.
"""

from collections.abc import Iterable, Iterator

from ldmrelease.answers.gate import (
    GateAnswer,
    GateArrivalAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
)
from ldmrelease.answers.releases import ComparisonAnswer
from ldmrelease.answers.sentences.escapes import printable, printable_text
from ldmrelease.answers.sentences.text import command_line
from ldmrelease.render.gate.merge_text import (
    CONFLICTS,
    alike,
    excuse_text,
    excused_alike,
    image_counts,
    part_text,
    place_text,
)

MARKER = "<!-- ldmrelease gate merge -->"
"""The first line of every comment: whoever posts one looks for it, and updates that one."""
LONGEST = 60_000
"""Characters; forges take a few more."""
_MOST_ROWS = 100
_MOST_ALIKE = 10
_MOST_PRODUCTS = 40
_MOST_PLACES = 10
_TITLES = {
    GateVerdict.ALLOWED: "everything may enter",
    GateVerdict.WAITING: "nothing is refused, something has to wait",
    GateVerdict.REFUSED: "something may not enter",
    GateVerdict.UNDECIDED: "it could not be decided",
}
_COMMIT = 12


def merge_comment(answer: GateAnswer) -> str:
    """The whole comment, and no longer than a forge takes: what does not fit is left out, which is said."""
    parts = [
        f"{MARKER}\n### Release gate: {_TITLES.get(answer.verdict, answer.verdict)}\n\n{_summary(answer)}\n"
    ]
    parts += _sections(answer)
    text = ""
    for number, each in enumerate(parts):
        if len(text) + len(each) > LONGEST:
            left = len(parts) - number
            return f"{text}\n{left} more left out: `ldmrelease gate merge` has all.\n"
        text += each
    return text


def _summary(answer: GateAnswer) -> str:
    told = image_counts(answer)
    conflicts = f"\n\nNote that {CONFLICTS}." if answer.conflicts else ""
    return (
        f"{_code(answer.head or '')} into {_code(answer.base or '')}, as of {answer.now}: {told}.{conflicts}"
    )


def _sections(answer: GateAnswer) -> Iterator[str]:
    if answer.images:
        yield "\n" + "\n".join(_table(answer.images)) + "\n"
    for verdict, head in _HEADS.items():
        found = [each for each in answer.images if each.verdict is verdict and each.findings]
        if found:
            yield f"\n#### {head}\n"
            yield from map(_reasons, alike(found))
    excused = list(excused_alike(answer.images))
    if excused:
        yield "\n#### Approved and waived\n"
        yield from map(_excused, excused)
    if answer.unreadable:
        yield "\n#### Unreadable\n\n" + _block(line for each in answer.unreadable for line in _finding(each))
    if answer.arriving:
        yield "\n#### What comes in\n"
        yield from map(_arrival, answer.arriving)


_HEADS = {
    GateVerdict.REFUSED: "Refused",
    GateVerdict.UNDECIDED: "Not decided",
    GateVerdict.WAITING: "Waiting",
}


def _table(images: tuple[GateImageAnswer, ...]) -> Iterator[str]:
    yield "| place | component | before | after | release | verdict |"
    yield "|---|---|---|---|---|---|"
    for each in images[:_MOST_ROWS]:
        verdict = f"**{each.verdict}**" if each.verdict in _HEADS else each.verdict
        older = " (older)" if each.older else ""
        cells = (place_text(each), each.component, each.previous, each.image, each.release)
        told = " | ".join(_code(cell) if cell else "" for cell in cells)
        yield f"| {told} | {verdict}{older} |"
    if len(images) > _MOST_ROWS:
        yield f"\n{len(images) - _MOST_ROWS} more changes."


def _reasons(images: list[GateImageAnswer]) -> str:
    """Images of which the same is found, and that."""
    names = ", ".join(map(_name, images[:_MOST_ALIKE]))
    more = f" and {len(images) - _MOST_ALIKE} more" if len(images) > _MOST_ALIKE else ""
    lines = [part_text(part) for each in images[:_MOST_ALIKE] for part in each.parts]
    for found in images[0].findings:
        lines += _finding(found)
    return f"\n{names}{more}\n\n{_block(lines)}"


def _excused(images: list[GateImageAnswer]) -> str:
    """Images for which the same was approved and waived, and that."""
    names = ", ".join(map(_name, images[:_MOST_ALIKE]))
    more = f" and {len(images) - _MOST_ALIKE} more" if len(images) > _MOST_ALIKE else ""
    return f"\n{names}{more}\n\n{_block(excuse_text(each) for each in images[0].excuses)}"


def _name(image: GateImageAnswer) -> str:
    until = f" (at the earliest {image.eligible_at})" if image.eligible_at else ""
    return " ".join(_code(each) for each in (place_text(image), image.component, image.image) if each) + until


def _finding(found: GateFindingAnswer) -> Iterator[str]:
    name = f"{found.requirement}: " if found.requirement else ""
    yield f"{found.outcome}: {name}{found.sentence}"
    if found.who:
        yield f"  who can change it: {', '.join(found.who)}"
    if found.next:
        yield f"  next: {command_line(found.next)}"


def _arrival(arrival: GateArrivalAnswer) -> str:
    found = arrival.comparison
    lines = [*_components(found), *_products(found)]
    places = ", ".join(map(_code, arrival.places[:_MOST_PLACES]))
    left = len(arrival.places) - _MOST_PLACES
    more = f" and {left} more" if left > 0 else ""
    told = _block(lines) if lines else "The same images.\n"
    return f"\n{_code(found.before)} to {_code(found.after)} at {places}{more}\n\n{told}"


def _components(found: ComparisonAnswer) -> Iterator[str]:
    for each in found.components:
        before, after = each.before, each.after
        if each.differs and before is not None and after is not None:
            if each.kind == "configuration":
                yield f"{after.source}: {_commit(before.digest)}..{_commit(after.digest)}"
            else:
                yield f"{each.kind} {each.component}: {before.spelling} -> {after.spelling}"
        elif each.differs:
            yield f"{each.kind} {each.component}: {'added' if before is None else 'removed'}"


def _products(found: ComparisonAnswer) -> Iterator[str]:
    products = found.products or ()
    if products:
        yield f"EUPS products: {len(products)} of {found.listed} differ"
    for one in products[:_MOST_PRODUCTS]:
        yield f"  {one.name}: {(one.before or 'none')[:_COMMIT]}..{(one.after or 'none')[:_COMMIT]}"
    if len(products) > _MOST_PRODUCTS:
        yield f"  and {len(products) - _MOST_PRODUCTS} more"


def _commit(digest: str) -> str:
    return digest.rpartition(":")[2][:_COMMIT]


def _code(text: str) -> str:
    """Text of elsewhere as code on one line, in a table too: what would end either is replaced."""
    plain = printable_text(printable(text)).replace("`", "'").replace("|", "\N{BROKEN BAR}")
    return f"`{plain}`" if plain.strip() else ""


def _block(lines: Iterable[str]) -> str:
    """Lines of elsewhere as a block of code, between more backticks than any of them has."""
    told = [printable_text(printable(line)) for each in lines for line in each.split("\n")]
    longest = max((len(run) for line in told for run in _runs(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *told, fence, ""])


def _runs(line: str) -> list[str]:
    return "".join(each if each == "`" else " " for each in line).split()
