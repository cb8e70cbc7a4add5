"""What every decision does: built-in findings, intents, verdict, what is only reported, how long it holds."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Finding, Outcome, Phase, Verdict, verdict_of
from ldmrelease.domain.facts import Facts, ImageResidence, Intent, Interval
from ldmrelease.domain.level import Additions
from ldmrelease.policy.cases.facts import hold_facts
from ldmrelease.policy.rules.registry import RULES
from tests.unit.policy.policy_facts import (
    BASE,
    FACTS,
    HOUR,
    NOW,
    RELEASE,
    SUMMIT,
    ago,
    decide,
    facts,
    image,
    judge,
    level,
    requirement,
    result,
    run,
    sha,
    statement,
    stay,
    weekly,
)

IMAGES = requirement("images", name="images", platforms=["linux/amd64"])


def codes(decision: Decision) -> dict[str, str]:
    return {each.requirement: each.code for each in decision.findings}


def test_an_allowed_decision_names_what_it_rests_on() -> None:
    decision = decide(level(IMAGES))
    assert decision.verdict is Verdict.ALLOWED
    assert (decision.level, decision.policy, decision.facts) == ("commissioning", sha("policy"), sha("facts"))
    assert (decision.name, decision.release, decision.place) == ("stack/w.2023.16", RELEASE, SUMMIT)
    assert [each.requirement for each in decision.findings] == ["accepts", "complete", "held", "images"]
    assert [each.phase.value for each in decision.findings] == ["built-in"] * 3 + ["enter"]
    assert decision.valid_until is None


def test_a_finding_carries_definition_and_source_of_its_requirement() -> None:
    asked = replace(IMAGES, source="LDM-564 2.2.1")
    finding = decide(level(asked)).findings[-1]
    assert finding.definition == asked.definition == canonical.digest_of(asked)
    assert finding.source == "LDM-564 2.2.1"


def test_the_definition_changes_with_the_requirement_and_is_no_part_of_it() -> None:
    assert IMAGES.definition == requirement("images", name="images", platforms=["linux/amd64"]).definition
    assert replace(IMAGES, source="x").definition != IMAGES.definition
    assert "_definition" not in canonical.to_plain(IMAGES)


def outcome(*outcomes: Outcome) -> Verdict:
    return verdict_of(tuple(Finding(str(n), "r", Phase.ENTER, each, "c") for n, each in enumerate(outcomes)))


@pytest.mark.parametrize("worst", [Outcome.FAILED, Outcome.MISSING])
def test_failed_or_missing_is_refused_whatever_else_there_is(worst: Outcome) -> None:
    assert outcome(worst) is Verdict.REFUSED
    assert outcome(*Outcome, worst) is Verdict.REFUSED


def test_the_rest_of_the_verdict_table() -> None:
    fine = (Outcome.SATISFIED, Outcome.WAIVED, Outcome.REPORTED)
    assert outcome() is Verdict.REFUSED
    assert outcome(*fine) is Verdict.ALLOWED
    assert outcome(*fine, Outcome.PENDING) is Verdict.WAITING
    assert outcome(*fine, Outcome.PENDING, Outcome.ERRORED) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("known", "name", "code", "verdict"),
    [
        (facts(release=weekly(kind="daily")), "accepts", "kind-not-accepted", Verdict.REFUSED),
        (facts(release=weekly(readable=False)), "accepts", "unreadable-tag", Verdict.REFUSED),
        (facts(release=weekly(missing=("b", "a"))), "complete", "open", Verdict.WAITING),
        (facts(release=weekly(problem="ambiguous")), "complete", "ambiguous", Verdict.REFUSED),
        (facts(holds=hold_facts(("recall DM-1",))), "held", "held", Verdict.REFUSED),
    ],
)
def test_built_in_findings(known: Facts, name: str, code: str, verdict: Verdict) -> None:
    decision = decide(level(IMAGES), known)
    assert codes(decision)[name] == code
    assert decision.verdict is verdict


def test_an_open_release_names_what_is_missing() -> None:
    """A promotion is bound to what was pinned for it: only another request leads on."""
    finding = decide(level(IMAGES), facts(release=weekly(missing=("b", "a")))).findings[1]
    assert finding.values == {"missing": ["a", "b"]}
    assert finding.next == ("ldmrelease", "promote", "w.2023.16", "--target", "summit/nublado")
    alias = facts(release=weekly(missing=("b",)), intent=Intent.ALIAS)
    assert decide(level(IMAGES), alias).findings[1].next == ("ldmrelease", "release", "pin", "w.2023.16")


@pytest.mark.parametrize("phase", [Phase.ENTER, Phase.CONFIRM])
def test_no_requirement_at_all_is_refused(phase: Phase) -> None:
    decision = decide(level(), phase=phase)
    assert decision.verdict is Verdict.REFUSED
    assert codes(decision)["empty"] == "no-requirements"


def test_each_phase_asks_its_own() -> None:
    asked = level(IMAGES, confirm=(requirement("check", name="smoke", check="smoke"),))
    assert list(codes(decide(asked)))[3:] == ["images"]
    confirmed = decide(asked, phase=Phase.CONFIRM)
    assert list(codes(confirmed))[3:] == ["smoke"]
    assert confirmed.findings[-1].phase is Phase.CONFIRM


def test_the_level_is_taken_as_it_holds_in_the_environment() -> None:
    asked = level(
        IMAGES,
        environments={
            "summit": Additions(enter=(requirement("after", name="base-first", environment="base"),)),
            "base": Additions(
                enter=(requirement("after", name="teststand", environment="tucson-teststand"),)
            ),
        },
    )
    assert list(codes(decide(asked)))[3:] == ["images", "base-first"]
    assert list(codes(decide(asked, facts(place=BASE))))[3:] == ["images", "teststand"]


def test_an_unknown_rule_is_errored_and_hides_nothing_else() -> None:
    decision = decide(level(requirement("phase-of-the-moon", name="moon"), IMAGES))
    assert decision.verdict is Verdict.UNDECIDED
    assert codes(decision)["moon"] == "unknown-rule"
    assert codes(decision)["images"] == "present"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_parameters_that_a_rule_does_not_know_are_errored_not_ignored(rule: str) -> None:
    finding = judge(rule, platfroms=["linux/amd64"])
    assert (finding.outcome, finding.code) == (Outcome.ERRORED, "unknown-parameter")
    assert finding.values == {"unknown": ["platfroms"]}


@pytest.mark.parametrize(
    ("rule", "parameters"),
    [
        ("images", {"platforms": "linux/amd64"}),
        ("attested", {}),
        ("attested", {"type": "provenance", "about": "moon"}),
        ("attested", {"type": "provenance", "minimum": 0}),
        ("check", {"check": 3}),
        ("after", {"environment": "base", "for_": "2h"}),
        ("after", {}),
        ("after", {"environment": "base", "level": "development"}),
        ("together", {}),
        ("window", {"zone": "UTC"}),
    ],
)
def test_parameters_of_the_wrong_shape_are_errored(rule: str, parameters: dict[str, Any]) -> None:
    finding = judge(rule, **parameters)
    assert (finding.outcome, finding.code) == (Outcome.ERRORED, "bad-parameters")


class TestEnforceFrom:
    later = NOW + timedelta(days=1)
    asked = level(replace(requirement("attested", type="provenance", by=["ci"]), enforce_from=later))

    def test_unmet_before_its_day_is_reported_and_what_was_unmet_is_kept(self) -> None:
        decision = decide(self.asked)
        finding = decision.findings[-1]
        assert decision.verdict is Verdict.ALLOWED
        assert (finding.outcome, finding.unmet) == (Outcome.REPORTED, Outcome.MISSING)
        assert finding.code == "no-evidence"
        assert finding.who == ("ci",)

    def test_the_decision_holds_until_that_day(self) -> None:
        assert decide(self.asked).valid_until == self.later

    def test_on_its_day_it_refuses(self) -> None:
        decision = decide(self.asked, now=self.later)
        assert decision.verdict is Verdict.REFUSED
        assert decision.findings[-1].unmet is None

    def test_met_before_its_day_is_satisfied(self) -> None:
        finding = decide(self.asked, facts(statements=(statement("p"),))).findings[-1]
        assert (finding.outcome, finding.unmet) == (Outcome.SATISFIED, None)


def test_a_decision_holds_until_the_first_of_its_findings_lapses() -> None:
    known = facts(
        statements=(statement("p"), result("r")),
        runs=(run("r"),),
        windows={"window": (Interval(ago(HOUR), NOW + timedelta(hours=9)),)},
    )
    asked = [
        requirement("attested", name="built", type="provenance", max_age=4 * HOUR),
        requirement("check", name="smoke", check="smoke", max_age=6 * HOUR),
        requirement("window", name="window", start="15:00", end="16:00", zone="UTC"),
    ]
    assert decide(level(*asked), known).valid_until == NOW + timedelta(hours=3)
    assert decide(level(*asked[1:]), known).valid_until == NOW + timedelta(hours=5)
    assert decide(level(*asked[2:]), known).valid_until == NOW + timedelta(hours=9)


class TestRollback:
    before = stay(SUMMIT, current=False, ended="replaced")
    known = facts(intent=Intent.ROLLBACK, residences=(before,))

    def test_what_ran_here_may_come_back_without_what_the_level_asks(self) -> None:
        decision = decide(level(requirement("not-returned")), self.known)
        assert codes(decision) == {"ran-here": "ran", "present": "present", "held": "not-held"}
        assert decision.verdict is Verdict.ALLOWED

    @pytest.mark.parametrize(
        "residences",
        [(), (stay(BASE),), (replace(before, ended="restored"),), (replace(before, digest=sha("x")),)],
    )
    def test_what_never_settled_here_may_not(self, residences: tuple[ImageResidence, ...]) -> None:
        decision = decide(level(IMAGES), replace(self.known, residences=residences))
        assert codes(decision)["ran-here"] == "never-ran"
        assert decision.verdict is Verdict.REFUSED

    def test_images_must_be_there_and_nothing_held(self) -> None:
        gone = decide(level(IMAGES), replace(self.known, release=weekly(images=(image(present=False),))))
        none = decide(level(IMAGES), replace(self.known, release=weekly(images=())))
        held = decide(level(IMAGES), replace(self.known, holds=hold_facts(("recall",))))
        assert codes(gone)["present"] == "absent"
        assert codes(none)["present"] == "no-images"
        assert {each.verdict for each in (gone, none, held)} == {Verdict.REFUSED}

    def test_a_moved_tag_does_not_stop_it(self) -> None:
        known = replace(self.known, release=weekly(images=(image(tag_now=sha("new")),)))
        assert decide(level(IMAGES), known).verdict is Verdict.ALLOWED

    def test_it_is_asked_to_confirm_like_a_promotion(self) -> None:
        asked = level(IMAGES, confirm=(requirement("check", name="smoke", check="smoke"),))
        assert codes(decide(asked, self.known, phase=Phase.CONFIRM))["smoke"] == "no-run"


def test_an_alias_wants_the_release_to_be_live_here() -> None:
    intent = Intent.ALIAS
    live = decide(level(IMAGES), facts(intent=intent, residences=(stay(SUMMIT),)))
    elsewhere = decide(level(IMAGES), facts(intent=intent, residences=(stay(BASE),)))
    gone = decide(
        level(IMAGES), facts(intent=intent, residences=(stay(SUMMIT, current=False, ended="replaced"),))
    )
    assert live.verdict is Verdict.ALLOWED
    assert codes(elsewhere)["live"] == codes(gone)["live"] == "not-live"
    assert elsewhere.verdict is gone.verdict is Verdict.REFUSED


def test_a_hold_stops_an_alias_but_what_is_recalled_may_be_retired() -> None:
    known = facts(residences=(stay(SUMMIT),), holds=hold_facts(("recall",)))
    assert decide(level(IMAGES), replace(known, intent=Intent.ALIAS)).verdict is Verdict.REFUSED
    assert decide(level(IMAGES), replace(known, intent=Intent.RETIRE)).verdict is Verdict.ALLOWED


def test_the_time_is_kept_in_whole_seconds_utc() -> None:
    chile = timezone(timedelta(hours=-4))
    decision = decide(level(IMAGES), now=NOW.astimezone(chile).replace(microsecond=7))
    assert decision.now == NOW
    assert decision.now.tzinfo is UTC


def test_a_decision_survives_its_canonical_bytes() -> None:
    decision = decide(level(IMAGES, requirement("not-returned", name="n"), requirement("x", name="y")))
    stored = canonical.encode(decision)
    assert canonical.decode(stored, Decision) == decision
    assert canonical.encode(canonical.decode(stored, Decision)) == stored


def test_weird_facts_are_findings_not_exceptions() -> None:
    weird = facts(
        statements=(result("r", result="PERHAPS"), statement("s", code="odd", counted=False)),
        runs=(run("r"), run("r", deadline=NOW), run("gone", check="other")),
        residences=(stay(SUMMIT, ended="vanished", current=False),),
        windows={"elsewhere": (Interval(NOW, NOW),)},
        places={},
        checks=(),
        release=weekly(order=None, version=None, images=(), content=None, kind="release"),
    )
    asked = [
        requirement("images", name="1", platforms=[]),
        requirement("attested", name="2", type="sbom"),
        requirement("check", name="3", check="smoke", where="level:none"),
        requirement("after", name="4", level="none"),
        requirement("together", name="5", applications=["x"]),
        requirement("not-returned", name="6"),
        requirement("window", name="7", start="a", end="b", zone="c"),
        requirement("same-content-as", name="8", kind="candidate"),
    ]
    decision = decide(level(*asked), weird, datetime(1, 1, 1, tzinfo=UTC))
    assert decision.verdict is Verdict.REFUSED
    assert codes(decide(level(*asked), FACTS))["1"] == "present"


def test_a_retirement_takes_what_is_written_whether_or_not_it_runs() -> None:
    """Whether it is written is seen at the target, when planning."""
    intent = Intent.RETIRE
    for residences, code in (((stay(SUMMIT),), "live"), ((stay(BASE),), "written"), ((), "written")):
        decision = decide(level(IMAGES), facts(intent=intent, residences=residences))
        assert (decision.verdict, codes(decision)["live"]) == (Verdict.ALLOWED, code)
