"""Values files that people have written: one scalar is one line, and what is added goes again to the byte.

A sample of them, where the data are. All of them, in some two hours:
`python -m tests.unit.targets.yamledit.test_phalanx`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.domain.value_paths import Path as ValuePath
from ldmrelease.domain.value_paths import spell_path
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.yamledit.edit_settings import edit_settings, read_settings
from ldmrelease.targets.yamledit.tree import Node, parse_documents

PHALANX = Path(__file__).parents[4].parent / "shared/data/phalanx"
REFUSED = {"anchor", "alias", "merge-key", "multi-line", "templated", "tagged"}
"""What is named and left alone."""
SAMPLE = 997
pytestmark = pytest.mark.skipif(not PHALANX.is_dir(), reason="no ../shared")


def values_files() -> Iterator[tuple[Path, Node]]:
    for file in sorted(PHALANX.rglob("*.yaml")):
        documents = parse_documents(file.read_text())
        if documents:  # some hold comments alone
            (root,) = documents
            yield file, root


def places(node: Node, path: ValuePath = ()) -> Iterator[tuple[ValuePath, Node]]:
    """Every scalar and every mapping that has keys."""
    if node.kind == "scalar" or node.pairs:
        yield path, node
    for index, each in enumerate(node.items):
        yield from places(each, (*path, index))
    for key, value in node.pairs:
        yield from places(value, (*path, key.value))


def require_one_line(data: bytes, path: str, line: int) -> None:
    after = edit_settings(data, {path: "w_2026_01"}, "")
    if isinstance(after, Refusal):
        assert after.code in REFUSED, (path, after)
        return
    old, new = data.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(old) == len(new)
    assert [at for at, (was, now) in enumerate(zip(old, new, strict=True), 1) if was != now] == [line], path


def require_added(data: bytes, path: str, lines: int, *, in_brackets: bool) -> None:
    found = read_settings(data, [path], "", [path])
    if isinstance(found, Refusal):
        assert found.code in REFUSED, (path, found)
        return
    after = edit_settings(data, {path: "w_2026_01"}, "", [path])
    assert isinstance(after, bytes), (path, after)
    old, new = data.splitlines(keepends=True), after.splitlines(keepends=True)
    if not in_brackets:
        at = next(at for at, line in enumerate(new) if at == len(old) or line != old[at])
        assert new[:at] + new[at + lines :] == old, path
    assert edit_settings(after, {path: found[path].value}, "", [path]) == data, path


def require_sound(file: Path, path: ValuePath, node: Node) -> None:
    data = file.read_bytes()
    if node.kind == "scalar":
        require_one_line(data, spell_path(path), node.line)
        return
    for tail, lines in (("aNewKey",), 1), (("aNewKey", "image", "tag"), 3):
        require_added(data, spell_path((*path, *tail)), lines, in_brackets=node.flow)


def test_what_is_written_changes_its_own_line_and_what_is_added_goes_again() -> None:
    everywhere = [(file, *each) for file, root in values_files() for each in places(root) if each[0] != ()]
    assert len(everywhere) > SAMPLE
    for file, path, node in everywhere[::SAMPLE]:
        require_sound(file, path, node)


if __name__ == "__main__":
    for number, (file, root) in enumerate(values_files()):
        print(number, file.relative_to(PHALANX), file=sys.stderr)
        for path, node in places(root):
            if path:
                require_sound(file, path, node)
