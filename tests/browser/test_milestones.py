"""The page of milestones in Chromium: legible at any width, with all forty rows of the picture."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ldmrelease.answers.milestones import milestones_answer
from ldmrelease.render.pages.gantt import gantt_page, gantt_svg
from ldmrelease.services.catalogues.catalogues import shipped_catalogue
from tests.browser.looking import DESK, opened, pages_looked_at, too_wide, violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DAY = date(2023, 4, 22)
MILESTONES = milestones_answer(shipped_catalogue().milestones)
SMALLEST = 9
"""Pixels of CSS: smaller text is not read."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("page") / "milestones.html"
    file.write_text(gantt_page(MILESTONES, DAY, "LDM-564"))
    return file.as_uri()


def test_nothing_sticks_out_and_axe_finds_nothing(browser: Browser, address: str):
    def look(page: Page) -> None:
        assert too_wide(page) == []
        assert violations(page) == []

    pages_looked_at(browser, address, look)


def test_each_row_of_the_picture_can_be_read(browser: Browser, tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.mktemp("picture") / "milestones.svg"
    file.write_text(gantt_svg(MILESTONES, DAY))
    with opened(browser, file.as_uri(), DESK) as page:
        rows = page.eval_on_selector_all(
            "text",
            "all => all.map((each) => [each.textContent, each.getBoundingClientRect().top, "
            "each.getBoundingClientRect().height])",
        )
    named = {
        code: (top, height)
        for text, top, height in rows
        for code in [text.split()[-1:]]
        if code
        for code in code
    }
    found = sorted(named[each.code] for each in MILESTONES)
    assert len(found) == 40
    assert min(height for _, height in found) >= SMALLEST
    assert all(above + height <= below for (above, height), (below, _) in pairwise(found))
