"""Files that somebody made to do harm, or that are cut, or of something else: each is refused, with what and where."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.evidence_formats.codeowners import matches
from ldmrelease.evidence_formats.interface import OF_OUTSIDERS
from ldmrelease.evidence_formats.registry import FORMATS

DATA = Path(__file__).parents[2] / "data" / "evidence"
SAMPLES = {
    "cyclonedx": "cyclonedx.json",
    "codeowners": "CODEOWNERS",
    "github-checks": "github-checks.json",
    "github-reviews": "github-reviews.json",
    "jira": "jira-rfc.json",
    "junit": "junit-nested.xml",
    "lsst-verify": "lsst-verify.json",
    "mobu": "mobu-flock.json",
    "openvex": "openvex.json",
    "sarif": "suppressions.sarif",
    "spdx": "spdx.json",
    "trivy": "trivy.json",
}
OF_JSON = sorted(set(FORMATS) - {"junit", "codeowners"})


def refusal(format: str, data: bytes) -> DocumentFaults:
    """Why it is refused."""
    found = FORMATS[format].read(data)
    assert isinstance(found, DocumentFaults), found
    assert all(each.message for each in found.faults)
    return found


def sample(format: str) -> Any:
    """A sample, to be changed."""
    return json.loads((DATA / SAMPLES[format]).read_text())


def told(format: str, plain: Any) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    found = refusal(format, json.dumps(plain).encode())
    return [(each.path, each.message) for each in found.faults]


def test_there_is_a_sample_of_every_format() -> None:
    assert set(SAMPLES) == set(FORMATS)


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize(
    "data",
    [b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"\xff\xfe\xff", b"{\xff}", b""],
    ids=["mark", "utf-16", "no text", "no utf-8", "nothing"],
)
def test_other_encodings_and_nothing_are_refused(format: str, data: bytes) -> None:
    refusal(format, data)


@pytest.mark.parametrize("format", OF_JSON)
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[" * 1_000_000, "too-deep"),
        (b'{"a":' * 1_000_000, "too-deep"),
        (b'{"a": 1, "a": 2}', "duplicate-key"),
        (b'{"a": NaN}', "not-a-number"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "large-integer"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": 1', "not-json"),
    ],
    ids=["lists", "objects", "twice", "NaN", "huge", "surrogate", "cut"],
)
def test_json_that_is_hostile_is_refused_before_it_is_read(format: str, data: bytes, code: str) -> None:
    assert refusal(format, data).first.code == code


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_file_without_an_end_is_refused_by_its_size(format: str) -> None:
    assert refusal(format, b" " * (OF_OUTSIDERS.size + 1)).first.code == "file-too-large"


def test_a_file_with_more_values_than_are_read_is_refused_before_any_is_made() -> None:
    data = b"[" + b"0," * (OF_OUTSIDERS.values + 1) + b"0]"
    assert refusal("trivy", data).first.code == "too-many-values"


BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<testsuite><testcase name="&c;"/></testsuite>"""
OTHER_FILE = (
    """<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>"""
)
ELSEWHERE = (
    """<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:1/x.dtd"><testsuite><testcase name="a"/></testsuite>"""
)


@pytest.mark.parametrize("text", [BOMB, OTHER_FILE, ELSEWHERE], ids=["bomb", "file", "elsewhere"])
def test_entities_are_refused_with_the_document_type_that_would_define_them(text: str) -> None:
    found = refusal("junit", text.encode()).first
    assert (found.code, found.line) == ("document-type", 2 if text is BOMB else 1)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<testsuite>" * 1000, "too-deep"),
        (b"<testsuite>" + b"<a/>" * OF_OUTSIDERS.values, "too-many-values"),
        (b"<testsuite><testcase name='a'/>", "not-xml"),
        (b"<testsuite><testcase name='a' name='b'/></testsuite>", "not-xml"),
        (b"<?xml version='1.0' encoding='UTF-16'?><testsuite/>", "encoding"),
        (b"<?xml version='1.0' encoding='latin-1'?><testsuite/>", "encoding"),
        (b"<testsuite/>", "no-tests"),
        (b"<testsuite><testcase name='a'><skipped/></testcase></testsuite>", "no-tests"),
        (b"<testsuite failures='2'><testcase name='a'/></testsuite>", "contradiction"),
        (b"<html><testcase name='a'/></html>", "unexpected"),
        (b"<testsuite failures='many'><testcase/></testsuite>", "unexpected"),
        (b"<testsuite><testcase name='&undefined;'/></testsuite>", "not-xml"),
    ],
    ids=["deep", "many", "cut", "twice", "utf-16", "latin", "none", "skipped", "claims", "html", "count", "entity"],
)  # fmt: skip
def test_xml_that_is_hostile_or_no_report_is_refused(data: bytes, code: str) -> None:
    assert refusal("junit", data).first.code == code


def test_everything_that_is_wrong_is_told_in_one_go() -> None:
    plain = sample("trivy")
    plain["SchemaVersion"] = 1
    plain["CreatedAt"] = "yesterday"
    plain["Results"][0]["Vulnerabilities"][0]["VulnerabilityID"] = 7
    plain["Metadata"]["RepoDigests"] = ["lab@sha256:XYZ"]
    assert told("trivy", plain) == [
        ("SchemaVersion", "not a version that is read"),
        ("Results[0].Vulnerabilities[0].VulnerabilityID", "Expected `str`, got `int`"),
        ("CreatedAt", "not a time with its zone"),
        ("Metadata.RepoDigests[0]", "not a digest"),
    ]


def test_a_digest_that_is_not_hex_is_refused_in_bills_of_materials() -> None:
    plain = sample("cyclonedx")
    plain["components"][0]["hashes"][0]["content"] = "D92E"
    assert told("cyclonedx", plain) == [("components[0].hashes[0].content", "not a digest")]
    plain = sample("spdx")
    plain["packages"][0]["checksums"][0]["checksumValue"] = "e01b-"
    assert told("spdx", plain) == [("packages[0].checksums[0].checksumValue", "not a digest")]


def test_checks_that_are_not_done_or_not_all_there_are_refused() -> None:
    plain = sample("github-checks")
    plain["check_runs"][0] |= {"status": "in_progress", "conclusion": None}
    plain["total_count"] = 3
    plain["check_runs"][1]["head_sha"] = "0" * 40
    assert told("github-checks", plain) == [
        ("check_runs[0].status", "mighty_readme is not done"),
        ("total_count", "2 of 3 check runs"),
        ("check_runs", "check runs of several commits"),
    ]


def test_a_metric_is_measured_once_and_is_a_number() -> None:
    plain = sample("lsst-verify")
    plain["measurements"][1] |= {"metric": "ip_diffim.numSciSources", "value": "inf"}
    assert told("lsst-verify", plain) == [
        ("measurements[1].metric", "measured twice"),
        ("measurements[1].value", "not a number"),
    ]


def test_an_issue_that_is_not_adopted_any_more_is_no_approval() -> None:
    plain = sample("jira")
    plain["fields"]["status"]["name"] = "Withdrawn"
    assert told("jira", plain) == [("fields.status.name", "RFC-1012 is not approved")]


def test_an_issue_without_its_whole_history_is_no_approval() -> None:
    plain = sample("jira")
    plain["changelog"]["total"] = 120
    assert told("jira", plain) == [("changelog.total", "3 of 120 changes")]
    plain = sample("jira")
    plain["changelog"] |= {"histories": [], "total": 0}
    assert told("jira", plain)[0][1].startswith("its history does not tell who approved RFC-1012")


def test_vex_with_a_key_that_cannot_be_signed_is_refused() -> None:
    # Found by fuzzing.
    ((_, message),) = told("openvex", sample("openvex") | {"vex-\u00d9": 1})
    assert message.startswith("cannot be signed: the key")


def test_who_takes_back_an_approval_does_not_approve() -> None:
    plain = sample("github-reviews")
    plain["reviews"].append({**plain["reviews"][1], "state": "DISMISSED"})
    found = FORMATS["github-reviews"].read(json.dumps(plain).encode())
    assert not isinstance(found, DocumentFaults)
    assert found.review.reviewers == ()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "line",
    ["* square", "* @", "* @a/b/c", "\x07 @a", f"{'x' * 1001} @a"],
    ids=["no @", "empty", "deep", "bell", "long"],
)  # fmt: skip
def test_lines_of_codeowners_that_cannot_be_read_are_told(line: str) -> None:
    found = refusal("codeowners", f"* @a\n{line}\n".encode()).first
    assert found.line == 2


def test_a_pattern_with_many_stars_costs_no_more_than_it_is_long() -> None:
    assert not matches("/" + "**/a/" * 200 + "b", "a/" * 400 + "c")
    assert not matches("*a" * 300 + "b", "a" * 900)


@pytest.mark.parametrize("format", sorted(FORMATS))
@given(data=st.data())
def test_a_sample_with_a_piece_exchanged_is_read_or_refused(format: str, data: st.DataObject) -> None:
    whole = (DATA / SAMPLES[format]).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    piece = data.draw(
        st.binary(max_size=20) | st.sampled_from([b"{", b"]", b'"', b"null", b"1e9", b"-1", b"<", b"[]"])
    )
    found = FORMATS[format].read(whole[:start] + piece + whole[end:])
    if isinstance(found, DocumentFaults):
        assert found.faults


@pytest.mark.parametrize("format", OF_JSON)
@given(
    value=st.recursive(
        st.none() | st.integers(0, 9) | st.text(max_size=3), lambda each: st.lists(each, max_size=3)
    )
)
def test_a_field_of_another_kind_is_refused_with_its_path(format: str, value: Any) -> None:
    plain = sample(format)
    for key in plain:
        found = FORMATS[format].read(json.dumps({**plain, key: value}).encode())
        assert not isinstance(found, DocumentFaults) or found.faults
