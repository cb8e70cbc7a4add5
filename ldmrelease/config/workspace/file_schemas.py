"""The JSON Schemas (2020-12) of the files that people write, and the line by which an editor finds them."""

import json
from functools import cache
from typing import Any

from pydantic import BaseModel

from ldmrelease.config.policies.case_schema import CasesFile
from ldmrelease.config.policies.schema import LevelFile
from ldmrelease.config.trust_schema import TrustFile
from ldmrelease.config.workspace.schema import WorkspaceFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = ".schemas"
"""Where a workspace keeps them, beside its file."""

FILES: dict[str, type[BaseModel]] = {
    "workspace": WorkspaceFile,
    "trust": TrustFile,
    "policy": LevelFile,
    "policy-test": CasesFile,
}


def file_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file, with a description of every field. Raises `KeyError`."""
    return {"$schema": DIALECT, **FILES[name].model_json_schema()}


def schema_files() -> dict[str, bytes]:
    """Every schema as a file of a workspace, by its path."""
    return {f"{FOLDER}/{name}.json": _encoded(name) for name in FILES}


@cache
def _encoded(name: str) -> bytes:
    return f"{json.dumps(file_schema(name), indent=2)}\n".encode()


def schema_comment(name: str) -> str:
    """The line by which editors find the schema of a file that stands in the workspace's folder."""
    return f"# yaml-language-server: $schema={FOLDER}/{name}.json\n"
