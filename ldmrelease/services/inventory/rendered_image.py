"""A container that gets another image than the setting says that it is made of."""

import shutil
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

RENDERED_OTHERWISE = "rendered-otherwise"
_PROGRAMS = ("helm", "kustomize")


class RenderedOtherwise(Struct, frozen=True):
    """A container whose image, as it is rendered, is not the one that a setting says.

    setting: its address. file, line, path: where that is. container: `ENVIRONMENT/APPLICATION KIND/NAME CONTAINER` of
    the tree. found: the image that it gets. expected: what the setting says.
    """

    setting: str
    component: str
    file: str
    line: int
    path: str
    container: str
    found: str
    expected: str

    def values(self) -> dict[str, Any]:
        """As a refusal and a drift tell it."""
        about = {"file": self.file, "line": self.line, "path": self.path, "component": self.component}
        return about | {"container": self.container, "found": self.found, "expected": self.expected}


def any_installed(environ: Mapping[str, str]) -> bool:
    """Whether a program that renders is on the `PATH` of these variables."""
    return any(shutil.which(each, path=environ.get("PATH", "")) for each in _PROGRAMS)
