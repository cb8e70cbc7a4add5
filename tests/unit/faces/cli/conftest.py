"""A workspace of its own for every test, at several points of its week.

Each point is reached once and copied: a promotion takes longer than a copy.
"""

import json
from pathlib import Path

import pytest

from tests.unit.faces.cli.handed_copy import (  # noqa: F401 - fixtures
    exported,
    exported_once,
    handed,
    handed_once,
    promoted,
    promoted_once,
)
from tests.workspace import BASE, BEFORE, TESTSTAND, WEEKLY, Site, copy_site, new_site


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that tests copy and leave alone."""
    return new_site(tmp_path_factory.mktemp("template") / "workspace").root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    """A copy that a test may do with what it likes."""
    return copy_site(template, tmp_path / "workspace")


@pytest.fixture(scope="session")
def ready_once(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = copy_site(template, tmp_path_factory.mktemp("ready") / "workspace")
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    return site


@pytest.fixture
def ready(ready_once: Site, tmp_path: Path) -> Site:
    """The weekly is built, and what ran before is pinned and observed."""
    return ready_once.copy(tmp_path / "workspace")


@pytest.fixture(scope="session")
def developed_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ready_once.copy(tmp_path_factory.mktemp("developed") / "workspace")
    site.ok("promote", WEEKLY, "--target", "development")
    return site


@pytest.fixture
def developed(developed_once: Site, tmp_path: Path) -> Site:
    """The weekly runs everywhere at level development."""
    return developed_once.copy(tmp_path / "workspace")


@pytest.fixture(scope="module")
def waiting_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ready_once.copy(tmp_path_factory.mktemp("waiting") / "workspace")
    site.ok("promote", WEEKLY, "--target", TESTSTAND)
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 4
    return site


@pytest.fixture
def waiting(waiting_once: Site, tmp_path: Path) -> tuple[Site, str]:
    """A promotion to base, which waits for the soak at the test stand; and its id."""
    site = waiting_once.copy(tmp_path / "workspace")
    listed = json.loads(site.ok("promotions", "list", "-o", "json"))
    assert listed[-1]["state"] == "waiting"
    return site, listed[-1]["promotion"]
