"""All grammars: real names, hostile input, and what reading a tag costs."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ldmrelease.domain.tags import GRAMMARS, Kind, Tag, order_key, parse, sort, tag_pattern_match

DATA = Path(__file__).parents[3] / "data"
ALPHABET = "rwdvexpcks_.-0123456789rc\n+ \0\ud800\u0663"


def calendar() -> list[dict[str, str]]:
    with (DATA / "release-calendar.tsv").open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def kind_of(row: dict[str, str]) -> str:
    return "release" if row["kind"] == "final" else row["kind"]


def test_every_tag_of_the_calendar_is_read():
    rows = calendar()
    assert len(rows) == 557
    for row in rows:
        git, eups = parse(row["git_tag"], "rubin"), parse(row["eups_tag"], "rubin")
        assert (git.kind, git.git, git.eups) == (kind_of(row), row["git_tag"], row["eups_tag"])
        assert (eups.kind, eups.git, eups.eups) == (kind_of(row), row["git_tag"], row["eups_tag"])


def test_every_calendar_tag_in_image_spelling_is_a_notebook_image_but_the_two_part_ones():
    rows = calendar()
    tags = [parse(row["git_tag"], "rubin") for row in rows]
    images = {tag.input: parse(tag.image or "", "rsp") for tag in tags}
    unread = {git for git, image in images.items() if not image.parsed}
    assert unread == {"v15.0.rc1", "v16.0.rc1", "v16.0.rc2", "v17.0.rc1", "v17.0.rc2"}
    for row in rows:
        if row["git_tag"] not in unread:
            assert (images[row["git_tag"]].kind, images[row["git_tag"]].git) == (kind_of(row), row["git_tag"])


def test_the_weeklies_were_made_in_their_order():
    # These three bear one date, months before their weeks, and no build.
    misdated = {"w.2016.34", "w.2016.36", "w.2016.37"}
    weeklies = [row["git_tag"] for row in calendar() if row["kind"] == "weekly"]
    weeklies = [tag for tag in weeklies if tag not in misdated]
    ordered, _ = sort(parse(tag, "rubin") for tag in reversed(weeklies))
    assert [tag.git for tag in ordered] == weeklies


def test_the_order_of_versions_is_not_that_of_dates():
    created = {row["git_tag"]: row["created"] for row in calendar()}
    older, newer = (parse(tag, "rubin") for tag in ("23.0.4", "24.0.0"))
    assert created["23.0.4"] > created["24.0.0"]
    assert sort([newer, older])[0] == (older, newer)


def test_image_tags_that_were_deployed_are_read_or_refused():
    texts = (DATA / "deployed-image-tags.txt").read_text().splitlines()
    assert len(texts) > 300
    for grammar in GRAMMARS:
        tags = [parse(text, grammar) for text in texts]
        assert [tag.input for tag in tags] == texts
        assert all((tag.reason is None) is tag.parsed is (tag.kind is not Kind.unknown) for tag in tags)
    assert parse("w.2025.16", "rsp").reason == "no image tag; perhaps w_2025_16 is meant"
    assert {text for text in texts if parse(text, "rsp").kind is Kind.release} == {"r29_1_0", "r29_1_1"}


hostile = st.text() | st.text(ALPHABET) | st.from_regex(r"(exp_)?[rwdv]?[0-9]*([._-](rc|c|rsp)?[0-9]*){0,6}")


@given(hostile, st.sampled_from(list(GRAMMARS)), st.lists(st.text(ALPHABET), max_size=2))
@example("9" * 100_000, "rsp", [])
@example("9" * 100_000, "rubin", [])
@example("9" * 100_000, "semver", [])
@example("1." * 50_000 + "\n", "semver", [])
@example("\ud800", "rsp", ["\ud800"])
def test_no_input_raises(text: str, grammar: str, aliases: list[str]):
    tag = parse(text, grammar, aliases)
    assert tag.input == text
    assert (tag.reason is None) is tag.parsed is (tag.kind is not Kind.unknown)
    assert (order_key(tag) is None) is (tag.kind is Kind.unknown)
    assert json.loads(json.dumps(tag.fields()))["input"] == text
    assert tag_pattern_match("{image}", text, grammar) in (None, parse(text, grammar))


@given(hostile, st.sampled_from(list(GRAMMARS)))
def test_reading_a_spelling_again_gives_the_same_tag(text: str, grammar: str):
    tag = parse(text, grammar)
    if tag.git is not None and grammar == "rubin":
        again = parse(tag.git, grammar)
        assert (again.kind, again.version, again.git, again.eups, again.image) == (
            tag.kind,
            tag.version,
            tag.git,
            tag.eups,
            tag.image,
        )
    if tag.image is not None and grammar != "rubin":
        assert parse(tag.image, grammar) == tag


def test_there_are_three_grammars():
    with pytest.raises(ValueError, match="calver"):
        parse("2024.1", "calver")


def test_kinds_are_in_menu_order():
    menu = ["alias", "release", "weekly", "daily", "candidate", "experimental"]
    assert [kind.value for kind in Kind] == [*menu, "branch", "moving", "unknown"]


def test_reading_a_notebook_tag_loads_no_heavy_module():
    script = (
        "import sys; before = set(sys.modules); from ldmrelease.domain.tags import parse; "
        "parse('w_2023_16', 'rsp'); print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "ldmrelease.domain.tags" in loaded
    foreign = {name.partition(".")[0] for name in loaded} - {"ldmrelease"}
    assert foreign <= sys.stdlib_module_names
    assert not foreign & {"datetime", "json", "asyncio", "typing_extensions", "logging"}


def test_a_tag_of_no_grammar_says_so_in_json():
    tag: Tag = parse("nonsense", "semver")
    assert tag.fields()["parsed"] is False
    assert tag.fields()["reason"] == "fits no form of the semver grammar"
