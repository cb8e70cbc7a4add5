"""The workspace's file as everything reads it: with its patterns made into entries."""

from pathlib import Path

from msgspec.structs import replace

from ldmrelease.config.workspace.check_contents import attempt
from ldmrelease.config.workspace.patterns.expand import Expanded, expanded
from ldmrelease.config.workspace.patterns.facts import trees_file, trees_of
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import YamlDocument, read
from ldmrelease.config.yaml.validation_messages import validate

ReadWorkspace = tuple[WorkspaceFile, YamlDocument]
"""A workspace's file, and its document without patterns."""


def expanded_document(path: Path, document: YamlDocument) -> Expanded:
    """A workspace's document with the entries of its patterns, and everything that is wrong with these."""
    if not (isinstance(document.plain, dict) and "trees" in document.plain):
        return expanded(document, {})
    problems: list[Problem] = []
    file = trees_file(path)
    trees = attempt(lambda: read(file), problems) if file.is_file() else None
    recorded = None if trees is None else attempt(lambda: trees_of(trees), problems)
    found = replace(expanded(document, recorded or {}), recorded=None if trees is None else trees.data)
    # Where that file is wrong, it follows that nothing is recorded.
    return replace(found, problems=tuple(problems)) if problems else found


def plain_document(path: Path) -> YamlDocument:
    """A workspace's document without patterns. Raises `BadInput`."""
    found = expanded_document(path, read(path))
    if found.problems:
        raise BadInput(found.problems)
    return found.document


def workspace_document(path: Path) -> ReadWorkspace:
    """A workspace's file, and its document without patterns. Raises `BadInput`."""
    document = plain_document(path)
    return validate(WorkspaceFile, document), document
