"""What was found in a tree, for people."""

from collections.abc import Iterator

from ldmrelease.answers.adoption import AdoptionAnswer, BaselineAnswer, NotCovered
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.render.tables import table

_PLACES = 3
"""Of so many places their names are said."""


def adoption_text(answer: AdoptionAnswer) -> str:
    """What was found: environments with their levels, products, and the share that is covered."""
    how = "as it is rendered" if answer.rendered else "as it can be read without rendering"
    what = f"branch {answer.branch}" if answer.committed else "a folder as it is, not a repository"
    rows = [(each.name, each.level, str(len(each.applications)), each.reason) for each in answer.environments]
    lines = [
        f"{answer.repository}: {what}; layout {answer.layout}, {how}",
        "",
        table(["environment", "level", "applications", "reason"], rows),
        "",
        f"{_count(len(answer.products), 'product')}, "
        f"{_count(sum(len(each.components) for each in answer.products), 'component')}",
        f"covered: {answer.covered:,} of {answer.images:,} {'containers' if answer.rendered else 'images'}"
        f"{_share(answer)}",
    ]
    return "\n".join(printable(each) if "\n" not in each else each for each in lines)


def baseline_text(answer: BaselineAnswer) -> str:
    """What runs, as it was found."""
    seen = [each for each in answer.places if each.missed is None]
    pinned = [each for each in answer.releases if each.pinned]
    rows = [(each.product, each.tag, "pinned" if each.pinned else "not pinned") for each in answer.releases]
    told = f"found, not decided: {_count(len(seen), 'place')}, {_count(len(pinned), 'release')} pinned"
    return "\n\n".join([*([table(["product", "release", "pin"], rows)] if rows else []), told])


def baseline_problems(answer: BaselineAnswer) -> Iterator[str]:
    """What could not be recorded, a line each."""
    for each in answer.places:
        if each.missed is not None:
            yield printable(f"{each.place}: not observed: {each.missed}")
        elif each.unresolved:
            yield printable(f"{each.place}: no image of {', '.join(each.unresolved)} was found")
    for one in answer.releases:
        if one.problem is not None:
            yield printable(f"{one.product} {one.tag}: not pinned: {one.problem}")


def not_understood(answer: AdoptionAnswer) -> Iterator[str]:
    """What is not covered and what could not be read, a line each, with file and line."""
    for each in answer.not_read:
        place = "/".join(filter(None, (each.environment, each.application)))
        at = f"{each.where}:{each.line}" if each.line else each.where
        yield printable(f"{at}: {each.reason}" + (f" ({place})" if place else ""))
    for one in answer.not_covered:
        yield printable(_uncovered_line(one))


def _uncovered_line(each: NotCovered) -> str:
    at = f"{each.file}:{each.line}: " if each.file else ""
    named = ", ".join(each.places[:_PLACES])
    more = len(each.places) - _PLACES
    places = named + (f" and {more} more" if more > 0 else "")
    return f"{at}{each.image or 'an image'} is not covered: {each.reason} ({places})"


def _share(answer: AdoptionAnswer) -> str:
    return f" ({100 * answer.covered / answer.images:.1f} %)" if answer.images else ""


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
