"""What was recorded of the trees that patterns read (`ldmrelease.trees.yaml`), beside the workspace's file."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from msgspec import Struct
from pydantic import Field, WithJsonSchema

from ldmrelease.config.workspace.tree_questions import Files, TreeQuestion, indexed_files
from ldmrelease.config.yaml.fields import UNIQUE, Address, Name, Strict, Text
from ldmrelease.config.yaml.read import YamlDocument, read
from ldmrelease.config.yaml.validation_messages import validate

FILE = "ldmrelease.trees.yaml"
"""Its name, beside the workspace's file."""
_HEAD = """\
# What the patterns of ldmrelease.yaml read from trees. Written by `ldmrelease workspace refresh`; do not edit it.
"""

Value = Annotated[str | int | bool | None, WithJsonSchema({"type": ["string", "integer", "boolean", "null"]})]


class RecordedTreeEntry(Strict):
    """A tree as it was when it was asked."""

    repository: Address = Field(description="Its git repository.")
    branch: Text = Field(description="Its branch.")
    commit: Text = Field(description="The commit that was read.")
    asked: Annotated[list[Text], UNIQUE] = Field(
        description="What was asked of it: FILE#PATH, or with = VALUE."
    )
    files: dict[Text, dict[Text, Value]] = Field(
        description="The scalars that answer, by file and path; nothing where only that one is there was asked."
    )


class TreesFile(Strict):
    """What was recorded of the trees of a workspace."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file."
    )
    kind: Literal["Trees"] = Field(description="What this file is: Trees.")
    trees: dict[Name, RecordedTreeEntry] = Field(description="The trees, by name.")


class RecordedTree(Struct, frozen=True):
    """A tree as it was when it was asked. `asked` are `TreeQuestion.asked`."""

    repository: str
    branch: str
    commit: str
    asked: frozenset[str]
    files: Files

    def has_answer(self, question: TreeQuestion) -> bool:
        """Whether this was asked; else nothing is known of it."""
        return question.asked in self.asked


def trees_file(workspace: Path) -> Path:
    """Where it is, for a workspace's file."""
    return workspace.parent / FILE


def recorded_trees(file: Path) -> dict[str, RecordedTree]:
    """The trees that were recorded; none where there is no such file. Raises `BadInput`."""
    return trees_of(read(file)) if file.is_file() else {}


def trees_of(document: YamlDocument) -> dict[str, RecordedTree]:
    """The trees of a file of recorded ones. Raises `BadInput`."""
    found = validate(TreesFile, document)
    return {
        name: RecordedTree(
            each.repository,
            each.branch,
            each.commit,
            frozenset(each.asked),
            indexed_files(
                {path: {key: _text(value) for key, value in own.items()} for path, own in each.files.items()}
            ),
        )
        for name, each in found.trees.items()
    }


def trees_text(trees: dict[str, RecordedTree]) -> str:
    """The file that records these trees."""
    plain: dict[str, Any] = {"apiVersion": "ldmrelease/v1alpha1", "kind": "Trees", "trees": {}}
    for name, each in trees.items():
        plain["trees"][name] = {
            "repository": each.repository,
            "branch": each.branch,
            "commit": each.commit,
            "asked": sorted(each.asked),
            "files": {path: dict(sorted(own.items())) for path, own in sorted(each.files.items())},
        }
    return _HEAD + yaml.dump(
        plain, Dumper=yaml.CSafeDumper, sort_keys=False, width=10_000, allow_unicode=True
    )


def _text(value: str | int | bool | None) -> str | None:
    """A scalar as templates print it."""
    return (
        {True: "true", False: "false"}[value]
        if isinstance(value, bool)
        else None
        if value is None
        else str(value)
    )
