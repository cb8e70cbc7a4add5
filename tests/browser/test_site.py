"""A site of pages in Chromium: found by keyboard, whole, inert, readable at every width in light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from ldmrelease.render.pages.site.build import build_site
from tests.browser.looking import PHONE, opened, pages_looked_at, too_wide, violations
from tests.unit.render.pages.site.hostile_site import hostile_site
from tests.workspace import BASE, BEFORE, TESTSTAND, WEEKLY, new_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOOKED_AT = (
    "index.html",
    "timeline.html",
    "availability.html",
    "metrics.html",
    "releases/index.html",
    f"releases/stack/{WEEKLY}.html",
    "places/base/ocps.html",
    "promotions/index.html",
    "nights/20230420.html",
    "people/index.html",
    "acts.html",
    "places/tucson-teststand/ocps.html",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of two nights, with a promotion that waits."""
    folder = tmp_path_factory.mktemp("site")
    site = new_site(folder / "workspace")
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    site.ok("promote", WEEKLY, "--target", TESTSTAND, "--reason", "the weekly")
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 4
    site.advance(hours=12)
    site.ok("observe")
    site.ok("recall", WEEKLY, "--target", "summit", "--reason", "it segfaults there")
    site.ok("freeze", "tucson-teststand", "--reason", "a demonstration")
    site.ok("site", "build", str(folder / "site"))
    return folder / "site"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "site"
    build_site(folder, hostile_site())
    return folder


@pytest.mark.parametrize("page", LOOKED_AT)
def test_nothing_sticks_out_and_axe_finds_nothing(browser: Browser, root: Path, page: str):
    def look(shown: Page) -> None:
        assert too_wide(shown) == []
        assert violations(shown) == []

    pages_looked_at(browser, (root / page).as_uri(), look, root.as_uri())


def test_decisions_and_evidence_are_readable_too(browser: Browser, root: Path):
    for kind in ("decisions", "evidence", "promotions"):
        page = min((root / kind).glob("*--*.html" if kind == "promotions" else "*.html"))
        with opened(browser, page.as_uri(), PHONE, root=root.as_uri()) as shown:
            assert too_wide(shown) == []
            assert violations(shown) == []


def test_every_page_is_reached_by_links_and_asks_for_nothing_elsewhere(browser: Browser, root: Path):
    start = (root / "index.html").as_uri()
    known, left = {start}, [start]
    context = browser.new_context()
    foreign: list[str] = []
    context.on("request", lambda request: foreign.append(request.url))
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    while left:
        address = left.pop()
        answer = page.goto(address)
        assert answer is None or answer.ok, address
        links = page.eval_on_selector_all("a[href]", "all => all.map(each => each.getAttribute('href'))")
        for each in links:
            found = urljoin(address, each).partition("#")[0]
            if found not in known:
                known.add(found)
                left.append(found)
    context.close()
    assert said == []
    assert [each for each in foreign if not each.startswith((root.as_uri(), "data:"))] == []
    assert known == {each.as_uri() for each in root.rglob("*.html")}, "no page stands alone"


def test_a_release_is_found_and_opened_by_keyboard(browser: Browser, root: Path):
    with opened(browser, (root / "index.html").as_uri(), root=root.as_uri()) as page:
        page.keyboard.press("/")
        page.keyboard.type("w.2023.16")
        assert page.inner_text("#found").endswith("found.")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("() => document.activeElement.textContent") == f"stack/{WEEKLY}"
        page.keyboard.press("ArrowUp")
        assert page.evaluate("() => document.activeElement.id") == "search"
        page.keyboard.press("Enter")
        page.wait_for_url("**/releases/stack/w.2023.16.html")
        assert page.inner_text("h1") == f"stack/{WEEKLY}"


def test_a_search_says_how_much_it_has_found(browser: Browser, root: Path):
    with opened(browser, (root / "index.html").as_uri(), root=root.as_uri()) as page:
        page.fill("#search", "no such thing")
        assert page.inner_text("#found") == "Nothing found."
        page.fill("#search", "night 2023")
        assert page.locator("#hits a").count() == 1
        page.locator("#search").press("Escape")
        assert page.input_value("#search") == ""
        assert page.locator("#hits a").count() == 0


def test_a_picture_is_described_and_drawn_in_the_readers_colours(browser: Browser, root: Path):
    with opened(browser, (root / "timeline.html").as_uri(), colours="dark") as page:
        picture = page.locator(".plot img")
        assert picture.get_attribute("alt")
        assert picture.evaluate("each => each.naturalWidth") > 500
    text = (root / "timeline.svg").read_text()
    assert "prefers-color-scheme: dark" in text
    assert "var(--ink)" in text


def test_hostile_text_does_nothing_wherever_it_stands(browser: Browser, hostile: Path):
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    for each in sorted(hostile.rglob("*.html")):
        page.goto(each.as_uri())
        assert page.locator("main script, iframe, object, main img[src=x]").count() == 0, each
    page.goto((hostile / "index.html").as_uri())
    page.fill("#search", "script")
    assert page.locator("#hits script, #hits img").count() == 0
    assert "<script>alert(1)<" in page.inner_text("#hits")
    context.close()
    assert said == []
