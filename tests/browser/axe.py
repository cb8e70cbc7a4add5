"""axe-core, which looks for faults of accessibility: installed from its lock once, into the user's cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.real.gotools import CACHE
from tests.real.parts import require

_FILES = ("package.json", "package-lock.json")
_HERE = Path(__file__).parent


def axe_source() -> str:
    """The script. Skips where npm is missing."""
    pins = hashlib.sha256(b"".join((_HERE / each).read_bytes() for each in _FILES))
    script = CACHE / f"axe-{pins.hexdigest()[:16]}.js"
    if not script.exists():
        _install(script)
    return script.read_text()


def _install(script: Path) -> None:
    npm = require("npm", "install Node.js with npm")
    CACHE.mkdir(parents=True, exist_ok=True)
    # Installed aside and moved, so that two test processes never run half a script.
    with tempfile.TemporaryDirectory(dir=CACHE) as aside:
        for each in _FILES:
            shutil.copy(_HERE / each, aside)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"],
            cwd=aside,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"axe-core cannot be installed: {done.stderr[-2000:]}")
        (Path(aside) / "node_modules/axe-core/axe.min.js").replace(script)
