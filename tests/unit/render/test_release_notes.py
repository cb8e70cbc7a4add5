"""The notes of a release as Markdown and as reStructuredText: other programs read both, whatever is in them."""

from __future__ import annotations

from pathlib import Path

import docutils.core
import docutils.nodes
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from ldmrelease.answers.release_notes import (
    DeprecationAnswer,
    KnownIssueAnswer,
    NotedFeatureAnswer,
    NotedInterfaceAnswer,
    ReleaseNotesAnswer,
    TicketAnswer,
    UnreadSourceAnswer,
)
from ldmrelease.answers.releases import (
    ComparisonAnswer,
    ComponentChangeAnswer,
    ProductChangeAnswer,
    VersionAnswer,
)
from ldmrelease.render.release_notes import markdown_text, notes_markdown, notes_rst, rst_text

GOLDEN = Path(__file__).parents[2] / "data/release-notes"
HOSTILE = (
    "<script>alert(1)</script> [x](http://evil) `a` *b* _c_ |d| :e:`f` .. raw:: html\n\n# g www.evil.org &lt; "
    "me@x.org ::"
)
NOTES = ReleaseNotesAnswer(
    release="stack/w.2023.16",
    previous="stack/w.2023.15",
    milestones=("LDM-503-15a",),
    features=(
        NotedFeatureAnswer(
            code="DM-AP-12",
            text="Difference imaging is agnostic to the PSF.",
            milestone="LDM-503-15a",
            state="verified",
        ),
    ),
    compatibility=(
        NotedInterfaceAnswer(name="apdb", requires=">=4,<5", provides=None, before=None, signed=False),
        NotedInterfaceAnswer(name="alert", requires=None, provides="7.1", before="7.0", signed=True),
    ),
    known_issues=(
        KnownIssueAnswer(text=HOSTILE, ticket="DM-38712", workaround="Ask for less."),
        KnownIssueAnswer(text="1. Not a list", ticket=None, workaround=None),
        KnownIssueAnswer(text="- nor this", ticket=None, workaround=None),
    ),
    deprecations=(DeprecationAnswer(name="lsst.afw.old", instead="lsst.afw.new", removal="w.2023.40"),),
    tickets=(
        TicketAnswer(ticket="DM-38000", text="Merge branch 'tickets/DM-38000'", component="config", commit="a" * 40),
        TicketAnswer(ticket=None, text="typo", component="config", commit="b" * 40),
    ),
    unread=(UnreadSourceAnswer(component="other", reason="no such repository"),),
    changes=ComparisonAnswer(
        before="stack/w.2023.15",
        after="stack/w.2023.16",
        same=False,
        components=(
            ComponentChangeAnswer(
                component="scipipe",
                kind="image",
                differs=True,
                before=VersionAnswer(source="s", spelling="al9-w_2023_15", digest=f"sha256:{'1' * 64}"),
                after=VersionAnswer(source="s", spelling="al9-w_2023_16", digest=f"sha256:{'2' * 64}"),
            ),
        ),
        products=(ProductChangeAnswer(name="afw", before="1" * 40, after=None),),
        listed=3,
    ),
)  # fmt: skip
EMPTY = replace(
    NOTES, previous=None, milestones=(), features=(), compatibility=(), known_issues=(), deprecations=(), tickets=(),
    unread=(), changes=None,
)  # fmt: skip


def read_rst(text: str) -> docutils.nodes.document:
    """Read without a warning; one is an error."""
    return docutils.core.publish_doctree(
        text, settings_overrides={"halt_level": 2, "report_level": 2, "raw_enabled": False}
    )


@pytest.mark.parametrize(("write", "suffix"), [(notes_markdown, "md"), (notes_rst, "rst")])
def test_the_notes_are_those_that_were_looked_at(write, suffix: str) -> None:
    assert write(NOTES) == (GOLDEN / f"notes.{suffix}").read_text()


@pytest.mark.parametrize("notes", [NOTES, EMPTY])
def test_both_have_the_same_sections_and_items_as_they_are_read(notes: ReleaseNotesAnswer) -> None:
    tree = read_rst(notes_rst(notes))
    headings = [each.astext() for each in tree.findall(docutils.nodes.title)]
    items = [each.astext() for each in tree.findall(docutils.nodes.list_item)]
    assert not [*tree.findall(docutils.nodes.reference)]
    tokens = MarkdownIt("commonmark").parse(notes_markdown(notes))
    inline = [_text(each) for each in tokens if each.type == "inline"]
    assert headings[1:] == [
        "Features", "Compatibility", "Known issues", "Deprecations", "Tickets", "What changed",
    ]  # fmt: skip
    assert [*headings[:1], *headings[1:]] == [
        _text(tokens[at + 1]) for at, each in enumerate(tokens) if each.type == "heading_open"
    ]
    assert set(items) <= set(inline)
    assert sum(each.type == "list_item_open" for each in tokens) == len(items)


@given(st.text(min_size=1, max_size=60) | st.text(alphabet="-*+#=.)(1aA`_|:<>[]!@/\\ w~&", max_size=30))
def test_text_of_elsewhere_stays_text(text: str) -> None:
    def shown(written: str) -> str:
        tree = read_rst(f"- {written}\n")
        (item,) = tree.findall(docutils.nodes.list_item)
        assert [type(each) for each in item.children] == [docutils.nodes.paragraph]
        assert all(isinstance(each, docutils.nodes.Text) for each in item.children[0].children)
        return item.astext()

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(f"- {markdown_text(text)}\n")
    assert [each.type for each in tokens] == [
        "bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close",
        "bullet_list_close",
    ]  # fmt: skip
    assert shown(rst_text(text)) == _text(tokens[3])
    assert {each.type for each in tokens[3].children or []} <= {"text", "text_special"}


def _text(token) -> str:
    return "".join(each.content for each in token.children or [])
