"""The order of tags: total within a kind, silent between kinds."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain import canonical
from ldmrelease.domain.tags import Kind, NotComparable, Tag, order_key, parse, sort


def inputs(tags: tuple[Tag, ...]) -> list[str]:
    return [tag.input for tag in tags]


RISING = [
    ("rsp", ["r17_0_0", "r24_0_0", "r30_0_9", "r30_0_10"]),
    ("rsp", ["r29_2_0", "r29_2_0_rsp29", "r29_2_0_rsp103", "r29_2_0_c0001.001"]),
    ("rsp", ["w_2024_52", "w_2025_09", "w_2025_9", "w_2025_10"]),
    ("rsp", ["w_2025_09", "w_2025_09_c0044.007", "w_2025_09_c0044.012", "w_2025_09_c0045.001"]),
    ("rsp", ["w_2025_09", "w_2025_09_a", "w_2025_09_b", "w_2025_09_rsp1"]),
    ("rsp", ["w_2025_09-amd64", "w_2025_09-arm64", "w_2025_09", "w_2025_09_x-amd64", "w_2025_09_x"]),
    ("rsp", ["d_2023_04_30", "d_2023_05_01"]),
    ("rsp", ["r24_0_0_rc2", "r24_0_0_rc10", "r24_0_1_rc1"]),
    ("rsp", ["exp_20230209", "exp_random", "exp_r24_0_0_rc1", "exp_r24_0_0", "exp_w_2023_16"]),
    ("rubin", ["v15.0.rc1", "v15.0.rc2", "v15.0.rc10", "v15.0.1.rc1"]),
    ("rubin", ["23.0.4", "24.0.0", "v24.0.0", "24.0.1"]),
    ("semver", ["1.2.9", "1.2.10", "1.10.0", "v1.10.0"]),
    (
        "semver",
        [
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc10",
            "1.0.0-rc2",
        ],
    ),
]


@pytest.mark.parametrize(("grammar", "rising"), RISING)
def test_rising(grammar: str, rising: list[str]):
    tags = [parse(text, grammar) for text in reversed(rising)]
    ordered, open_questions = sort(tags)
    assert inputs(ordered) == rising
    assert not open_questions


def test_one_tag_of_the_stack_in_two_spellings_has_one_key():
    git, eups = (parse(text, "rubin") for text in ("w.2023.16", "w_2023_16"))
    assert order_key(git) == order_key(eups)
    assert sort([eups, git]) == sort([git, eups])


def test_padding_makes_another_tag_of_the_same_week():
    short, padded = (parse(text, "rsp") for text in ("w_2023_7", "w_2023_07"))
    assert short.version == padded.version
    assert order_key(short) != order_key(padded)


def test_a_final_with_v_in_git_is_another_tag_though_its_images_are_named_alike():
    bare, lettered = (parse(text, "rubin") for text in ("24.0.0", "v24.0.0"))
    assert bare.image == lettered.image
    assert order_key(bare) != order_key(lettered)


def test_kinds_are_grouped_in_menu_order_and_reported():
    texts = ["zzz", "exp_a", "r24_0_0_rc1", "d_2023_04_22", "w_2023_16", "r23_0_0", "recommended", "aaa"]
    tags = [parse(text, "rsp", ["recommended"]) for text in texts]
    ordered, open_questions = sort(tags)
    assert inputs(ordered) == [*reversed(texts[1:7]), "aaa", "zzz"]
    assert open_questions.kinds == tuple(each for each in Kind if each not in (Kind.branch, Kind.moving))
    assert inputs(open_questions.tags) == ["aaa", "zzz"]


def test_unknown_tags_alone_are_still_reported():
    ordered, open_questions = sort([parse("nonsense", "rsp")])
    assert open_questions == NotComparable(tags=ordered)
    assert open_questions


def test_aliases_sort_by_name():
    names = ["recommended_c0030", "latest_weekly", "recommended"]
    ordered, open_questions = sort(parse(name, "rsp", names) for name in names)
    assert inputs(ordered) == sorted(names)
    assert not open_questions


def test_nothing_to_sort():
    assert sort([]) == ((), NotComparable())


def test_tags_of_several_grammars_have_no_common_order():
    with pytest.raises(ValueError, match="rsp, semver"):
        sort([parse("w_2023_16", "rsp"), parse("1.0.0", "semver")])


def test_an_unknown_tag_has_no_key():
    assert order_key(parse("r24_0_0x", "rsp")) is None


# Few values, so that equal parts and neighbours are frequent.
_version = st.builds("{}_{}_{}".format, *[st.sampled_from([0, 9, 10])] * 3)
_suffix = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "_c0030.007", "_c30.7", "_c0030.012", "_c0031.001"]),
    st.sampled_from(["", "_rsp29", "_rsp103", "_rsp0"]),
    st.sampled_from(["", "_a", "_A", "_b-c", "_c0030"]),
    st.sampled_from(["", "-amd64", "-arm64"]),
)
_stem = st.one_of(
    _version.map("r{}".format),
    st.builds("r{}_rc{}".format, _version, st.sampled_from([1, 2, 10])),
    st.sampled_from(["w_2023_7", "w_2023_07", "d_2023_04_22", "d_2023_4_22", "r170", "nonsense"]),
)
_image = st.builds("{}{}".format, _stem, _suffix)
_rsp = (_image | _image.map("exp_{}".format) | st.sampled_from(["recommended", "latest_weekly"])).map(
    lambda text: parse(text, "rsp", ["recommended", "latest_weekly"])
)
_git = st.sampled_from(
    [
        f"{prefix}{number}{rc}"
        for prefix in ("", "v")
        for number in ("9.0", "9.0.0", "10.0.0", "9_0_0", "9_0")
        for rc in ("", ".rc2", ".rc10", "_rc2", "_rc10")
    ]
    + ["w.2023.7", "w_2023_7", "w.2023.07", "w_2023_07", "d.2023.04.22", "w.2023.16"]
).map(lambda text: parse(text, "rubin"))
_identifier = st.sampled_from(["0", "2", "10", "a", "rc2", "rc10", "-"])
_semver = st.builds(
    "{}{}.{}.0{}".format,
    st.sampled_from(["", "v"]),
    st.sampled_from([9, 10]),
    st.sampled_from([9, 10]),
    st.lists(_identifier, max_size=3).map(lambda parts: "-" + ".".join(parts) if parts else ""),
).map(lambda text: parse(text, "semver"))
_lists = st.one_of(*(st.lists(tags, max_size=6) for tags in (_rsp, _git, _semver)))


def identity(tag: Tag) -> str | None:
    return tag.git if tag.grammar == "rubin" else tag.image


@given(_lists)
def test_the_order_is_total_within_a_kind(tags: list[Tag]):
    for one, two, three in itertools.product(tags, repeat=3):
        if not one.kind == two.kind == three.kind or one.kind is Kind.unknown:
            continue
        a, b, c = order_key(one), order_key(two), order_key(three)
        assert a is not None
        assert b is not None
        assert c is not None
        assert (a < b) + (a == b) + (a > b) == 1
        assert not (a < b < c) or a < c
        assert (a == b) == (identity(one) == identity(two))


@given(_lists, st.randoms(use_true_random=False))
def test_sorting_does_not_depend_on_the_order_given(tags: list[Tag], random):
    shuffled = list(tags)
    random.shuffle(shuffled)
    assert sort(shuffled) == sort(tags)


@given(_lists)
def test_sorting_loses_and_invents_nothing(tags: list[Tag]):
    ordered, _ = sort(tags)
    assert sorted(inputs(ordered)) == sorted(tag.input for tag in tags)


@given(_lists)
def test_keys_order_alike_as_canonical_json(tags: list[Tag]):
    keys = [(tag.kind, key) for tag in tags if (key := order_key(tag)) is not None]
    for (kind, one), (other_kind, two) in itertools.product(keys, repeat=2):
        if kind is other_kind:
            assert (one < two) == (json.loads(canonical.encode(one)) < json.loads(canonical.encode(two)))
