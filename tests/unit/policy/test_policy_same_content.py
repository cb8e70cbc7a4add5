"""`same-content-as`: a final is its last candidate."""

from typing import Any

import pytest

from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import CandidatePin
from tests.unit.policy.policy_facts import facts, judge, sha, weekly

ONE, TWO = sha("content 1"), sha("content 2")


def candidate(number: int, content: str | None, **changes: Any) -> CandidatePin:
    given: dict[str, Any] = {
        "tag": f"v24.0.0.rc{number}",
        "kind": "candidate",
        "digest": sha(f"rc{number}"),
        "content": content,
        "version": (24, 0, 0, f"rc{number}"),
        "order": (24, 0, 0, number, [[0, number, ""]]),
    }
    return CandidatePin(**given | changes)


def look(
    *candidate_pins: CandidatePin,
    content: str | None = ONE,
    kind: str = "release",
    version: Any = (24, 0, 0, None),
) -> Finding:
    release = weekly(tag="24.0.0", kind=kind, content=content, version=version, order=(24, 0, 0))
    return judge("same-content-as", facts(release=release, candidate_pins=candidate_pins), kind="candidate")


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


def test_the_last_candidate_is_compared_by_number_not_by_spelling() -> None:
    finding = look(candidate(10, ONE), candidate(2, TWO))
    assert both(finding) == ("satisfied", "same-content")
    assert finding.values["candidate"] == "v24.0.0.rc10"


def test_another_content_is_failed_and_both_are_named() -> None:
    finding = look(candidate(1, ONE), candidate(2, TWO))
    assert both(finding) == ("failed", "other-content")
    assert (finding.values["content"], finding.values["candidate_content"]) == (ONE, TWO)


@pytest.mark.parametrize(
    "other",
    [
        candidate(1, ONE, kind="weekly"),
        candidate(1, ONE, version=(24, 0, 1, "rc1")),
        candidate(1, ONE, version=None),
    ],
)
def test_other_kinds_and_versions_are_no_candidates(other: CandidatePin) -> None:
    assert both(look(other)) == ("missing", "no-candidate")


def test_none_is_missing() -> None:
    assert both(look()) == ("missing", "no-candidate")
    assert both(look(candidate(1, ONE), version=None)) == ("missing", "no-candidate")


def test_an_unknown_content_on_either_side_is_missing() -> None:
    assert both(look(candidate(1, None))) == ("missing", "no-content")
    assert both(look(candidate(1, ONE), content=None)) == ("missing", "no-content")
    assert both(look(candidate(1, None), content=None)) == ("missing", "no-content")


def test_two_last_candidates_of_different_content_are_errored() -> None:
    finding = look(candidate(1, ONE), candidate(1, TWO, tag="24.0.0.rc1"))
    assert both(finding) == ("errored", "ambiguous-candidate")
    assert [each["tag"] for each in finding.values["candidates"]] == ["24.0.0.rc1", "v24.0.0.rc1"]


def test_order_keys_of_any_shape_compare() -> None:
    mixed = [candidate(n, ONE, order=order) for n, order in enumerate([None, ("a",), (None, 1), ([1, "x"],)])]
    assert both(look(*mixed)) == ("satisfied", "same-content")


def test_it_asks_nothing_of_what_is_no_final() -> None:
    finding = look(kind="weekly")
    assert both(finding) == ("satisfied", "not-applicable")
    assert finding.values["of"] == "weekly"
