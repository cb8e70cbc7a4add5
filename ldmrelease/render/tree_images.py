"""What a GitOps tree asks for, for people."""

from collections.abc import Iterable, Iterator, Sequence

from ldmrelease.domain.topology import Place
from ldmrelease.render.tables import Cell, Colour, table
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.scalar_addresses import path_text

_UNKNOWN = Cell("decided elsewhere", Colour.yellow)


def desired_table(images: Sequence[tuple[TreeImage, Place | None]]) -> str:
    """Which image each application wants, where that is written, and the place that manages it."""
    if not images:
        return "the tree asks for no image"
    rows = [
        (
            f"{each.environment}/{each.application}",
            f"{each.kind}/{each.name} {each.container}" if each.kind else "",
            each.image or _UNKNOWN,
            ", ".join(f"{part.file}:{part.line} {path_text(part.path)}" for part in each.parts)
            or _template(each),
            str(place) if place is not None else "",
        )
        for each, place in images
    ]
    return table(["application", "container", "image", "decided by", "place"], rows)


def _template(image: TreeImage) -> str:
    at = image.template
    return f"{at.file}:{at.line} (a template)" if at is not None else ""


def not_understood_lines(notes: Iterable[NotUnderstood]) -> Iterator[str]:
    """What could not be read or rendered, a line each; the same for several environments is one."""
    places: dict[tuple[str, int | None, str], list[str]] = {}
    for each in notes:
        where = "/".join(filter(None, (each.environment, each.application)))
        places.setdefault((each.where, each.line, each.reason), []).append(where)
    for (where, line, reason), found in places.items():
        at = f"{where}:{line}" if line else where
        named = ", ".join(filter(None, found))
        yield f"{at}: {reason} ({named})" if named else f"{at}: {reason}"
