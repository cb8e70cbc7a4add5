"""A tree whose files are parsed once, whoever asks for them."""

from collections.abc import Iterable, Iterator, Mapping

from ldmrelease.trees.files import Tree
from ldmrelease.trees.scalars import scalars_of
from ldmrelease.trees.values import UnreadableFile, YamlValue, read_documents

Scalars = Mapping[str, str | None]


class ParsedTree:
    """A tree that keeps what was read and parsed of it: for one look through it, not for long."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._data: dict[str, bytes] = {}
        self._documents: dict[str, list[YamlValue] | UnreadableFile] = {}
        self._scalars: dict[str, list[tuple[str, str]]] = {}

    def files(self) -> frozenset[str]:
        """All files."""
        return self._tree.files()

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises `UnreadableFile`."""
        if path not in self._data:
            self._data[path] = self._tree.read(path)
        return self._data[path]

    def documents(self, path: str) -> list[YamlValue]:
        """The documents of a file. Raises `UnreadableFile`."""
        if path not in self._documents:
            try:
                self._documents[path] = read_documents(self.read(path), path)
            except UnreadableFile as error:
                self._documents[path] = error
        found = self._documents[path]
        if isinstance(found, UnreadableFile):
            raise found
        return found

    def scalars(self, path: str) -> list[tuple[str, str]]:
        """Path and printed value of each scalar of a file, as `scalars_of` tells them. Raises `UnreadableFile`."""
        if path not in self._scalars:
            self._scalars[path] = list(scalars_of(self.documents(path)))
        return self._scalars[path]


def documents_of(tree: Tree, path: str) -> list[YamlValue]:
    """The documents of a file of a tree, parsed once where the tree keeps them. Raises `UnreadableFile`."""
    return tree.documents(path) if isinstance(tree, ParsedTree) else read_documents(tree.read(path), path)


def scalars_in(tree: Tree, path: str) -> Iterable[tuple[str, str]]:
    """Path and printed value of each scalar of a file of a tree, found once where the tree keeps them. Raises
    `UnreadableFile`."""
    return tree.scalars(path) if isinstance(tree, ParsedTree) else scalars_of(documents_of(tree, path))


class TreeScalars(Mapping[str, Scalars]):
    """The scalars of a tree's YAML files by file and path, each file when it is asked for; none of one that cannot be
    read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[str, Scalars] = {}
        self._files = [each for each in sorted(tree.files()) if each.endswith((".yaml", ".yml"))]
        self._names = frozenset(self._files)

    def __getitem__(self, file: str) -> Scalars:
        """The scalars of a file by their path. Raises KeyError."""
        if file not in self._names:
            raise KeyError(file)
        if file not in self._known:
            try:
                self._known[file] = dict(scalars_in(self._tree, file))
            except UnreadableFile:
                self._known[file] = {}
        return self._known[file]

    def __contains__(self, file: object) -> bool:
        """Whether there is such a file; it is not read."""
        return file in self._names

    def __iter__(self) -> Iterator[str]:
        """The files, in order."""
        return iter(self._files)

    def __len__(self) -> int:
        """How many files there are."""
        return len(self._files)
