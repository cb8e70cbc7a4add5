"""Production is changed by whoever has confirmed it."""

from pathlib import Path

import pytest

from ldmrelease.faces.cli import run_promotion
from tests.workspace import Site

PRODUCTION = "usdf-cm/cm-service"


@pytest.fixture(scope="module")
def production_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ready_once.copy(tmp_path_factory.mktemp("production") / "workspace")
    site.ok("release", "pin", "24.0.0")
    site.ok("release", "pin", "v24.0.0.rc4")
    site.ok("observe", "--target", PRODUCTION)
    site.commit_by_hand(PRODUCTION, "al9-v24_0_0", "al9-v24_0_0_rc4")
    site.advance(hours=1)
    site.ok("observe", "--target", PRODUCTION)
    return site


@pytest.fixture
def production(production_once: Site, tmp_path: Path) -> Site:
    """At a production place something else was deployed by hand, and 24.0.0 ran before."""
    return production_once.copy(tmp_path / "workspace")


def test_production_is_not_changed_where_nobody_can_be_asked(production: Site) -> None:
    before = production.everything()
    done = production.run("rollback", "--target", PRODUCTION)
    assert done.exit_code == 2
    assert "say --yes" in done.stderr
    assert production.everything() == before
    production.ok("rollback", "--target", PRODUCTION, "--yes")
    assert "tag: al9-v24_0_0\n" in production.committed(PRODUCTION) + "\n"


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("y\n", 0)])
def test_production_is_asked_for_on_a_terminal(
    production: Site, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(run_promotion, "on_terminal", lambda: True)
    before = production.everything()
    done = production.run("rollback", "24.0.0", "--target", PRODUCTION, input=answer)
    assert done.exit_code == code
    assert "roll back to stack/24.0.0 at usdf-cm/cm-service? [y/N]" in done.stderr
    assert (production.everything() == before) is (code == 1)
