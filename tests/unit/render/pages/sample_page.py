"""A page with every element that pages have, and hostile text in each."""

from __future__ import annotations

from typing import NamedTuple

from ldmrelease.render.pages.elements import badge, code, digest, lines, link, time_element, whole_digest
from ldmrelease.render.pages.page import environment, single_page
from ldmrelease.render.pages.tables import Table


class Hostile(NamedTuple):
    """Text that would do something, and a part of what is shown of it."""

    text: str
    shown: str


HOSTILE = (
    Hostile("<script>alert(1)</script><img src=x onerror=alert(1)>", "<script>alert(1)</script><img src=x"),
    Hostile("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    Hostile("w.2023.16\u202e61.3202.w", "w.2023.16\\u202e61.3202.w"),
    Hostile('" onmouseover="alert(1)', '" onmouseover="alert(1)'),
    Hostile("{{ 7 * 7 }}{% raw %}", "{{ 7 * 7 }}{% raw %}"),
    Hostile("A" * 65_536, "(65,536 characters, cut after 1,000)"),
    Hostile("two\nlines", "two\\nlines"),
)
_DIGEST = "sha256:" + "0123456789abcdef" * 4
_PAGE = """{% extends 'base.html' %}{% import 'macros.html' as macros %}
{% block title %}A page of {{ hostile[0] }}{% endblock %}
{% block banner %}<header><h1>A page of {{ hostile[0] }}</h1></header>{% endblock %}
{% block navigation %}<nav aria-label="Parts"><ul>
<li><a href="#a">First</a></li><li><a href="#b">Second</a></li></ul></nav>{% endblock %}
{% block main %}
<h2 id="a">Facts</h2>{{ macros.facts(pairs) }}
<h2 id="b">Table</h2>{{ macros.table(given) }}{{ macros.table(empty) }}
{{ macros.sentences(hostile, 'none') }}{{ macros.sentences([], 'There is none.') }}
{% endblock %}
{% block footer %}The end{% endblock %}"""


def sample_page() -> str:
    """The page, in one file."""
    texts = [each.text for each in HOSTILE]
    verdicts = ("allowed", "waiting", "refused", "undecided", "excused", texts[0])
    pairs = [
        ("Time", time_element("2023-04-20T09:55:23Z")),
        ("Not a time", time_element(texts[0])),
        ("Digest", digest(_DIGEST)),
        ("Whole digest", whole_digest(_DIGEST)),
        ("Link", link("other.html", "a link")),
        ("No link", link("javascript:alert(1)", texts[0])),
        *((text[:40], each) for text in texts for each in (text, code(text), badge(text), lines(text))),
    ]
    rows = [
        [each, badge(verdicts[n % 6]), digest(_DIGEST), time_element("2023-04-20T09:55:23Z")]
        for n, each in enumerate(texts * 12)
    ]
    return single_page(
        environment().from_string(_PAGE),
        hostile=texts,
        pairs=pairs,
        given=Table("Names, and what became of them", ("Name", "Verdict", "Digest", "When"), rows, "Nothing"),
        empty=Table("Nothing", ("Name",), (), "There is nothing."),
    )
