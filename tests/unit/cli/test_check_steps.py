"""Checks that a promotion runs: what fails at a place is refused there, whatever passed elsewhere or later."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace import BEFORE, PLACE, WEEKLY, Site, copy_site, new_site

ENVIRONMENT = "usdfdev"
BATCH = "applications/batch/values-usdfdev.yaml"
NIGHTLY = "applications/nightly/values-usdfdev.yaml"
NEXT = "  usdfint:\n"


def second_application(site: Site) -> None:
    """The environment runs the same images in another application, too."""
    start, end = "      batch:\n", NEXT

    def with_nightly(text: str) -> str:
        own = text[text.index(start, text.index("  usdfdev:\n")) : text.index(end)]
        return text.replace(end, own.replace("batch", "nightly") + end, 1)

    site.edit(with_nightly)
    values = site.root / "gitops" / NIGHTLY
    values.parent.mkdir()
    values.write_text((site.root / "gitops" / BATCH).read_text())
    site.git("add", "-A")
    site.git("commit", "-q", "-m", "Nightly")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = new_site(tmp_path_factory.mktemp("checks") / "site")
    second_application(site)
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    return site.root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return copy_site(template, tmp_path / "site")


def smoke_is(site: Site, *lines: str) -> None:
    (site.root / "checks" / "smoke.sh").write_text("\n".join(["#!/bin/sh", *lines, ""]))


def test_a_check_that_fails_at_the_second_application_of_an_environment_is_a_failure(site: Site) -> None:
    """Its run is another than that of the first: a second result of one run would not count."""
    smoke_is(site, 'test "$LDMRELEASE_APPLICATION" != nightly')
    done = site.run("promote", WEEKLY, "--target", ENVIRONMENT)
    assert f"{PLACE}: check smoke: PASSED" in done.stderr
    assert "usdfdev/nightly: check smoke: FAILED" in done.stderr
    assert done.exit_code == 1
    assert "al9-w_2023_15" in site.git("show", f"main:{NIGHTLY}")
