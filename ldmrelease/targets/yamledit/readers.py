"""Which other paths of a document read the scalar at a path: those of its anchor's aliases and of merged mappings."""

from collections.abc import Iterator

from ldmrelease.domain.value_paths import ManifestPath, Named, Path, parse_manifest_path, spell_path
from ldmrelease.targets.results import Refusal, RefusedError
from ldmrelease.targets.yamledit.anchors import Anchors
from ldmrelease.targets.yamledit.edit_settings import edit_settings
from ldmrelease.targets.yamledit.locate import follow
from ldmrelease.targets.yamledit.tree import Node, decoded, parse_documents, the_document

MOST_READERS = 1000
"""How many are told: aliases of aliases grow by multiplication."""


def readers_of(data: bytes, path: str) -> tuple[str, ...] | Refusal:
    """The other paths that say something else when the setting at this one is written, at its anchor.

    Of one that is absent: those that would read the key that is added. Raises ValueError for what is no path.
    """
    where = parse_manifest_path(path)
    try:
        root = the_document(parse_documents(decoded(data)[1]), where.manifest)
        if follow(root, where.path, shared=True).rest:
            added = edit_settings(data, {path: "added"}, "", [path], [path])
            if isinstance(added, Refusal):
                return added
            root = the_document(parse_documents(decoded(added)[1]), where.manifest)
        found = _Readers(root).of(where.path)
    except RefusedError as refused:
        return refused.refusal
    return tuple(_spelled(where, each) for each in found)


def _spelled(where: ManifestPath, path: Path) -> str:
    return f"{where.manifest}:{spell_path(path)}" if where.manifest is not None else spell_path(path)


class _Readers:
    def __init__(self, root: Node) -> None:
        self._root = root
        self._anchors = Anchors(root)
        self._reaching: dict[int, bool] = {}

    def of(self, path: Path) -> tuple[Path, ...]:
        steps = follow(self._root, path, shared=True).steps
        target = steps[-1].node
        own = tuple(
            part if isinstance(part, str) else self._named(above.node, step.here)
            for part, above, step in zip(path, steps, steps[1:], strict=False)
        )
        self._reaching = {id(target): True}
        found: list[Path] = []
        for each in self._paths(self._root, target):
            if each != own:
                found.append(each)
            if len(found) == MOST_READERS:
                break
        return tuple(found)

    def _paths(self, node: Node, target: Node, above: tuple[Node, ...] = ()) -> Iterator[Path]:
        if node is target:
            yield ()
        # An anchor that holds its own alias ends there.
        elif self._reaches(node) and not any(each is node for each in above):
            for part, inner in self._inside(node):
                yield from ((part, *rest) for rest in self._paths(inner, target, (*above, node)))

    def _reaches(self, node: Node) -> bool:
        """Whether the scalar is below."""
        if id(node) not in self._reaching:
            self._reaching[id(node)] = False
            self._reaching[id(node)] = any(self._reaches(inner) for _, inner in self._inside(node))
        return self._reaching[id(node)]

    def _inside(self, node: Node) -> Iterator[tuple[str | int | Named, Node]]:
        if node.kind == "mapping":
            yield from self._anchors.entries(node)
        for each in node.items:
            found = self._anchors.followed(each)
            if found is not None:
                yield self._named(node, each), found

    def _named(self, sequence: Node, item: Node) -> int | Named:
        """The item by its name where that is its own, else by where it stands."""
        names = [self._name(each) for each in sequence.items]
        index = next(at for at, each in enumerate(sequence.items) if each is item)
        name = names[index]
        return Named(name) if name is not None and names.count(name) == 1 else index

    def _name(self, item: Node) -> str | None:
        node = self._anchors.followed(item)
        if node is None or node.kind != "mapping":
            return None
        found = next((value for key, value in self._anchors.entries(node) if key == "name"), None)
        return found.value if found is not None and found.kind == "scalar" else None
