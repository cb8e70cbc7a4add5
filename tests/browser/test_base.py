"""The base of all pages in Chromium, with everything on it that a page can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
from tests.unit.render.pages.sample_page import HOSTILE, sample_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with every element, and hostile text in each."""
    file = tmp_path_factory.mktemp("base") / "page.html"
    file.write_text(sample_page())
    return file.as_uri()


def test_nothing_sticks_out_and_axe_finds_nothing(browser: Browser, address: str):
    def look(page: Page) -> None:
        assert too_wide(page) == []
        assert violations(page) == []

    pages_looked_at(browser, address, look)


def test_the_tab_key_goes_through_the_links_in_the_order_of_the_page(browser: Browser, address: str):
    with opened(browser, address) as page:
        assert focus_order(page) == ["Skip to the content", "First", "Second", "a link"]
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "main"


def test_hostile_text_is_shown_and_does_nothing(browser: Browser, address: str):
    with opened(browser, address) as page:
        assert page.evaluate("() => document.querySelectorAll('script, iframe, object, img').length") == 0
        assert page.title().startswith("A page of <script>")
        text = page.inner_text("main")
    for each in HOSTILE:
        assert each.shown in text


def test_it_is_printed_on_sheets_of_paper_on_which_nothing_sticks_out(browser: Browser, address: str):
    with opened(browser, address, PAPER) as page:
        page.emulate_media(media="print")
        assert too_wide(page) == []
        assert 5 <= sheets(printed(page)) <= 40
