"""A command pays for what it imports: what only some of them need is imported by those."""

from __future__ import annotations

import subprocess
import sys

import pytest

HTTP = {"urllib3", "http.client", "ssl"}
NEVER = {"pydantic", "yaml", "cryptography", "kubernetes", "docker", "rich", "typer"}


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        (["copy", "presence", "oci_layout", "image_identity", "opening"], NEVER | HTTP),
        (["copy", "remote"], NEVER | {"ldmrelease.registry.auth", "ldmrelease.registry.credentials"}),
    ],
)
def test_what_is_not_imported(modules: list[str], absent: set[str]) -> None:
    imports = "; ".join(f"import ldmrelease.registry.{each}" for each in modules)
    done = subprocess.run(
        [sys.executable, "-c", f"{imports}; import sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(done.stdout.split()) & absent == set()
