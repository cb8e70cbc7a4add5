"""The picture of what runs where in Chromium: on paper of A4 nothing sticks out, overlaps, or is too small to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldmrelease.domain.topology import EnclaveBinding, Place, Topology
from ldmrelease.render.pages.components import components_svg
from ldmrelease.services.milestones.enclave_sites import sites_of
from tests.browser.looking import PAPER, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NUBLADO, OTHER = Place("base", "nublado"), Place("base", "ocps")
TOPOLOGY = Topology(
    (), (), enclaves=(EnclaveBinding("base", "commissioning-cluster", (NUBLADO, OTHER), {"nublado": (NUBLADO,)}),)
)  # fmt: skip
SMALLEST = 8
"""Pixels of CSS: smaller text is not read on paper."""


def test_every_line_can_be_read_on_paper(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("picture") / "components.svg"
    file.write_text(
        components_svg(sites_of(TOPOLOGY), {NUBLADO: ("w.2023.16 running",), OTHER: ("unobserved",)})
    )
    with opened(browser, file.as_uri(), PAPER) as page:
        rows = page.eval_on_selector_all(
            "text",
            "all => all.map((each) => { const box = each.getBoundingClientRect(); "
            "return [each.textContent, box.left, box.top, box.right, box.height]; })",
        )
    texts = [row[0] for row in rows]
    assert "Nublado: w.2023.16 running" in texts
    assert "base/ocps: unobserved" in texts
    assert min(row[4] for row in rows) >= SMALLEST
    assert max(row[3] for row in rows) <= PAPER
    for text, left, top, right, height in rows:
        beside = [
            other[0]
            for other in rows
            if other[1] < right and left < other[3] and top < other[2] < top + 0.7 * height
        ]
        assert beside == [], f"{text!r} lies on {beside}"
