"""`tag parse` never fails on a line; `tag sort` says what it will not compare."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.domain.tags import GRAMMARS
from tests.unit.faces.cli.running import run

FIELDS = [
    "input", "grammar", "parsed", "kind", "git", "eups", "image", "version", "cycle", "cycle_build", "rsp",
    "extra", "architecture", "display_name", "reason",
]  # fmt: skip

lines = st.lists(
    st.text(st.characters(codec=None, exclude_characters="\n")).filter(lambda s: s != "-"), min_size=1
)


def test_the_fields_are_those_that_were_agreed():
    (told,) = json.loads(run("tag", "parse", "--grammar", "rsp", "--output", "json", "w_2023_16").stdout)
    assert told == {
        "input": "w_2023_16", "grammar": "rsp", "parsed": True, "kind": "weekly", "git": "w.2023.16",
        "eups": "w_2023_16", "image": "w_2023_16", "version": [2023, 16, 0, None], "cycle": None,
        "cycle_build": None, "rsp": None, "extra": None, "architecture": None,
        "display_name": "Weekly 2023_16", "reason": None,
    }  # fmt: skip
    assert list(told) == FIELDS


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("r23_0_4_rsp19-arm64", {"kind": "release", "rsp": 19, "architecture": "arm64"}),
        ("r24_0_0_rc1", {"kind": "candidate", "display_name": "Release Candidate r24.0.0-rc1"}),
        ("d_2023_04_22_c0030.007", {"kind": "daily", "cycle": 30, "cycle_build": 7}),
        ("w_2024_35_k0002.000", {"kind": "weekly", "cycle": None, "extra": "k0002.000"}),
        ("exp_w_2023_16_nosudo", {"kind": "experimental", "extra": "nosudo", "version": [2023, 16, 0, None]}),
        ("r24_0_0x", {"parsed": False, "kind": "unknown", "display_name": "r24_0_0x"}),
    ],
)
def test_notebook_images(tag: str, expected: dict[str, object]):
    (told,) = json.loads(run("tag", "parse", "--grammar", "rsp", "-o", "json", tag).stdout)
    assert {key: told[key] for key in expected} == expected


def test_names_are_aliases_only_where_it_is_said():
    (told,) = json.loads(run("tag", "parse", "-o", "json", "recommended").stdout)
    assert told["kind"] == "unknown"
    (told,) = json.loads(run("tag", "parse", "-o", "json", "--alias", "recommended", "recommended").stdout)
    assert told["kind"] == "alias"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("W.2023.16", "did you mean w.2023.16?"),
        ("w2023.16", "did you mean w.2023.16?"),
        ("al9-w_2023_16", "did you mean w.2023.16?"),
        ("r24_0_0_rsp19", "release, Release r24.0.0 (RSP Build 19) (grammar rsp)"),
        ("v24.0.0-rc4", "(grammar semver)"),
        ("c0044.007", "release, SAL Cycle 0044, Build 007 (grammar cycle)"),
        ("w.2023.99", "no year has a week 99"),
        ("sha256:0123abcd", "a digest; `ldmrelease release show DIGEST` names its release"),
    ],
)
def test_without_a_grammar_another_one_reads_it_or_something_is_suggested(text: str, told: str):
    done = run("tag", "parse", text)
    assert done.exit_code == 0
    assert told in done.stdout


def test_a_grammar_that_is_named_is_the_only_one():
    assert "unknown" in run("tag", "parse", "--grammar", "rubin", "r24_0_0_rsp19").stdout
    (told,) = json.loads(run("tag", "parse", "-o", "json", "r24_0_0_rsp19").stdout)
    assert (told["grammar"], told["rsp"]) == ("rsp", 19)


@settings(max_examples=60, deadline=None)
@given(lines, st.sampled_from(list(GRAMMARS)))
def test_as_many_answers_as_lines_whatever_they_hold(texts: list[str], grammar: str):
    data = "".join(f"{each}\n" for each in texts).encode("utf-8", "surrogatepass")
    done = run("tag", "parse", "--grammar", grammar, "-o", "json", "-", input=data)
    assert done.exit_code == 0
    answers = json.loads(done.stdout)
    assert [each["input"].encode("utf-8", "surrogateescape") for each in answers] == [
        each.encode("utf-8", "surrogatepass") for each in texts
    ]
    text = run("tag", "parse", "--grammar", grammar, "-", input=data)
    assert (text.exit_code, len(text.stdout.splitlines())) == (0, len(texts))


def test_arguments_and_lines_may_be_mixed():
    done = run("tag", "parse", "w.2023.15", "-", "w.2023.17", input="w.2023.16\n")
    assert [each.partition(":")[0] for each in done.stdout.splitlines()] == [
        "w.2023.15",
        "w.2023.16",
        "w.2023.17",
    ]


def test_no_lines_no_answers():
    done = run("tag", "parse", "-", input="")
    assert (done.exit_code, done.stdout) == (0, "")


def test_sorted_by_number_not_by_letter():
    done = run("tag", "sort", "w.2023.16", "w.2023.9", "w.2022.52")
    assert done.stdout == "w.2022.52\nw.2023.9\nw.2023.16\n"
    assert done.stderr == ""


def test_what_is_not_compared_is_said():
    done = run("tag", "sort", "d.2023.04.22", "nonsense", "w.2023.16")
    assert done.exit_code == 0
    assert done.stdout == "w.2023.16\nd.2023.04.22\nnonsense\n"
    assert "not compared: weekly, daily" in done.stderr
    assert "not compared: nonsense" in done.stderr


def test_sorted_as_json_is_one_array():
    assert json.loads(run("tag", "sort", "-o", "json", "1.10.0", "1.9.0", "--grammar", "semver").stdout) == [
        "1.9.0",
        "1.10.0",
    ]
