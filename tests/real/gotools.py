"""Other people's verifiers, built from the go.mod that pins them: once, into the user's cache.

`cosign` needs Go 1.26 or later and takes about two minutes the first time, `slsa-verifier` one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.real.parts import missing

TOOLS = Path(__file__).parent / "tools"
NO_DEBUGGING = ("-trimpath", "-gcflags=all=-dwarf=false", "-ldflags=-s -w")
"""Nobody debugs these programs: a seventh less to compile. All builds have the same, to share the standard library."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ldmrelease"


def go_tool(name: str, package: str, source: Path | None = None, options: Sequence[str] = ()) -> Path:
    """The tool's binary; `package` is what to build in the module at `source`. Skips where there is no Go."""
    module = source or TOOLS / name
    pins = hashlib.sha256((module / "go.mod").read_bytes() + (module / "go.sum").read_bytes())
    binary = CACHE / f"{name}-{pins.hexdigest()[:16]}"
    if not binary.exists():
        _build(module, package, binary, options)
    return binary


def _build(module: Path, package: str, binary: Path, options: Sequence[str]) -> None:
    go = shutil.which("go")
    if go is None:
        missing(f"{binary.name} cannot be built: install Go >= 1.26 (Debian's golang-go may be too old)")
    CACHE.mkdir(parents=True, exist_ok=True)
    # Built aside and moved, so that two test processes never run half a binary.
    with tempfile.TemporaryDirectory(dir=CACHE) as aside:
        made = Path(aside) / "tool"
        done = subprocess.run(
            [go, "build", "-buildvcs=false", *NO_DEBUGGING, *options, "-o", str(made), package],
            cwd=module,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"{package} does not build: {done.stderr[-2000:]}")
        made.replace(binary)
