"""The references of files that people write, in Markdown, written from their JSON Schemas.

`python -m ldmrelease.render.file_reference workspace > docs/workspace-reference.md`, and the same for `trust` and
`policy-test`.
"""

import sys
from collections.abc import Iterator
from typing import Any

from ldmrelease.render.policy_reference import Schema, fields_table

_HEADS = {
    "workspace": """\
# The workspace file

`ldmrelease.yaml` says what there is, where it goes, and where its records are. Paths are relative to it.
""",
    "trust": """\
# The trust document

`trust.yaml` says whose keys count for what, which level each environment is at, and which policies and targets were
agreed. `ldmrelease trust` keeps it; its version rises with every change.
""",
    "policy-test": """\
# Cases of policies

A file of cases says what one policy has to decide: what is given, then the verdict and the findings. `ldmrelease
policy test` plays the files of the folder `tests` beside the policies.
[A policy author's afternoon](policy-authoring.md) shows how they are written.
""",
}
_RULES = """\
This page is written from the schema that reads the file (`ldmrelease workspace schema {name}`); do not edit it. YAML is
read strictly, as [policies](policy-reference.md) are. `NAME` stands for a name that you give.
"""


def file_reference(name: str, schema: Schema) -> str:
    """The page for the schema of a kind of file. Raises `KeyError`."""
    definitions = schema.get("$defs", {})
    parts = [_HEADS[name], _RULES.format(name=name), "## The file\n", fields_table(schema, definitions)]
    for path, found in _parts(schema, definitions, "", set()):
        parts += [f"## `{path}`\n", f"{_told(found)}\n", fields_table(found, definitions)]
    return "\n".join(parts)


def _told(node: Schema) -> str:
    return " ".join(str(node.get("description", "")).split())


def _parts(node: Schema, definitions: Schema, path: str, seen: set[str]) -> Iterator[tuple[str, Schema]]:
    """Every mapping with keys of its own below a node, each once, by the path where it first stands."""
    below: list[tuple[str, str]] = []
    for key, value in node["properties"].items():
        below += _references(value, f"{path}.{key}" if path else key)
    for where, name in below:
        if name in seen or "properties" not in definitions[name]:
            continue
        seen.add(name)
        yield where, definitions[name]
        yield from _parts(definitions[name], definitions, where, seen)


def _references(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if "$ref" in value:
        yield path, value["$ref"].rpartition("/")[2]
    for each in value.get("anyOf", ()):
        yield from _references(each, path)
    if isinstance(value.get("items"), dict):
        yield from _references(value["items"], f"{path}[]")
    for each in (value.get("additionalProperties"), *value.get("patternProperties", {}).values()):
        if isinstance(each, dict):
            yield from _references(each, f"{path}.NAME")


def main() -> None:
    """Write the page that is named to standard output."""
    from ldmrelease.config.workspace.file_schemas import file_schema  # noqa: PLC0415 - the page itself needs only a schema

    sys.stdout.write(file_reference(sys.argv[1], file_schema(sys.argv[1])))


if __name__ == "__main__":
    main()
