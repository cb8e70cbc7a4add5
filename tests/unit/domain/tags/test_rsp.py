"""The rsp grammar: notebook images, as the notebook service reads them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.tags import Kind, Tag, parse


def rsp(text: str, *aliases: str) -> Tag:
    return parse(text, "rsp", aliases)


def test_fields_are_the_documented_json_in_order():
    documented = (
        '{"input": "w_2023_16", "grammar": "rsp", "parsed": true, "kind": "weekly", "git": "w.2023.16", '
        '"eups": "w_2023_16", "image": "w_2023_16", "version": [2023, 16, 0, null], "cycle": null, '
        '"cycle_build": null, "rsp": null, "extra": null, "architecture": null, '
        '"display_name": "Weekly 2023_16"}'
    )
    assert json.dumps(rsp("w_2023_16").fields()) == documented


def test_fields_of_an_unparsed_tag_end_with_the_reason():
    fields = rsp("r24_0_0x").fields()
    assert list(fields)[-2:] == ["display_name", "reason"]
    assert fields["reason"] == "fits no form of the rsp grammar"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "r23_0_4_rsp19-arm64",
            {
                "kind": "release",
                "version": [23, 0, 4, None],
                "git": "23.0.4",
                "eups": "v23_0_4",
                "image": "r23_0_4_rsp19-arm64",
                "rsp": 19,
                "architecture": "arm64",
                "display_name": "Release r23.0.4 (RSP Build 19) [arm64]",
            },
        ),
        (
            "r24_0_0_rc1",
            {
                "kind": "candidate",
                "version": [24, 0, 0, "rc1"],
                "git": "v24.0.0.rc1",
                "eups": "v24_0_0_rc1",
                "display_name": "Release Candidate r24.0.0-rc1",
            },
        ),
        (
            "d_2023_04_22_c0030.007",
            {
                "kind": "daily",
                "version": [2023, 4, 22, None],
                "git": "d.2023.04.22",
                "cycle": 30,
                "cycle_build": 7,
                "display_name": "Daily 2023_04_22 (SAL Cycle 0030, Build 007)",
            },
        ),
        ("w_2024_35_k0002.000", {"kind": "weekly", "cycle": None, "extra": "k0002.000"}),
        (
            "exp_w_2023_16_nosudo",
            {
                "kind": "experimental",
                "git": None,
                "eups": None,
                "image": "exp_w_2023_16_nosudo",
                "extra": "nosudo",
                "version": [2023, 16, 0, None],
                "display_name": "Experimental Weekly 2023_16 [nosudo]",
            },
        ),
        ("r22_0_0_rc1", {"version": [22, 0, 0, "rc1"]}),
        ("r170", {"kind": "release", "version": [17, 0, 0, None], "image": "r170", "git": "17.0.0"}),
        ("w_2022_53", {"kind": "weekly", "version": [2022, 53, 0, None]}),
        ("w_2026_22_aarch64", {"kind": "weekly", "extra": "aarch64", "architecture": None}),
        (
            "w_2023_7",
            {"version": [2023, 7, 0, None], "git": "w.2023.7", "eups": "w_2023_7"},
        ),
        (
            "w_2025_09_c0044.007_rsp29_try-out-amd64",
            {
                "cycle": 44,
                "cycle_build": 7,
                "rsp": 29,
                "extra": "try-out",
                "architecture": "amd64",
                "display_name": "Weekly 2025_09 (RSP Build 29) (SAL Cycle 0044, Build 007) [try-out] [amd64]",
            },
        ),
        # The order of the suffixes is fixed: what comes too late is part of the rest.
        ("r24_0_0_rsp1_c0030.001", {"rsp": 1, "cycle": None, "extra": "c0030.001"}),
        ("r24_0_0_rc2_rsp3-arm64", {"kind": "candidate", "rsp": 3, "architecture": "arm64"}),
        ("d_2024_02_29", {"kind": "daily"}),
    ],
)
def test_examples(text: str, expected: dict[str, object]):
    fields = rsp(text).fields()
    assert fields["parsed"] is True
    assert {name: fields[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("r24_0_0x", "fits no form of the rsp grammar"),
        ("v24_0_0", "no image tag; perhaps r24_0_0 is meant"),
        ("r_21_0_1", "no image tag; perhaps r21_0_1 is meant"),
        ("r29.1.1", "no image tag; perhaps r29_1_1 is meant"),
        ("w.2025.16", "no image tag; perhaps w_2025_16 is meant"),
        ("24.0.0", "no image tag; perhaps r24_0_0 is meant"),
        ("d.2023.02.30", "fits no form of the rsp grammar"),
        ("d_2023_02_30", "2023-02-30 is not a date"),
        ("d_2023_02_29", "2023-02-29 is not a date"),
        ("d_0000_01_01", "0000-01-01 is not a date"),
        ("w_2023_00", "no year has a week 00"),
        ("w_2023_54", "no year has a week 54"),
        ("w_2023_16\n", "starts with none of the last two"),
        ("w_2023_16\0", "holds only letters"),
        ("w_\u0662\u0660\u0662\u0663_16", "holds only letters"),
        ("-w_2023_16", "starts with none of the last two"),
        ("", "a tag is not empty"),
        ("w_2023_16_" + "x" * 119, "at most 128 characters"),
        ("w_2023_16_", "fits no form"),
        ("w_2023_16-20230420T101010Z", "fits no form"),
        ("w_20230_16", "fits no form"),
        ("r24_0", "fits no form"),
        ("r024_0_0", "fits no form"),
        ("r1700", "fits no form"),
        ("r170_rsp1", "fits no form"),
        ("latest_weekly", "fits no form"),
        ("exp", "fits no form"),
        ("exp_", "fits no form"),
    ],
)
def test_not_an_image_tag(text: str, reason: str):
    tag = rsp(text)
    assert (tag.parsed, tag.kind, tag.display_name) == (False, Kind.unknown, text)
    assert (tag.version, tag.git, tag.eups, tag.image) == (None, None, None, None)
    assert tag.reason is not None
    assert reason in tag.reason


def test_128_characters_are_a_tag():
    assert rsp("w_2023_16_" + "x" * 118).parsed


@pytest.mark.parametrize(
    "text", ["r24_0_0_rc1x", "r24_0_0_rc", "r24_0_0_rc01", "r24_0_0_rc.1", "r24_0_0_rc_"]
)
def test_a_misspelled_candidate_is_not_taken_for_a_release(text: str):
    assert rsp(text).kind is Kind.unknown


@pytest.mark.parametrize("text", ["r" + "9" * 5000 + "_0_0", f"r{10**16}_0_0", f"r1_0_0_rc{10**16}"], ids=len)
def test_huge_numbers_are_not_parsed(text: str):
    assert rsp(text).kind is Kind.unknown


@pytest.mark.parametrize("kind_of_suffix", ["c", "rsp"])
def test_huge_suffix_numbers_are_only_rest(kind_of_suffix: str):
    rest = f"{kind_of_suffix}{10**16}"
    assert rsp(f"w_2023_16_{rest}").extra == rest


@pytest.mark.parametrize(
    ("text", "cycle", "build", "rebuild", "architecture"),
    [
        ("recommended_c0029", 29, None, None, None),
        ("random_c0030.007_rsp19-arm64", 30, 7, 19, "arm64"),
        ("d_2023_02_30_c0030.007-amd64", 30, 7, None, "amd64"),
        ("r24_0_0x_rsp3", None, None, 3, None),
        ("tickets-DM-12345", None, None, None, None),
        ("tickets_c0030x", None, None, None, None),
    ],
)
def test_suffixes_are_read_off_unknown_tags(text, cycle, build, rebuild, architecture):
    tag = rsp(text)
    assert tag.kind is Kind.unknown
    assert (tag.cycle, tag.cycle_build, tag.rsp, tag.architecture) == (cycle, build, rebuild, architecture)
    assert tag.display_name == text


def test_an_experimental_image_of_nothing_known_keeps_its_suffixes():
    tag = rsp("exp_random_c0027-amd64")
    assert (tag.parsed, tag.kind, tag.version) == (True, Kind.experimental, None)
    assert (tag.cycle, tag.cycle_build, tag.architecture) == (27, None, "amd64")
    assert tag.display_name == "Experimental random (SAL Cycle 0027) [amd64]"


def test_an_experimental_image_keeps_the_suffixes_of_what_it_was_built_on():
    tag = rsp("exp_r24_0_0_rc1_c0030.007_rsp19_try-arm64")
    assert tag.version == (24, 0, 0, "rc1")
    suffix = (tag.cycle, tag.cycle_build, tag.rsp, tag.extra, tag.architecture)
    assert suffix == (30, 7, 19, "try", "arm64")


def test_an_experiment_on_an_experiment():
    assert rsp("exp_exp_w_2023_16").display_name == "Experimental Experimental Weekly 2023_16"


@pytest.mark.parametrize(
    ("text", "cycle", "shown"),
    [
        ("recommended", None, "Recommended"),
        ("recommended_c0029", 29, "Recommended (SAL Cycle 0029)"),
        ("latest_weekly", None, "Latest Weekly"),
        ("w_2023_16", None, "W 2023 16"),
    ],
)
def test_an_alias_is_known_from_configuration_alone(text, cycle, shown):
    tag = rsp(text, text, "other")
    assert (tag.parsed, tag.kind, tag.image, tag.git, tag.version) == (True, Kind.alias, text, None, None)
    assert (tag.cycle, tag.display_name) == (cycle, shown)
    assert rsp(text, "other").kind is not Kind.alias


def test_an_alias_that_no_registry_takes_is_none():
    assert rsp("re commended", "re commended").kind is Kind.unknown


suffixes = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "_c0030.007", "_c0044.012"]),
        st.integers(0, 120).map(lambda n: f"_rsp{n}") | st.just(""),
        st.sampled_from(["", "_20210513", "_nosudo", "_k0002.000", "_a.b-c_d"]),
        st.sampled_from(["", "-amd64", "-arm64"]),
    ),
)
numbers = st.integers(0, 10**15 - 1).map(str)
versions = st.builds("r{}_{}_{}".format, numbers, numbers, numbers)
weeklies = st.builds("w_{:04}_{:02}".format, st.integers(0, 9999), st.integers(1, 53))
dailies = st.dates().map(lambda day: f"d_{day.year:04}_{day.month:02}_{day.day:02}")
stems = versions | st.builds("{}_rc{}".format, versions, numbers) | weeklies | dailies
rsp_tags = st.builds("{}{}".format, stems, suffixes) | st.just("r170")


@given(rsp_tags | rsp_tags.map("exp_{}".format))
def test_rendering_gives_back_what_was_parsed(text: str):
    tag = rsp(text)
    assert tag.image == text
    assert rsp(tag.image) == tag


@given(rsp_tags)
def test_the_git_and_eups_spellings_name_the_same_build(text: str):
    tag = rsp(text)
    for spelling in (tag.git, tag.eups):
        assert spelling is not None
        stack = parse(spelling, "rubin")
        assert (stack.kind, stack.version, stack.git) == (tag.kind, tag.version, tag.git)


def test_tags_are_values():
    assert hash(rsp("w_2023_16")) == hash(rsp("w_2023_16"))
    with pytest.raises(AttributeError):
        rsp("w_2023_16").kind = Kind.daily  # type: ignore[misc]


def test_the_notebook_menus_words_keep_the_padding_of_the_tag():
    assert rsp("w_2023_07_rsp03").display_name == "Weekly 2023_07 (RSP Build 03)"
