"""`after`: order, waves and soak in one spelling."""

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import ImageResidence, RunFact, StatementFact
from ldmrelease.domain.topology import Place
from tests.unit.policy.policy_facts import (
    BASE,
    HOUR,
    IDF,
    NOW,
    PROMPT,
    SUMMIT,
    TUCSON,
    ago,
    facts,
    image,
    judge,
    result,
    run,
    sha,
    stay,
    weekly,
)


def look(*known: ImageResidence | Place | RunFact | StatementFact, **parameters: Any) -> Finding:
    """Places are those that come earlier in the same plan."""
    return judge(
        "after",
        facts(
            residences=tuple(each for each in known if isinstance(each, ImageResidence)),
            earlier=tuple(each for each in known if isinstance(each, Place)),
            runs=tuple(each for each in known if isinstance(each, RunFact)),
            statements=tuple(each for each in known if isinstance(each, StatementFact)),
        ),
        **parameters or {"environment": "base", "for_": 4 * HOUR},
    )


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


def test_long_enough_is_satisfied() -> None:
    finding = look(stay())
    assert both(finding) == ("satisfied", "ran")
    assert finding.values["place"] == "base/nublado"
    assert finding.values["observed"] == 4 * HOUR


def test_it_counts_what_was_observed_not_what_went_by() -> None:
    finding = look(stay(first=ago(999 * HOUR), observed=3 * HOUR))
    assert both(finding) == ("pending", "soaking")
    assert finding.when == NOW + timedelta(hours=1)
    assert finding.next == ("ldmrelease", "observe", "--target", "base/nublado")


def test_without_a_time_having_run_is_enough() -> None:
    assert both(look(stay(observed=0), environment="base")) == ("satisfied", "ran")


def test_never_there_is_missing_and_says_how_to_get_there() -> None:
    finding = look()
    assert both(finding) == ("missing", "never-ran")
    assert finding.next == ("ldmrelease", "promote", "w.2023.16", "--target", "base")


def test_another_release_there_is_not_this_one() -> None:
    assert both(look(stay(digest=sha("other")))) == ("missing", "never-ran")


def test_earlier_in_the_same_plan_is_pending() -> None:
    finding = look(BASE)
    assert both(finding) == ("pending", "earlier-in-plan")
    assert finding.next == ()
    assert both(look(BASE, level="commissioning")) == ("pending", "earlier-in-plan")
    assert both(look(IDF)) == ("missing", "never-ran")


@pytest.mark.parametrize("ended", ["replaced", "retired"])
def test_a_stay_that_ended_counts_if_it_was_long_enough(ended: str) -> None:
    assert both(look(stay(current=False, ended=ended))) == ("satisfied", "ran")
    finding = look(stay(current=False, ended=ended, observed=HOUR))
    assert both(finding) == ("missing", "too-short")
    assert finding.when is None


def test_a_stay_that_a_restore_ended_counts_for_nothing() -> None:
    assert both(look(stay(current=False, ended="restored"))) == ("missing", "restored")


def test_the_clock_that_runs_is_the_one_of_the_current_stay() -> None:
    before = stay(
        first=ago(90 * HOUR), last=ago(80 * HOUR), observed=2 * HOUR, current=False, ended="replaced"
    )
    finding = look(before, stay(observed=HOUR))
    assert both(finding) == ("pending", "soaking")
    assert finding.when == NOW + timedelta(hours=3)
    assert finding.values["observed"] == HOUR


class TestFailedSince:
    failure = (run("f"), result("f", result="FAILED", failed_tests=("plot",), received=ago(HOUR)))

    def test_a_failing_check_since_the_stay_began_is_failed(self) -> None:
        finding = look(stay(), *self.failure)
        assert both(finding) == ("failed", "failed-since")
        assert finding.values["failed_tests"] == ["plot"]
        assert finding.evidence == (sha("f"),)
        assert finding.next == ("ldmrelease", "check-run", "smoke", "w.2023.16", "--target", "base/nublado")

    def test_before_the_stay_or_elsewhere_or_uncounted_it_is_not(self) -> None:
        assert both(look(stay(), result("f", result="FAILED", received=ago(7 * HOUR))))[0] == "satisfied"
        assert both(look(stay(), result("f", result="FAILED", environment="idfdev")))[0] == "satisfied"
        assert both(look(stay(), result("f", result="FAILED", counted=False)))[0] == "satisfied"

    def test_a_failure_that_was_never_registered_counts(self) -> None:
        assert both(look(stay(), result("f", result="FAILED"))) == ("failed", "failed-since")

    def test_a_later_registered_pass_makes_it_good(self) -> None:
        later = (run("p", registered=ago(30 * 60)), result("p", received=ago(20 * 60)))
        assert both(look(stay(), *self.failure, *later)) == ("satisfied", "ran")

    def test_an_unregistered_pass_or_an_earlier_one_does_not(self) -> None:
        outside = result("p", run=None, received=ago(20))
        earlier = (run("p", registered=ago(3 * HOUR)), result("p", received=ago(20)))
        assert both(look(stay(), *self.failure, outside)) == ("failed", "failed-since")
        assert both(look(stay(), *self.failure, *earlier)) == ("failed", "failed-since")

    def test_a_pass_on_another_platform_does_not(self) -> None:
        later = (run("p", registered=ago(60)), result("p", received=ago(20), platform="linux/arm64"))
        assert both(look(stay(), *self.failure, *later)) == ("failed", "failed-since")

    def test_it_stops_a_running_clock_too(self) -> None:
        assert both(look(stay(observed=1), *self.failure)) == ("failed", "failed-since")


class TestLevel:
    asked: ClassVar[dict[str, Any]] = {"level": "development", "for_": HOUR}

    def test_any_environment_of_the_level_will_do(self) -> None:
        assert both(look(stay(TUCSON), **self.asked)) == ("satisfied", "ran")
        assert both(look(stay(BASE), **self.asked)) == ("missing", "never-ran")

    def test_the_best_of_them_speaks(self) -> None:
        failed = result("f", result="FAILED", environment="idfdev")
        assert both(look(stay(IDF), stay(TUCSON), failed, **self.asked)) == ("satisfied", "ran")
        assert both(look(stay(IDF), stay(TUCSON, observed=1), failed, **self.asked)) == ("pending", "soaking")
        assert both(look(stay(IDF), TUCSON, failed, **self.asked)) == ("pending", "earlier-in-plan")
        assert both(look(stay(IDF), failed, **self.asked)) == ("failed", "failed-since")


class TestApplications:
    places = (BASE, Place("base", "prompt-processing"), Place("base", "alerts"), SUMMIT)

    def look(self, *residences: ImageResidence, **parameters: Any) -> Finding:
        components = {str(each): ("lab",) for each in self.places}
        known = facts(
            residences=residences, places={"commissioning": self.places}, place_components=components
        )
        asked: dict[str, Any] = {"environment": "base", "for_": HOUR}
        return judge("after", known, **asked | parameters)

    def test_one_can_be_named(self) -> None:
        assert both(self.look(stay(), application="nublado")) == ("satisfied", "ran")
        finding = self.look(stay(), application="alerts")
        assert both(finding) == ("missing", "never-ran")
        assert finding.values["place"] == "base/alerts"

    def test_all_that_ran_it_must_have_run_it_long_enough(self) -> None:
        assert both(self.look(stay())) == ("satisfied", "ran")
        finding = self.look(stay(), stay(Place("base", "alerts"), observed=60))
        assert both(finding) == ("pending", "soaking")
        assert finding.values["place"] == "base/alerts"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"environment": "moon"}, "unknown-environment"),
        ({"level": "moon"}, "unknown-level"),
        ({"environment": "base", "application": "moon"}, "unknown-application"),
    ],
)
def test_names_that_nothing_has_are_errored(parameters: dict[str, str], code: str) -> None:
    assert both(look(stay(), **parameters)) == ("errored", code)
    assert PROMPT.environment == "summit"


class TestComponents:
    """Soak and order are about digests, component by component."""

    API, WORKER = Place("dev", "api"), Place("dev", "worker")
    HERE = Place("prod", "api")

    def look(
        self, *residences: ImageResidence, runs: tuple[str, ...] = ("api", "worker"), **parameters: Any
    ) -> Finding:
        release = weekly(images=tuple(image(component=name, digest=sha(name)) for name in ("api", "worker")))
        known = facts(
            place=self.HERE,
            release=release,
            residences=residences,
            places={"dev": (self.API, self.WORKER), "commissioning": (self.HERE,)},
            place_components={
                str(self.API): ("api",),
                str(self.WORKER): ("worker",),
                str(self.HERE): runs,
            },
        )
        return judge("after", known, **{"level": "dev", "for_": HOUR} | parameters)

    def ran(self, place: Place, component: str, **changes: Any) -> ImageResidence:
        return stay(place, component=component, digest=sha(component), **changes)

    def test_each_component_that_runs_here_must_have_run_there(self) -> None:
        both_ran = (self.ran(self.API, "api"), self.ran(self.WORKER, "worker"))
        assert both(self.look(*both_ran)) == ("satisfied", "ran")
        finding = self.look(both_ran[1])
        assert both(finding) == ("missing", "never-ran")
        assert (finding.values["component"], finding.values["place"]) == ("api", "dev/api")

    def test_an_image_that_two_releases_share_does_not_stand_for_the_others(self) -> None:
        """1.6.0 shares its worker with 1.5.0, and its api ran nowhere."""
        old = stay(self.API, component="api", digest=sha("the api of 1.5.0"))
        finding = self.look(old, self.ran(self.WORKER, "worker"), runs=("api",))
        assert both(finding) == ("missing", "never-ran")
        assert both(self.look(old, self.ran(self.WORKER, "worker"), runs=("worker",)))[0] == "satisfied"

    def test_the_one_that_soaks_longest_is_waited_for(self) -> None:
        finding = self.look(
            self.ran(self.API, "api", observed=60), self.ran(self.WORKER, "worker", observed=600)
        )
        assert (both(finding), finding.values["component"]) == (("pending", "soaking"), "api")
        assert finding.when == NOW + timedelta(hours=1) - timedelta(seconds=60)

    def test_a_policy_may_be_content_with_any(self) -> None:
        worker = self.ran(self.WORKER, "worker")
        assert both(self.look(worker, components="any")) == ("satisfied", "ran")
        assert both(self.look(components="any")) == ("missing", "never-ran")

    def test_a_component_that_no_place_there_runs_can_never_be_satisfied(self) -> None:
        finding = self.look(self.ran(self.API, "api"), level=None, environment="dev", application="api")
        assert (both(finding), finding.values["component"]) == (("errored", "no-place-runs-it"), "worker")

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([API, WORKER]),
                st.sampled_from(["api", "worker"]),
                st.booleans(),
                st.one_of(st.none(), st.integers(0, 2 * HOUR)),
                st.sampled_from([None, "replaced", "restored"]),
            ),
            max_size=6,
        ),
        st.sampled_from([("api",), ("worker",), ("api", "worker")]),
    )
    def test_no_component_counts_that_did_not_run(
        self, drawn: list[tuple[Place, str, bool, int | None, str | None]], runs: tuple[str, ...]
    ) -> None:
        known = [
            stay(
                place,
                component=component,
                digest=sha(component if own else "another release's"),
                observed=2 * HOUR,
                admitted=admitted,
                current=ended is None,
                ended=ended,
            )
            for place, component, own, admitted, ended in drawn
        ]
        finding = self.look(*known, runs=runs)
        soaked = {
            each.component
            for each in known
            if each.digest == sha(each.component)
            and each.place == {"api": self.API, "worker": self.WORKER}[each.component]
            and each.ended != "restored"
            and (each.admitted or 0) >= HOUR
        }
        assert (finding.outcome.value == "satisfied") == (set(runs) <= soaked)


def test_what_was_committed_past_the_gate_earns_nothing() -> None:
    past = stay(admitted=None)
    finding = look(past)
    assert both(finding) == ("missing", "not-admitted")
    assert finding.next == ("ldmrelease", "promote", "w.2023.16", "--target", "base/nublado")
    assert both(look(past, environment="base", admitted=False)) == ("satisfied", "ran")
    assert both(look(stay(admitted=HOUR)))[1] == "soaking"
