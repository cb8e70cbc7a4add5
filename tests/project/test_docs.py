"""The site of the documents: every page is in it, and it needs nothing from anywhere else."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.real.parts import missing

ROOT = Path(__file__).parents[2]
# What a browser fetches by itself; an <a> waits for its reader.
_FETCHED = {"audio", "embed", "iframe", "img", "link", "object", "script", "source", "video"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("sphinx") is None:
        missing("Sphinx is missing: make docs")
    folder = tmp_path_factory.mktemp("site")
    build = [
        sys.executable,
        "-m",
        "sphinx",
        "--fail-on-warning",
        "--keep-going",
        str(ROOT / "docs"),
        str(folder),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


class _Page(HTMLParser):
    """The addresses that a page fetches, and those that it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: set[str] = set()
        self.linked: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        addresses = {value for name, value in attrs if name in ("src", "href", "data") and value}
        if tag in _FETCHED:
            self.fetched |= addresses
        elif tag == "a":
            self.linked |= addresses


def pages(site: Path) -> dict[Path, _Page]:
    return {file: _Page(file.read_text()) for file in site.rglob("*.html")}


def test_it_fetches_nothing_from_elsewhere(site: Path) -> None:
    fetched = {address for page in pages(site).values() for address in page.fetched}
    assert fetched
    assert not {each for each in fetched if urlsplit(each).netloc}
    sheets = "".join(each.read_text() for each in site.rglob("*.css"))
    assert "url(http" not in sheets
    assert "@import" not in sheets


def test_every_document_is_reached_from_the_index(site: Path) -> None:
    index = pages(site)[site / "index.html"]
    documents = {
        each.relative_to(ROOT / "docs").with_suffix(".html") for each in (ROOT / "docs").rglob("*.md")
    }
    assert {each.as_posix() for each in documents} - {"index.html"} <= index.linked


def test_no_link_between_its_pages_is_dead(site: Path) -> None:
    dead = {
        f"{file.name}: {address}"
        for file, page in pages(site).items()
        for address in page.linked
        if not urlsplit(address).scheme
        and urlsplit(address).path
        and not (file.parent / urlsplit(address).path).exists()
    }
    assert not dead
