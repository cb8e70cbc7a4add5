"""`images`: there, for each required platform, unmoved."""

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import ImageFact
from tests.unit.policy.policy_facts import IMAGE, INDEX, facts, image, judge, sha, weekly


def look(*images: ImageFact, platforms: tuple[str, ...] = ("linux/amd64",)) -> Finding:
    return judge("images", facts(release=weekly(images=images)), platforms=list(platforms))


def test_what_is_there_is_satisfied() -> None:
    finding = look(IMAGE, platforms=("linux/amd64", "linux/arm64"))
    assert (finding.outcome, finding.code) == (Outcome.SATISFIED, "present")


def test_no_images_are_not_enough() -> None:
    assert (look().outcome, look().code) == (Outcome.MISSING, "no-images")


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        (image(present=False), Outcome.MISSING, "absent"),
        (image(problem="absent"), Outcome.MISSING, "absent"),
        (image(problem="child-absent"), Outcome.MISSING, "child-absent"),
        (image(problem="nested-index"), Outcome.ERRORED, "nested-index"),
        (image(problem="duplicate-platform"), Outcome.ERRORED, "duplicate-platform"),
        (image(platforms=IMAGE.platforms[:1] * 2), Outcome.ERRORED, "duplicate-platform"),
        (image(platforms=IMAGE.platforms[1:]), Outcome.MISSING, "platform-absent"),
        (image(platforms=()), Outcome.MISSING, "platform-absent"),
        (image(tag_now=sha("new")), Outcome.FAILED, "tag-moved"),
    ],
)
def test_what_can_be_wrong(found: ImageFact, outcome: Outcome, code: str) -> None:
    finding = look(found)
    assert (finding.outcome, finding.code) == (outcome, code)
    assert finding.values["component"] == "lab"


def test_a_moved_tag_names_both_digests_and_the_way_on() -> None:
    finding = look(image(tag_now=sha("new")))
    assert (finding.values["pinned"], finding.values["now"]) == (INDEX, sha("new"))
    assert finding.next == ("ldmrelease", "release", "pin", "w.2023.16", "--reason", "WHY")


def test_a_tag_that_is_gone_is_told_and_the_digest_is_enough() -> None:
    finding = look(image(tag_now=None))
    assert finding.outcome is Outcome.SATISFIED
    assert finding.values["tag_gone"] == ["lab"]


def test_of_several_faults_the_worst_speaks_and_all_are_listed() -> None:
    finding = look(
        image(problem="nested-index"), replace(IMAGE, component="two", tag_now=sha("new"), platforms=())
    )
    assert (finding.outcome, finding.code) == (Outcome.FAILED, "tag-moved")
    assert finding.values["component"] == "two"
    assert [each["code"] for each in finding.values["faults"]] == [
        "tag-moved",
        "platform-absent",
        "nested-index",
    ]
