"""Pages: what is printed on them, and what they let a browser do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import ldmrelease
from ldmrelease.render.pages.elements import digest, joined, lines, link, time_element
from ldmrelease.render.pages.inert import LONGEST, inert
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.page import environment, single_page, site_page, source_hash, style
from tests.unit.render.pages.sample_page import HOSTILE, sample_page


@pytest.mark.parametrize("each", HOSTILE, ids=lambda each: each.shown[:20])
def test_hostile_text_is_shown_escaped(each):
    made = environment().from_string("{{ given }}|{{ given }}").render(given=each.text)
    assert Markup(made).unescape().count(each.shown) == 2
    assert "<script" not in made
    assert not set(made) & set("\x1b\u202e\n")


def test_long_text_is_cut_and_its_length_said():
    assert inert("x" * (LONGEST + 1)) == "x" * LONGEST + "… (1,001 characters, cut after 1,000)"
    assert inert("x" * LONGEST) == "x" * LONGEST


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nowhere }}").render()


def test_a_page_allows_its_own_style_alone():
    page = sample_page()
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    told = Markup(policy).unescape()
    assert "default-src 'none'" in told
    assert f"style-src {source_hash(style())};" in told
    assert "script-src" not in told
    assert f"<style>{style()}</style>" in page
    assert "<script" not in page
    assert " style=" not in page


def test_a_page_of_a_site_names_its_files():
    empty = environment().from_string(
        "{% extends 'base.html' %}{% block title %}T{% endblock %}{% block main %}M{% endblock %}"
    )
    page = site_page(empty, "../style.css", "../search.js")
    assert '<link rel="stylesheet" href="../style.css">' in page
    assert '<script src="../search.js" defer></script>' in page
    assert "<style" not in page
    assert "<script" not in single_page(empty)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "//elsewhere", "/etc/passwd", "http://user@host/", "a\nb", "data:,x", "x\u202e"],
)
def test_a_link_leads_to_pages_alone(address):
    assert link(address, "text") == "text"


def test_links_and_times_and_digests():
    assert link("https://example.org/a?b=1&c=2", "<b>") == (
        '<a href="https://example.org/a?b=1&amp;c=2">&lt;b&gt;</a>'
    )
    assert link("release/w.2023.16.html", "it") == '<a href="release/w.2023.16.html">it</a>'
    assert time_element("2023-04-20T11:55:23+02:00") == (
        '<time datetime="2023-04-20T09:55:23Z"><span>2023-04-20</span> <span>09:55:23 UTC</span></time>'
    )
    assert time_element("soon") == "soon"
    assert "not known" in time_element(None)
    assert "not known" in digest(None)


def test_of_many_lines_the_first_are_shown():
    assert "1,000 lines, cut after 400" in lines("x\n" * 1000)
    assert lines("a\n<b>") == '<div class="lines">a\n&lt;b&gt;</div>'


def test_markup_is_of_the_kind_that_makes_its_parts_inert():
    """The library's own would let through what a terminal or a reader must not get."""
    package = Path(ldmrelease.__file__).parent
    assert {each.name for each in package.rglob("*.py") if "markupsafe" in each.read_text()} == {"markup.py"}
    templates = package / "render" / "pages" / "templates"
    for each in templates.rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape", each.read_text()), each.name


@pytest.mark.parametrize(
    "made",
    [
        lambda text: Markup("<i>{}</i>").format(text),
        lambda text: Markup("<i>%s</i>") % text,
        lambda text: Markup("<i>") + text + "</i>",
        lambda text: Markup(" ").join(["a", text]),
    ],
)
def test_what_is_put_into_markup_is_inert(made):
    assert "\x1b\u202e" not in made("<b>\x1b\u202e")
    assert "&lt;b&gt;\\x1b\\u202e" in made("<b>\x1b\u202e")
    assert "<b>" in made(Markup("<b>"))


def test_parts_are_joined_inertly():
    assert joined(digest("a"), "<b>\x1b") == '<code class="digest">a</code> &lt;b&gt;\\x1b'
