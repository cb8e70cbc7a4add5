"""What can be used of a workspace's file that is wrong in places, so that the rest of it is looked at all the same."""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from pydantic import ValidationError

from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.suggestions import nearest
from ldmrelease.config.yaml.validation_messages import Path, faulty_paths, validate
from ldmrelease.domain.document_faults import spell_path

_INNER = {"environments": "applications", "products": "components"}
_NAMED = ("environments", "products", "checks")
_STAND_INS = {
    "apiVersion": "ldmrelease/v1alpha1",
    "kind": "Workspace",
    "ledger": "ledger.db",
    "releases": "oci:releases",
}
"""What has no default. What these lead to is left out with the field."""


class LeftOut(Struct, frozen=True):
    """The entries of a workspace's file that cannot be used: fields, named entries or whole sections."""

    paths: tuple[Path, ...] = ()

    def concerns(self, problem: Problem) -> bool:
        """Whether a problem may only follow from what was left out: it stands there, or names something of it."""
        if any(_within(problem.field, spell_path(each)) for each in self.paths):
            return True
        return self._without_sections(problem) or any(map(self._is_meant, _names(problem)))

    def _is_meant(self, word: str) -> bool:
        names = [name for path in self.paths for name in path[1::2] if isinstance(name, str)]
        return word in names or nearest(word, names) is not None

    def _without_sections(self, problem: Problem) -> bool:
        """Whether a problem is about names of a section of which too much is missing."""
        heads, field = {each[0] for each in self.paths}, problem.field
        whole = {each[0] for each in self.paths if len(each) == 1}
        patterns = {each[0] for each in self.paths if any("{" in str(step) for step in each)}
        return bool(
            ("products" in whole | patterns and field.startswith(("environments.", "checks.", "keys.")))
            or ("checks" in whole and field.endswith(".check"))
            or ("keys" in heads and field == "keys")
            or (heads & {"environments", "patterns"} and field.endswith((".level", ".where")))
        )


class Usable(Struct, frozen=True):
    """The file without what is wrong in it, also as it is written; None where it is wrong at its root."""

    file: WorkspaceFile | None
    problems: tuple[Problem, ...] = ()
    left_out: LeftOut = LeftOut()
    plain: Any = None


def usable_file(document: YamlDocument, dropped: tuple[Path, ...] = ()) -> Usable:
    """The workspace's file as far as it has the shape of one, and everything that has not.

    dropped: patterns of which nothing was made.
    """
    without_them = LeftOut(tuple(dict.fromkeys(dropped)))
    try:
        return Usable(validate(WorkspaceFile, document), (), without_them, document.plain)
    except BadInput as error:
        # What a pattern of which nothing was made would have been the only entry of, is not empty by itself.
        emptied = {spell_path(path[:-1]) for path in dropped}
        problems = tuple(each for each in error.problems if each.field not in emptied)
    if not isinstance(document.plain, dict):
        return Usable(None, problems)
    plain, left_out = copy.deepcopy(document.plain), dict[Path, None].fromkeys(dropped)
    while faulty := [_entry(path) for path in faulty_paths(WorkspaceFile, plain)]:
        if not set(faulty) - left_out.keys():
            return Usable(None, problems)
        for path in faulty:
            left_out[path] = None
            _take_out(plain, path)
            if len(path) == 1 and path[0] in _STAND_INS:
                plain[path[0]] = _STAND_INS[str(path[0])]
    sections = set(WorkspaceFile.model_fields) - plain.keys()
    if any(len(path) == 1 and path[0] not in WorkspaceFile.model_fields for path in left_out):
        # A misspelled key may be that of a section that is not there.
        left_out |= {(each,): None for each in sections & {*_NAMED, "keys"}}
    return Usable(WorkspaceFile.model_validate(plain), problems, LeftOut(tuple(left_out)), plain)


def without(usable: Usable, mistaken: Iterable[Problem]) -> Usable:
    """The file without the entries whose names lead nowhere, too; `file` is None where nothing is left."""
    assert usable.file is not None
    fields = [each.field for each in mistaken]
    entries = sorted(_entries(usable.file), key=len, reverse=True)
    faulty = {next((each for each in entries if _within(field, spell_path(each))), None) for field in fields}
    paths = tuple(each for each in faulty if each is not None)
    if not paths:
        return usable
    plain = copy.deepcopy(usable.plain)
    for path in paths:
        _take_out(plain, path)
    left_out = LeftOut((*usable.left_out.paths, *paths))
    try:
        return Usable(WorkspaceFile.model_validate(plain), usable.problems, left_out, plain)
    except ValidationError:
        return Usable(None, usable.problems, left_out)


def _entry(path: Path) -> Path:
    """The entry with a name of its own that a value stands in: it can be left out as a whole."""
    head = path[0] if path else ""
    if head in _NAMED:
        inner = len(path) > 3 and path[2] == _INNER.get(str(head))
        return path[: 4 if inner else 2]
    return path[: (3 if path[1:2] == ("receipts",) else 2) if head == "keys" else 1]


def _entries(file: WorkspaceFile) -> Iterator[Path]:
    for environment, site in file.environments.items():
        yield ("environments", environment)
        yield from (("environments", environment, "applications", each) for each in site.applications)
    for product, entry in file.products.items():
        yield ("products", product)
        yield from (("products", product, "components", each) for each in entry.components)
    yield from (("checks", each) for each in file.checks)


def _take_out(plain: Any, path: Path) -> None:
    for step in path[:-1]:
        plain = plain.get(step) if isinstance(plain, dict) else None
    if isinstance(plain, dict):
        plain.pop(path[-1], None)


def _within(field: str, entry: str) -> bool:
    return field == entry or field.startswith((f"{entry}.", f"{entry}["))


def _names(problem: Problem) -> list[str]:
    """The words of the name that a problem found."""
    return (problem.found or "").strip('"').split("/")
