"""A site of pages: built, built again, hostile, and whole."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from ldmrelease.domain.topology import Place
from ldmrelease.render.pages.site.build import build_site
from ldmrelease.render.pages.site.page_addresses import (
    file_name,
    person_address,
    place_address,
    relative,
    release_address,
)
from tests.unit.render.pages.sample_page import HOSTILE

from .hostile_site import hostile_site

HANDLER = re.compile(r"^on", re.IGNORECASE)


class Read(HTMLParser):
    """The elements of a page, its addresses, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "site"
    build_site(folder, hostile_site())
    return folder


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_every_link_leads_to_a_file_of_the_site(built: Path):
    for page in pages(built):
        for address in Read(page.read_text()).addresses:
            parts = urlsplit(address)
            if parts.scheme == "data" or address.startswith("#"):
                continue
            assert not parts.scheme, f"{page}: {address}"
            assert not parts.netloc, f"{page}: {address}"
            assert (page.parent / unquote(parts.path)).resolve().is_file(), f"{page}: {address}"


def test_hostile_text_makes_no_element_and_no_handler(built: Path):
    seen = ""
    for page in pages(built):
        read = Read(page.read_text())
        assert not read.tags & {"iframe", "object", "embed", "form", "base", "svg"}, page
        assert "style" not in read.tags, page
        assert not [each for each in read.attributes if HANDLER.match(each)], page
        assert max(map(len, read.text.splitlines())) < 70_000, page
        seen += read.text
        for character in "\x1b\u202e\u2066":
            assert character not in page.read_text(), page
    assert "<script>alert(1)<" in seen


def test_the_index_of_the_search_is_a_script_that_only_has_data(built: Path):
    text = (built / "assets/index.js").read_text()
    assert "<" not in text
    assert text.isascii()
    entries = json.loads(text.removeprefix("window.ldmreleaseIndex=").removesuffix(";\n"))
    assert {len(each) for each in entries} == {3}
    assert all((built / address).is_file() for _, _, address in entries)
    assert len({address for _, _, address in entries}) == len(entries)


def test_a_second_build_writes_nothing_and_gives_the_same_bytes(built: Path, tmp_path: Path):
    changes = build_site(built, hostile_site())
    assert (changes.written, changes.removed) == ((), ())
    build_site(tmp_path / "other", hostile_site())
    for page in built.rglob("*"):
        if page.is_file():
            assert page.read_bytes() == (tmp_path / "other" / page.relative_to(built)).read_bytes(), page


def test_file_names_are_plain_on_every_system_and_never_meet():
    texts = [each.text for each in HOSTILE]
    texts += [
        "",
        "..",
        "a",
        "A",
        "a.",
        "con",
        "CON",
        "nul.html",
        "index",
        "list-2",
        "a/b",
        "a-b",
        "a b",
        "w.2023.16",
    ]
    names = [file_name(each) for each in texts]
    assert len({each.lower() for each in names}) == len(texts)
    assert all(re.fullmatch(r"[a-z0-9._-]{1,120}", each) and not each.endswith(".") for each in names)
    assert not {each.partition(".")[0] for each in names} & {"con", "nul"}
    assert file_name("w.2023.16") == "w.2023.16"
    assert file_name(file_name("A B")) != file_name("A B"), "what was changed is no name of another"


def test_addresses_are_relative_wherever_the_site_is():
    page = place_address(Place("summit", "ocps"))
    assert page == "places/summit/ocps.html"
    assert relative(release_address("stack/w.2023.16"), page) == "../../releases/stack/w.2023.16.html"
    assert relative("index.html", "index.html") == "index.html"
    assert relative(page, "index.html") == page
    assert person_address("Ada").startswith("people/ada--")
