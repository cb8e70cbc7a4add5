"""What a GitOps tree asks for, for people."""

from collections.abc import Iterable, Iterator, Sequence

from ldmrelease.render.tables import Cell, Colour, table
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.scalar_addresses import path_text

_UNKNOWN = Cell("decided elsewhere", Colour.yellow)


def desired_table(images: Sequence[TreeImage]) -> str:
    """Which image each application wants, and where that is written."""
    if not images:
        return "the tree asks for no image"
    rows = [
        (
            f"{each.environment}/{each.application}",
            f"{each.kind}/{each.name} {each.container}" if each.kind else "",
            each.image or _UNKNOWN,
            ", ".join(f"{part.file}:{part.line} {path_text(part.path)}" for part in each.parts),
        )
        for each in images
    ]
    return table(["place", "container", "image", "decided by"], rows)


def not_understood_lines(notes: Iterable[NotUnderstood]) -> Iterator[str]:
    """What could not be read or rendered, a line each; the same for several environments is one."""
    places: dict[tuple[str, int | None, str], list[str]] = {}
    for each in notes:
        where = "/".join(filter(None, (each.environment, each.application)))
        places.setdefault((each.where, each.line, each.reason), []).append(where)
    for (where, line, reason), found in places.items():
        at = f"{where}:{line}" if line else where
        yield f"{at}: {reason} ({', '.join(filter(None, found))})"
