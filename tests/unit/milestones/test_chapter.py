"""Chapter 3 of LDM-564: every milestone and feature of it is read, and what cannot be read is told with its line."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.milestones.catalogue import (
    Catalogue,
    Feature,
    Milestone,
    due_items,
    find,
    overdue_items,
    unfinished_milestones,
)
from ldmrelease.milestones.catalogue_changes import MilestoneChangeKind, compare_catalogues
from ldmrelease.milestones.chapter import NOTHING_NEW, read_document, write_document

DOCUMENT = (Path(__file__).parents[2] / "data/LDM-564.md").read_text(encoding="utf-8")
READ = read_document(DOCUMENT, "LDM-564")
CATALOGUE = READ.catalogue


class TestTheDocument:
    def test_it_is_read_whole(self) -> None:
        assert READ.problems == ()
        assert [each.text[:9] for each in READ.passed_over] == ["FIGURE 2:", "FIGURE 3:"]
        assert CATALOGUE.revision == date(2023, 4, 22)

    def test_it_has_what_a_count_of_its_lines_says(self) -> None:
        chapter = DOCUMENT[DOCUMENT.index("## 3.1 ") : DOCUMENT.index("## 4 References")]
        assert len(CATALOGUE.milestones) == len(re.findall(r"^#+ 3\.\d+ ", chapter, re.MULTILINE)) == 40
        features = [each for _, each in CATALOGUE.features()]
        assert len(features) == len(re.findall(r"^[-•] DM-", chapter, re.MULTILINE)) == 79
        nothing = [each for each in CATALOGUE.milestones if each.no_new_functionality]
        assert len(nothing) == chapter.count("No new functionality") == 18
        assert all(bool(each.features) != each.no_new_functionality for each in CATALOGUE.milestones)
        open_ones = [each for each in (*CATALOGUE.milestones, *features) if each.incomplete]
        assert len(open_ones) == chapter.count("currently incomplete") == 20
        dated = [*CATALOGUE.milestones, *features]
        assert all(each.due and bool(each.completed) != each.incomplete for each in dated)

    def test_the_order_is_the_document_s(self) -> None:
        assert [each.section for each in CATALOGUE.milestones] == [f"3.{number}" for number in range(1, 41)]
        codes = [each.code for each in CATALOGUE.milestones]
        assert codes[:3] == ["LDM-503-01", "LDM-503-03", "LDM-503-02"]
        assert codes[-3:] == ["LDM-503-19", "LDM-503-18q", "LDM-503-19a"]
        assert len(set(codes)) == 40

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("LDM-503-01", ("3.1", "Science Platform with WISE data in PDAC", "2017-11-30", "2018-05-30", 6)),
            ("LDM-503-EFDb", ("3.27", None, "2023-02-14", None, 0)),
            ("LDM-GEN3", ("3.21", "Gen3 parity demonstrated", "2021-09-30", "2022-05-31", 1)),
            ("LDM-503-18q", ("3.39", "Qserv construction complete", "2024-01-11", None, 0)),
            ("LDM-503-13a", ("3.20", "Pipelines Release Fall 2020", "2021-08-31", "2021-07-31", 7)),
        ],
    )
    def test_milestones_are_as_they_stand_there(self, code: str, expected: tuple[object, ...]) -> None:
        found = CATALOGUE.milestone(code)
        assert found is not None
        section, title, due, completed, features = expected
        assert found.section == section
        assert title is None or found.title == title
        assert (str(found.due), found.completed and str(found.completed)) == (due, completed)
        assert len(found.features) == features

    def test_a_code_may_be_typed_in_any_case(self) -> None:
        assert CATALOGUE.milestone("ldm-503-rspA") == CATALOGUE.milestone("LDM-503-RSPa") is not None
        assert CATALOGUE.milestone("LDM-503") is None

    def test_features_are_as_they_stand_there(self) -> None:
        by_code = {each.code: each for _, each in CATALOGUE.features()}
        assert by_code["DM-NCSA-15"].completed == date(2020, 5, 29), "its emphasis ends in the middle"
        assert by_code["DM-STAFF"].text == "Staffing Checkpoint"
        assert by_code["DM-AP-12"].incomplete
        assert by_code["DM-SUIT-2"].text.endswith("(the images are from IRSA at IPAC, not NCSA)")
        repeated = [milestone.code for milestone, each in CATALOGUE.features() if each.code == "DM-NCSA-16"]
        assert repeated == ["LDM-503-11a", "LDM-503-09", "LDM-503-11"]

    def test_one_milestone_is_complete_while_its_features_are_not(self) -> None:
        (found,) = unfinished_milestones(CATALOGUE)
        assert found.milestone.code == "LDM-503-15a"
        assert [each.code for each in found.features] == ["DM-AP-12", "DM-DRP-27"]

    def test_what_is_due_and_overdue_is_as_of_a_day(self) -> None:
        day = date(2023, 4, 22)
        codes = [
            each.milestone.code
            for each in due_items(CATALOGUE, day, date(2023, 9, 1))
            if each.feature is None
        ]
        assert codes == [
            "LDM-503-14", "LDM-503-15", "LDM-503-16a", "LDM-503-12a", "LDM-503-16", "LDM-503-EFDc",
        ]  # fmt: skip
        late = overdue_items(CATALOGUE, day)
        assert [each.milestone.code for each in late if each.feature is None] == [
            "LDM-503-12", "LDM-503-13", "LDM-503-EFDb", "LDM-503-NET",
        ]  # fmt: skip
        assert {each.feature.code for each in late if each.feature} == {"DM-AP-12", "DM-DRP-27", "DM-SQRE-4"}
        assert overdue_items(CATALOGUE, date(2016, 1, 1)) == ()
        then = [
            each.milestone.code for each in overdue_items(CATALOGUE, date(2018, 1, 1)) if each.feature is None
        ]
        assert then == ["LDM-503-01"], "it was completed in May of that year"

    def test_a_text_is_found_wherever_it_stands(self) -> None:
        assert [
            (one.code, [each.code for each in features]) for one, features in find(CATALOGUE, "qserv")
        ] == [("LDM-503-18q", [])]
        assert len(find(CATALOGUE, "dm-ncsa-16")) == 3


def chapter(*lines: str) -> str:
    return "\n\n".join(("## 3.1 A title: LDM-503-01", *lines))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (chapter("Due: 2017-11-30; completed soon."), 3, "'soon' is not a date"),
        (chapter("Due: 2017-02-30; currently incomplete."), 3, "'2017-02-30' is not a date"),
        (
            chapter("- a feature without a code (Due: 2017-11-30; currently incomplete)"),
            3,
            "begins with its code",
        ),
        (chapter("- DM-AP-1: without dates"), 3, "ends with its dates"),
        (chapter("Whatever this is."), 3, "neither a feature nor the dates"),
        (chapter("## 3.2 Again: LDM-503-01"), 3, "stands in section 3.1 already"),
        (chapter("## 3.2 No code"), 3, "ends with its code"),
        ("# 1 Nothing", 1, "no heading of a milestone"),
    ],
    ids=["date", "calendar", "code", "dates", "text", "twice", "heading", "nothing"],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, message: str) -> None:
    (found,) = read_document(text, "x").problems
    assert (found.line, message in found.message) == (line, True), found


def test_the_rest_is_read() -> None:
    text = chapter(
        "Due: 2017-11-30; completed never.",
        "- no code (Due: 2017-11-30; currently incomplete)",
        "- DM-AP-1: One that is\n  hyphen-\n  ated (Due: 2017-11-30; *currently incomplete*)",
        "## 3.2 Another: LDM-503-02",
        "Due: 2018-11-30; currently incomplete.",
        NOTHING_NEW,
    )
    found = read_document(text, "x")
    assert len(found.problems) == 2
    one, other = found.catalogue.milestones
    assert (one.due, one.completed) == (date(2017, 11, 30), None)
    assert one.features == (Feature("DM-AP-1", "One that is hyphenated", date(2017, 11, 30), None, True),)
    assert (other.code, other.no_new_functionality) == ("LDM-503-02", True)


_DAYS = st.dates(date(2010, 1, 1), date(2040, 1, 1))
_WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ,.&/%]{0,40}[a-z0-9]", fullmatch=True).filter(
    lambda text: "  " not in text
)


@st.composite
def dated(draw: st.DrawFn) -> tuple[date, date | None, bool]:
    completed = draw(st.none() | _DAYS)
    return draw(_DAYS), completed, completed is None


@st.composite
def features(draw: st.DrawFn) -> Feature:
    code = f"DM-{draw(st.sampled_from(['AP', 'DRP', 'NCSA']))}-{draw(st.integers(1, 99))}"
    due, completed, incomplete = draw(dated())
    return Feature(code, draw(_WORDS), due, completed, incomplete)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    codes = draw(
        st.lists(
            st.from_regex(r"LDM-503-[0-9]{1,2}[a-z]?", fullmatch=True), unique=True, min_size=1, max_size=5
        )
    )
    made = []
    for number, code in enumerate(codes, start=1):
        due, completed, incomplete = draw(dated())
        own = tuple(draw(st.lists(features(), max_size=4)))
        made.append(Milestone(f"3.{number}", code, draw(_WORDS), due, completed, incomplete, not own, own))
    return Catalogue("LDM-564", tuple(made), draw(st.none() | _DAYS))


@given(catalogues())
def test_what_is_written_is_read_as_the_same(catalogue: Catalogue) -> None:
    found = read_document(write_document(catalogue), "LDM-564")
    assert found.problems == ()
    assert found.catalogue == catalogue


@given(catalogues(), catalogues())
def test_nothing_moved_where_nothing_differs(one: Catalogue, other: Catalogue) -> None:
    assert compare_catalogues(one, one) == ()
    assert bool(compare_catalogues(one, other)) == (
        {each.code: each for each in one.milestones} != {each.code: each for each in other.milestones}
    )


@given(st.text(max_size=400))
def test_any_text_is_read_or_told_of(text: str) -> None:
    read_document(f"## 3.1 A: LDM-503-01\n{text}", "x")


def test_what_moved_is_told_field_by_field() -> None:
    later = read_document(
        DOCUMENT.replace(
            "Due: 2023-05-31; currently incomplete.", "Due: 2023-08-31; currently incomplete."
        ).replace("- DM-SQRE-1: Project internal", "- DM-SQRE-9: Project internal"),
        "LDM-564",
    ).catalogue
    found = compare_catalogues(CATALOGUE, later)
    assert [(each.kind, each.milestone, each.feature, each.field) for each in found] == [
        (MilestoneChangeKind.ADDED, "LDM-503-01", "DM-SQRE-9", None),
        (MilestoneChangeKind.REMOVED, "LDM-503-01", "DM-SQRE-1", None),
        (MilestoneChangeKind.CHANGED, "LDM-503-14", None, "due"),
        (MilestoneChangeKind.CHANGED, "LDM-503-15", None, "due"),
        (MilestoneChangeKind.CHANGED, "LDM-503-16a", None, "due"),
    ]
