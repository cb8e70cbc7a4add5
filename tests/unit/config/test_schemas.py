"""The JSON Schemas of files: what `init` writes is valid by them, and what the reader refuses is not."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.config.workspace.file_schemas import FILES, file_schema
from ldmrelease.config.workspace.init import SAMPLES
from ldmrelease.config.yaml.read import read
from ldmrelease.render.file_reference import file_reference
from tests.unit.faces.cli.running import run
from tests.workspace import agree_workspace, own_hosts

DOCS = Path(__file__).parents[3] / "docs"
_TYPES: dict[str, Any] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
    "null": type(None),
}  # fmt: skip


def faults(node: dict[str, Any], value: Any, root: dict[str, Any], path: str = "") -> list[str]:
    """Where a value breaks a schema, as far as ours say anything."""
    if "$ref" in node:
        return faults(root["$defs"][node["$ref"].rpartition("/")[2]], value, root, path)
    for key in ("anyOf", "oneOf"):
        if key in node:
            tried = [faults(each, value, root, path) for each in node[key]]
            return [] if [] in tried else min(tried, key=len)
    if "const" in node and value != node["const"]:
        return [f"{path}: not {node['const']}"]
    if "enum" in node and value not in node["enum"]:
        return [f"{path}: none of {node['enum']}"]
    kind = node.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool))):
        return [f"{path}: no {kind}"]
    if isinstance(value, str) and not re.search(node.get("pattern", ""), value):
        return [f"{path}: does not match"]
    found: list[str] = []
    if isinstance(value, dict):
        known = node.get("properties", {})
        found += [f"{path}.{each}: missing" for each in node.get("required", ()) if each not in value]
        more = node.get("additionalProperties", True)
        for name, each in value.items():
            patterns = node.get("patternProperties", {}).items()
            fitting = next((each for pattern, each in patterns if re.search(pattern, name)), more)
            inner = known.get(name, fitting)
            if inner is False:
                found.append(f"{path}.{name}: unknown")
            elif isinstance(inner, dict):
                found += faults(inner, each, root, f"{path}.{name}")
    if isinstance(value, list) and isinstance(node.get("items"), dict):
        for index, each in enumerate(value):
            found += faults(node["items"], each, root, f"{path}[{index}]")
    return found


@pytest.fixture(params=[None, *SAMPLES])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    sample = ("--sample", request.param) if request.param else ()
    assert run("init", str(tmp_path / "w"), *sample).exit_code == 0
    return tmp_path / "w"


def test_what_init_writes_is_valid_and_names_its_schema(folder: Path) -> None:
    files = {"ldmrelease.yaml": "workspace", "trust.yaml": "trust"}
    for name, kind in files.items():
        file = folder / name
        line = file.read_text().splitlines()[0]
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", line)
        assert named, name
        schema = json.loads((file.parent / named[1]).read_text())
        assert schema == json.loads(json.dumps(file_schema(kind)))
        assert faults(schema, read(file).plain, schema) == []
    schema = json.loads((folder / ".schemas" / "policy.json").read_text())
    policies = list((folder / "policies").glob("*.yaml"))
    assert policies
    assert [fault for each in policies for fault in faults(schema, read(each).plain, schema)] == []
    of_cases = json.loads((folder / ".schemas" / "policy-test.json").read_text())
    cases = list((folder / "policies" / "tests").glob("*.yaml"))
    assert {each.name for each in cases} == {each.name for each in policies}
    assert [fault for each in cases for fault in faults(of_cases, read(each).plain, of_cases)] == []
    file = folder / "ldmrelease.yaml"
    file.write_text(own_hosts(file.read_text()))
    agree_workspace(folder)
    if (folder / "gitops").is_dir():
        subprocess.run(["git", "init", "-q", str(folder / "gitops")], check=True)
    assert run("workspace", "lint", folder=folder).exit_code == 0


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("workspace", {"kind": "Trust"}),
        ("workspace", {"products": {"a": {"components": {"b": {"image": "x"}}}}}),
        ("workspace", {"surplus": 1}),
        ("trust", {"version": "one"}),
        ("trust", {"policies": {"a": {"version": 1, "digest": "sha256:1"}}}),
        (
            "trust",
            {"keys": {"a": {"person": "b", "roles": [], "not-before": "2023-01-01", "public": 1}}},
        ),
    ],
)
def test_what_is_wrong_is_invalid(tmp_path: Path, kind: str, change: dict[str, Any]) -> None:
    assert run("init", str(tmp_path), "--sample", "rubin").exit_code == 0
    file = tmp_path / ("trust.yaml" if kind == "trust" else "ldmrelease.yaml")
    schema = file_schema(kind)
    assert faults(schema, read(file).plain | change, schema) != []


@pytest.mark.parametrize("kind", FILES)
def test_schemas_are_printed(kind: str) -> None:
    done = run("workspace", "schema", kind)
    assert json.loads(done.stdout) == json.loads(json.dumps(file_schema(kind)))
    assert run("workspace", "schema", "nothing").exit_code == 2


@pytest.mark.parametrize("kind", ["workspace", "trust", "policy-test"])
def test_the_page_is_as_written_from_the_schema(kind: str) -> None:
    assert (DOCS / f"{kind}-reference.md").read_text() == file_reference(kind, file_schema(kind)), (
        "make references"
    )
