"""What is looked for on a page in Chromium: its width, its order of focus, its accessibility, its requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from tests.browser.axe import axe_source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Colours = Literal["light", "dark"]

PHONE = 360
DESK = 1280
PAPER = 688
"""What is between the margins of A4, in the pixels of CSS."""

_TOO_WIDE = """() => {
  const limit = document.documentElement.clientWidth;
  const wide = [...document.body.querySelectorAll('*')].filter(
    (each) => each.getBoundingClientRect().right > limit + 1 && !each.classList.contains('skip'));
  return document.documentElement.scrollWidth > limit
    ? (wide.length ? wide : [document.documentElement]).map((each) => each.outerHTML.slice(0, 200))
    : [];
}"""
_FOCUSED = "() => (document.activeElement.textContent || document.activeElement.tagName).trim()"
_OUTLINED = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
}"""


@contextmanager
def opened(
    browser: Browser, address: str, width: int = DESK, colours: Colours = "light", root: str | None = None
) -> Iterator[Page]:
    """The page at a `file:` or loopback address. Afterwards: nothing but what is below `root`, or else beside the page,
    was asked for, and nothing was blocked.
    """
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colours)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    yield page
    root = root or address.split("#", maxsplit=1)[0].rpartition("/")[0] + "/"
    foreign = [each for each in asked if not each.startswith((root, "data:"))]
    context.close()
    assert foreign == [], "the page asks for what is elsewhere"
    assert said == [], f"the browser complains: {said}"


def too_wide(page: Page) -> list[str]:
    """What sticks out to the right, so that the whole page has to be moved sideways."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


def focus_order(page: Page, most: int = 200) -> list[str]:
    """The texts of what the tab key reaches, in order. Each shows that it has the focus."""
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    order = []
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break
        order.append(page.evaluate(_FOCUSED))
        assert page.evaluate(_OUTLINED), f"nothing shows that {order[-1]!r} has the focus"
    return order


def violations(page: Page) -> list[str]:
    """What axe-core finds, each with the elements; the best practices too."""
    page.evaluate(axe_source())
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, {preload: false})).violations"
    )
    return [f"{each['id']}: {[node['html'][:160] for node in each['nodes']][:5]}" for each in found]


def printed(page: Page) -> bytes:
    """The page as a PDF of A4 sheets, as its print style has it."""
    return page.pdf(prefer_css_page_size=True, print_background=True)


def sheets(pdf: bytes) -> int:
    """How many sheets a PDF of Chromium has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def pages_looked_at(
    browser: Browser, address: str, look: Callable[[Page], None], root: str | None = None
) -> None:
    """Look at a page on a desk and on a phone, in light and in dark colours."""
    for width in (DESK, PHONE):
        for colours in ("light", "dark"):
            with opened(browser, address, width, colours, root) as page:
                look(page)
