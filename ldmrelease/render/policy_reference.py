"""The reference of policy files in Markdown, written from their JSON Schema.

`python -m ldmrelease.render.policy_reference > docs/policy-reference.md`
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_COMMON = ("id", "rule", "enforce-from", "waivable-by", "source")

_HEAD = """\
# Policy files

A policy file is one level of operational validation (LDM-564 2.2.1): a YAML document under `policies/`.
This page is written from the schema that reads them (`ldmrelease policy schema`); do not edit it.

YAML is read strictly. Keys that are not listed here, duplicate keys and tags are refused, all faults of a file at
once, each with its line and column. Only `true` and `false` are booleans and only plain decimal numbers are numbers:
`no`, `on`, `010`, `1.50`, `15:00` and `2024-01-01` are text, as they look. Durations are a number and one of `s`, `m`,
`h`, `d`, `w`.
"""

_EVERY_REQUIREMENT = """\
## Every requirement

What an entry of `enter` and `confirm` has, whatever its rule.

"""


def policy_reference(schema: Schema) -> str:
    """The page for the schema of policy files."""
    definitions = schema["$defs"]
    spec = definitions["LevelSpec"]
    clauses: list[Schema] = [
        _named(each, definitions) for each in spec["properties"]["enter"]["items"]["oneOf"]
    ]
    parts = [_HEAD]
    parts.append("## The file\n\n" + fields_table(schema, definitions))
    parts.append("## `metadata`\n\n" + fields_table(definitions["Metadata"], definitions))
    parts.append("## `spec`\n\n" + fields_table(spec, definitions))
    parts.append("## `spec.waivers`\n\n" + _described(definitions["WaiverLimitsEntry"], definitions))
    parts.append(
        "## `spec.environments.NAME`\n\n" + _described(definitions["EnvironmentAdditions"], definitions)
    )
    parts.append(_EVERY_REQUIREMENT + fields_table(_common(clauses), definitions))
    parts.append("## Rules\n")
    parts.extend(_rule(each, definitions) for each in clauses)
    return "\n".join(parts)


def _common(clauses: list[Schema]) -> Schema:
    """The keys of every requirement, as the shape of a mapping; `attested` says nothing special of them."""
    whole = next(each for each in clauses if each["properties"]["rule"]["const"] == "attested")
    properties = {key: whole["properties"][key] for key in _COMMON}
    rules = [each["properties"]["rule"]["const"] for each in clauses]
    properties["rule"] = {"enum": rules, "description": "The rule that judges it."}
    return {"properties": properties, "required": whole["required"]}


def _rule(clause: Schema, definitions: Schema) -> str:
    own = [key for key in clause["properties"] if key not in _COMMON]
    name = clause["properties"]["rule"]["const"]
    table = fields_table(clause, definitions, only=own) if own else "It has no parameters.\n"
    return f"### `{name}`\n\n{clause['description']}\n\n{table}"


def _described(node: Schema, definitions: Schema) -> str:
    return f"{node['description']}\n\n{fields_table(node, definitions)}"


def fields_table(node: Schema, definitions: Schema, only: Any = None) -> str:
    """The keys of a mapping, each with its value, what stands for it when it is left out, and its meaning."""
    rows = ["| key | value | left out | meaning |", "| --- | --- | --- | --- |"]
    required = node.get("required", ())
    for key, value in node["properties"].items():
        if only is None or key in only:
            cells = (
                f"`{key}`",
                _value(value, definitions),
                _absent(key, value, required),
                _meaning(value, definitions),
            )
            rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _meaning(value: Schema, definitions: Schema) -> str:
    return str(value.get("description") or _named(value, definitions)["description"])


def _absent(key: str, value: Schema, required: Any) -> str:
    if key in required:
        return "required"
    default = value.get("default")
    return "" if default in (None, []) else f"`{json.dumps(default)}`"


def _named(node: Schema, definitions: Schema) -> Schema:
    return definitions[node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def _value(node: Schema, definitions: Schema) -> str:
    return ", or ".join(dict.fromkeys(_values(node, definitions)))


def _values(node: Schema, definitions: Schema) -> Iterator[str]:
    node = _named(node, definitions)
    kind = node.get("type")
    if "anyOf" in node:
        for each in node["anyOf"]:
            if each.get("type") != "null":
                yield from _values(each, definitions)
    elif "const" in node:
        yield f"`{node['const']}`"
    elif "enum" in node:
        yield ", ".join(f"`{each}`" for each in node["enum"])
    elif "oneOf" in node:
        yield "requirement"
    elif kind == "array":
        yield f"list of: {_value(node['items'], definitions)}"
    elif kind == "object":
        yield "mapping"
    elif "examples" in node:
        yield "like " + ", ".join(f"`{each}`" for each in node["examples"])
    else:
        yield {"integer": "number", "boolean": "`true`, `false`"}.get(str(kind), "text")


def main() -> None:
    """Write the page to standard output."""
    from ldmrelease.config.policies.load import level_schema  # noqa: PLC0415 - the page itself needs only a schema

    sys.stdout.write(policy_reference(level_schema()))


if __name__ == "__main__":
    main()
