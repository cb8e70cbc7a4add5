"""Parts outside Python that tests need: found, or the test is skipped and says what to install.

With the environment variable CI set nothing is skipped: what is missing there is a failure.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def require(part: str, hint: str) -> Path:
    """The program `part`; skips where it is missing, with `hint` saying what to install."""
    found = shutil.which(part)
    if found is None:
        missing(f"{part} is missing: {hint}")
    return Path(found)


def missing(what: str) -> NoReturn:
    """End this test because a part is not there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
