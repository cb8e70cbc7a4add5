"""A dossier in Chromium: on a desk, on a phone, by keyboard, and on paper."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import convert

from ldmrelease.answers.dossier import DossierAnswer
from ldmrelease.render.pages.dossier import dossier_page
from tests.browser.looking import (
    PAPER,
    focus_order,
    opened,
    pages_looked_at,
    printed,
    sheets,
    too_wide,
    violations,
)
from tests.poisoned import HOSTILE, poisoned
from tests.real.parts import require
from tests.workspace import BASE, BEFORE, TESTSTAND, WEEKLY, new_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PARTS = ["Summary", "What it is", "What changes", "Evidence", "Decisions", "Approvals and waivers", "Deployments",
         "Known issues", "Not known"]  # fmt: skip


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> DossierAnswer:
    """Of the weekly, which ran at the test stand and waits for base."""
    site = new_site(tmp_path_factory.mktemp("dossier") / "workspace")
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    site.ok("promote", WEEKLY, "--target", TESTSTAND)
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 4
    return convert(json.loads(site.ok("dossier", WEEKLY, "-o", "json")), DossierAnswer)


@pytest.fixture(scope="module")
def address(answer: DossierAnswer, tmp_path_factory: pytest.TempPathFactory) -> str:
    return _written(tmp_path_factory.mktemp("page") / "dossier.html", dossier_page(answer))


@pytest.fixture(scope="module")
def hostile(answer: DossierAnswer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same with hostile text everywhere."""
    return _written(tmp_path_factory.mktemp("hostile") / "dossier.html", dossier_page(poisoned(answer)))


def _written(file: Path, text: str) -> str:
    file.write_text(text)
    return file.as_uri()


def test_it_is_readable_on_a_desk_and_on_a_phone_in_light_and_dark(browser: Browser, address: str):
    def look(page: Page) -> None:
        assert too_wide(page) == []
        assert violations(page) == []

    pages_looked_at(browser, address, look)


def test_hostile_text_moves_nothing_and_runs_nothing(browser: Browser, hostile: str):
    def look(page: Page) -> None:
        assert too_wide(page) == []
        assert page.evaluate("() => document.querySelectorAll('script, img, iframe').length") == 0

    pages_looked_at(browser, hostile, look)
    with opened(browser, hostile) as page:
        text = page.inner_text("body")
    for each in HOSTILE[:2]:
        assert each in text
    assert "cut after 1,000" in text


def test_the_tab_key_goes_through_contents_and_environments(
    browser: Browser, address: str, answer: DossierAnswer
):
    environments = [each.environment for each in answer.environments]
    with opened(browser, address) as page:
        assert focus_order(page) == ["Skip to the content", *PARTS, *environments, "below", "which"]
        page.get_by_role("link", name="Decisions", exact=True).press("Enter")
        assert page.evaluate("() => location.hash") == "#decisions"


def test_digests_are_selected_whole(browser: Browser, address: str, answer: DossierAnswer):
    """They are cut for the eye alone."""
    with opened(browser, address) as page:
        cut = page.locator("code.digest").first
        assert cut.text_content() in {each.digest for each in answer.pin.revisions}
        assert cut.bounding_box()["width"] < 200
        cut.click()
        assert page.evaluate("() => getSelection().toString()") == cut.text_content()


def test_it_is_printed_with_everything_on_it(
    browser: Browser, address: str, answer: DossierAnswer, tmp_path: Path
):
    with opened(browser, address, PAPER) as page:
        page.emulate_media(media="print")
        assert too_wide(page) == []
        rows = page.eval_on_selector_all(
            "tr", "all => all.map((each) => each.getBoundingClientRect().height)"
        )
        assert max(rows) < 400, "no row is nearly as high as a sheet, so that none has to be cut"
        pdf = printed(page)
    assert 5 <= sheets(pdf) <= 14
    pdftotext = require("pdftotext", "install Debian's poppler-utils")
    (tmp_path / "d.pdf").write_bytes(pdf)
    done = subprocess.run(
        [pdftotext, "-raw", "d.pdf", "-"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    text = "".join(done.stdout.split())
    for component in answer.pin.components:
        assert component.digest in text
    for note in answer.gaps:
        assert "".join(note.sentence.split()) in text
    assert "Skiptothecontent" not in text
