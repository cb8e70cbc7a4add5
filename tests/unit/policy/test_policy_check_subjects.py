"""Which images a check has to have been about, component by component, and which content."""

from msgspec.structs import replace

from tests.unit.policy.policy_facts import (
    AMD,
    ARM,
    CONTENT,
    INDEX,
    SMOKE,
    facts,
    image,
    judge,
    result,
    run,
    sha,
    weekly,
)
from tests.unit.policy.test_policy_check import both, look


class TestAboutImages:
    amd = (run("amd", subjects=(AMD,)), result("amd", subjects=(AMD,), platform="linux/amd64"))
    arm = (run("arm", subjects=(ARM,)), result("arm", subjects=(ARM,), platform="linux/arm64"))

    def test_each_platform_needs_its_own(self) -> None:
        finding = look(*self.amd, about="image")
        assert both(finding) == ("missing", "no-run")
        assert [each["platform"] for each in finding.values["lacking"]] == ["linux/arm64"]
        assert both(look(*self.amd, *self.arm, about="image")) == ("satisfied", "passed")

    def test_a_run_about_the_index_speaks_for_the_platform_it_names(self) -> None:
        of_index = (run("i", subjects=(INDEX,)), result("i", subjects=(INDEX,), platform="linux/amd64"))
        assert both(look(*of_index, *self.arm, about="image")) == ("satisfied", "passed")
        assert both(look(*of_index, about="image")) == ("missing", "no-run")

    def test_a_result_about_the_index_that_names_no_platform_speaks_for_none(self) -> None:
        vague = (run("i", subjects=(INDEX,)), result("i", subjects=(INDEX,)))
        finding = look(*vague, about="image")
        assert both(finding) == ("errored", "no-result")
        assert finding.values["seen"] == {"other-subject": 1}

    def test_the_worst_platform_speaks(self) -> None:
        failed = replace(self.arm[1], result="FAILED", failed_tests=("plot",))
        finding = look(*self.amd, self.arm[0], failed, about="image")
        assert both(finding) == ("failed", "failed")
        assert finding.values["failed_tests"] == ["plot"]
        assert finding.evidence == tuple(sorted((sha("amd"), sha("arm"))))

    def test_an_image_without_platforms_is_taken_by_its_digest(self) -> None:
        known = facts(
            release=weekly(images=(image(platforms=()),)),
            runs=(run("i", subjects=(INDEX,)),),
            statements=(result("i", subjects=(INDEX,)),),
        )
        assert both(judge("check", known, check="smoke", about="image")) == ("satisfied", "passed")

    def test_no_images_is_missing(self) -> None:
        finding = judge("check", facts(release=weekly(images=())), check="smoke", about="image")
        assert both(finding) == ("missing", "no-images")


def test_about_the_content() -> None:
    of_content = (run("c", subjects=(CONTENT,)), result("c", subjects=(CONTENT,)))
    assert both(look(*of_content, about="content")) == ("satisfied", "passed")
    finding = judge("check", facts(release=weekly(content=None)), check="smoke", about="content")
    assert both(finding) == ("missing", "no-content")
    assert SMOKE
