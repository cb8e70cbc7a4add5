"""What is wrong with a product's own grammar, told at its line."""

from collections.abc import Iterator

from ldmrelease.config.workspace.schema import GrammarEntry
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path


def grammar_problems(path: Path, entry: str | GrammarEntry, document: YamlDocument) -> Iterator[Problem]:
    """Every fault of the patterns that stand at a path, if patterns do."""
    if isinstance(entry, str):
        return
    from ldmrelease.domain.tags.patterns.pattern_faults import grammar_faults  # noqa: PLC0415 - few workspaces have patterns

    own = entry.patterns()
    for fault in grammar_faults(own, entry.order, entry.within):
        field = fault.field
        # A kind with one pattern has it without a list.
        if field and not isinstance(_written(document, (*path, field[0])), list):
            field = field[:1]
        yield document.problem((*path, *field), fault.message, fault.remedy, expected=fault.expected)


def _written(document: YamlDocument, path: Path) -> object:
    found: object = document.plain
    for step in path:
        found = found[step] if isinstance(found, dict) and step in found else None
    return found
