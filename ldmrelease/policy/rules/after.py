"""`after`: it ran at a level or an environment for a time. The one spelling of order, waves and soak.

What counts is the time between signed observations close enough together; a stay that a restore ended never
settled and counts for nothing. A check that failed there since the stay began stops the way onward until it
passes there in a later registered run: as everywhere, the latest run decides.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import ReleaseResidence
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.rule_context import RuleContext, command


class Parameters(Struct, frozen=True):
    """Exactly one of `level` (any environment of it) and `environment`; `application` narrows it to one,
    without it all that ran the release there count; `for_` is in seconds.
    """

    level: str | None = None
    environment: str | None = None
    application: str | None = None
    for_: int = 0


class _Found(Struct, frozen=True):
    """What was found about one environment or one place."""

    outcome: Outcome
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    when: datetime | None = None


_WORST_FIRST = (Outcome.FAILED, Outcome.MISSING, Outcome.PENDING, Outcome.SATISFIED)
_BEST_FIRST = (Outcome.SATISFIED, Outcome.PENDING, Outcome.FAILED, Outcome.MISSING)


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Of several environments the best one speaks; in one environment, the worst of the applications that ran
    the release.
    """
    values: dict[str, Any] = {
        key: value
        for key in ("level", "environment", "application")
        if (value := getattr(parameters, key)) is not None
    } | {"for": parameters.for_}
    code, places = _places(parameters, context)
    if code is not None:
        return context.finding(requirement, Outcome.ERRORED, code, values)
    environments = dict.fromkeys(each.environment for each in places)
    found = [
        _environment(tuple(each for each in places if each.environment == name), parameters, context)
        for name in environments
    ]
    best = min(found, key=lambda each: _BEST_FIRST.index(each.outcome))
    return context.finding(
        requirement,
        best.outcome,
        best.code,
        values | best.values,
        evidence=best.evidence,
        next=_next(best, parameters, context),
        when=best.when,
    )


def _places(parameters: Parameters, context: RuleContext) -> tuple[str | None, tuple[Place, ...]]:
    """The places that are meant, or the code of what is wrong with the requirement."""
    if (parameters.level is None) == (parameters.environment is None):
        return "bad-parameters", ()
    if parameters.level is not None:
        code, places = "unknown-level", context.index.levels.get(parameters.level, ())
    else:
        code, places = "unknown-environment", context.index.applications.get(parameters.environment or "", ())
    if not places:
        return code, ()
    if parameters.application is not None:
        places = tuple(each for each in places if each.application == parameters.application)
    return (None, places) if places else ("unknown-application", ())


def _next(found: _Found, parameters: Parameters, context: RuleContext) -> tuple[str, ...]:
    target, tag = found.values["place"], context.facts.release.tag
    if found.code == "failed-since":
        return command("check-run", found.values["check"], tag, "--target", target)
    if found.code == "soaking":
        return command("observe", "--target", target)
    if found.code == "never-ran":
        # Which of the places runs the product is not known here; the level or the environment is not a guess.
        named = target if parameters.application else parameters.level or parameters.environment
        return command("promote", tag, "--target", str(named))
    if found.outcome is Outcome.MISSING:
        return command("promote", tag, "--target", target)
    return ()


def _environment(places: tuple[Place, ...], parameters: Parameters, context: RuleContext) -> _Found:
    environment = places[0].environment
    residences = [each for each in context.index.residences.get(environment, ()) if each.place in places]
    ran = sorted({each.place for each in residences if _settled(each)})
    if ran:
        found = [
            _place([each for each in residences if each.place == one], parameters, context) for one in ran
        ]
        return min(found, key=lambda each: _WORST_FIRST.index(each.outcome))
    coming = next((each for each in places if each in context.facts.earlier), None)
    if coming is not None:
        return _Found(Outcome.PENDING, "earlier-in-plan", {"place": str(coming)})
    return _Found(Outcome.MISSING, "restored" if residences else "never-ran", {"place": str(places[0])})


def _settled(stay: ReleaseResidence) -> bool:
    return stay.ended != "restored"


def _place(residences: list[ReleaseResidence], parameters: Parameters, context: RuleContext) -> _Found:
    settled = [each for each in residences if _settled(each)]
    longest = max(settled, key=lambda each: (each.observed, each.current, each.last))
    values: dict[str, Any] = {
        "place": str(longest.place),
        "first": times.spell(longest.first),
        "observed": longest.observed,
    }
    since = min(each.first for each in settled)
    failing = [
        each for each in context.index.failing.get(longest.place.environment, ()) if each.received >= since
    ]
    if failing:
        first = min(failing, key=lambda each: (each.received, each.evidence))
        values |= {"check": first.check, "failed_tests": sorted(first.failed_tests)}
        evidence = tuple(sorted({each.evidence for each in failing}))
        return _Found(Outcome.FAILED, "failed-since", values, evidence)
    if longest.observed >= parameters.for_:
        return _Found(Outcome.SATISFIED, "ran", values)
    running = [each for each in settled if each.current]
    if not running:
        return _Found(Outcome.MISSING, "too-short", values)
    soaking = max(running, key=lambda each: each.observed)
    values |= {"first": times.spell(soaking.first), "observed": soaking.observed}
    remaining = timedelta(seconds=parameters.for_ - soaking.observed)
    return _Found(Outcome.PENDING, "soaking", values, when=context.now + remaining)
