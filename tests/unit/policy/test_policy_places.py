"""`together` and `not-returned`: what runs, or ran, in the environment itself."""

from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Finding
from tests.unit.policy.policy_facts import BASE, HOUR, PROMPT, SUMMIT, ago, facts, judge, sha, stay


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


class TestTogether:
    def look(self, *applications: str, **known: Any) -> Finding:
        return judge("together", facts(**known), applications=list(applications))

    def test_the_other_application_runs_it(self) -> None:
        assert both(self.look("prompt-processing", residences=(stay(PROMPT),))) == ("satisfied", "together")

    def test_it_does_not(self) -> None:
        finding = self.look(
            "prompt-processing",
            "nublado",
            residences=(stay(PROMPT, current=False, ended="replaced"), stay(BASE)),
        )
        assert both(finding) == ("missing", "not-together")
        assert finding.values["applications"] == ["prompt-processing"]
        assert finding.next == ("ldmrelease", "promote", "w.2023.16", "--target", "summit/prompt-processing")

    def test_it_comes_earlier_in_the_same_plan(self) -> None:
        assert both(self.look("prompt-processing", earlier=(PROMPT,))) == ("pending", "earlier-in-plan")

    def test_names_that_mean_nothing_are_errored(self) -> None:
        assert both(self.look()) == ("errored", "nothing-named")
        assert both(self.look("nublado")) == ("errored", "nothing-named")
        finding = self.look("moon", "prompt-processing")
        assert both(finding) == ("errored", "unknown-application")
        assert finding.values["applications"] == ["moon"]


class TestNotReturned:
    left = stay(SUMMIT, first=ago(9 * HOUR), last=ago(5 * HOUR), current=False, ended="replaced")

    @pytest.mark.parametrize("ended", ["replaced", "retired"])
    def test_what_ran_here_and_was_replaced_does_not_come_back(self, ended: str) -> None:
        finding = judge("not-returned", facts(residences=(replace(self.left, ended=ended),)))
        assert both(finding) == ("failed", "returned")
        assert finding.values == {
            "first": "2023-04-21T09:00:00Z",
            "last": "2023-04-21T13:00:00Z",
            "ended": ended,
        }
        assert finding.next == ("ldmrelease", "rollback", "w.2023.16", "--target", "summit/nublado")

    def test_what_runs_here_now_has_not_returned(self) -> None:
        assert both(judge("not-returned", facts(residences=(self.left, stay(SUMMIT))))) == (
            "satisfied",
            "runs-here",
        )

    @pytest.mark.parametrize(
        "other",
        [
            replace(left, ended="restored"),
            replace(left, place=BASE),
            replace(left, place=PROMPT),
            replace(left, digest=sha("other")),
        ],
    )
    def test_restored_stays_other_places_and_other_releases_are_no_matter(self, other: Any) -> None:
        assert both(judge("not-returned", facts(residences=(other,)))) == ("satisfied", "not-returned")
