"""A workspace of its own for every test."""

from pathlib import Path

import pytest

from tests.workspace import Site, copy_site, new_site


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that tests copy and leave alone."""
    return new_site(tmp_path_factory.mktemp("template") / "workspace").root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    """A copy that a test may do with what it likes."""
    return copy_site(template, tmp_path / "workspace")
