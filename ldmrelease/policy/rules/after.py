"""`after`: it ran at a level or an environment for a time. The one spelling of order, waves and soak.

It is about digests, component by component: each component that runs at the place in question ran elsewhere with
this release's image, at a place that runs that component. What counts is the time between signed observations close
enough together, behind an admission there; a residence that a restore ended never settled and counts for nothing. A
check that failed there since the residence began stops the way onward until it passes there in a later registered
run: as everywhere, the latest run decides.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import ImageResidence
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.residences import component_residences, release_residences
from ldmrelease.policy.rule_context import RuleContext, command
from ldmrelease.policy.way_back import rollback_to

ALL, ANY = "all", "any"


class Parameters(Struct, frozen=True):
    """Exactly one of `level` (any environment of it) and `environment`; `application` narrows it to one,
    without it all that ran the image there count; `for_` is in seconds.

    components: `all` that the place runs, or `any` one of them. admitted: whether only what ran behind an admission
    counts.
    """

    level: str | None = None
    environment: str | None = None
    application: str | None = None
    for_: int = 0
    components: str = ALL
    admitted: bool = True


class _Found(Struct, frozen=True):
    """What was found about one component, in one environment or at one place."""

    outcome: Outcome
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    when: datetime | None = None


_GAVE_WAY = ("replaced", "retired")
_WORST_FIRST = (Outcome.ERRORED, Outcome.FAILED, Outcome.MISSING, Outcome.PENDING, Outcome.SATISFIED)
_BEST_FIRST = (Outcome.SATISFIED, Outcome.PENDING, Outcome.FAILED, Outcome.MISSING, Outcome.ERRORED)


def looks_at(parameters: Parameters, _here: Place, place: Place, level: str | None) -> bool:
    """Whether what ran at a place of a level makes a difference."""
    return (
        parameters.level in (None, level)
        and parameters.environment in (None, place.environment)
        and parameters.application in (None, place.application)
    )


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Of several environments the best one speaks for a component; in one environment, the worst of the applications
    that ran its image; of the components, the worst.
    """
    values: dict[str, Any] = {
        key: value
        for key in ("level", "environment", "application")
        if (value := getattr(parameters, key)) is not None
    } | {"for": parameters.for_}
    code, places = _places(parameters, context)
    wanted = context.index.components.get(context.facts.place, ())
    if code is None and not wanted:
        code = "nothing-of-it-runs-here"
    if code is not None:
        return context.finding(requirement, Outcome.ERRORED, code, values)
    found = [_component(each, places, parameters, context, len(wanted) > 1) for each in wanted]
    order = _BEST_FIRST if parameters.components == ANY else _WORST_FIRST
    chosen = min(found, key=lambda each: order.index(each.outcome))
    if order is _WORST_FIRST and chosen.outcome is Outcome.PENDING:
        chosen = max(
            (each for each in found if each.outcome is Outcome.PENDING),
            key=lambda each: (each.when is None, each.when or context.now),
        )
    return context.finding(
        requirement,
        chosen.outcome,
        chosen.code,
        values | chosen.values,
        evidence=chosen.evidence,
        next=_next(chosen, parameters, context),
        when=chosen.when,
    )


def _places(parameters: Parameters, context: RuleContext) -> tuple[str | None, tuple[Place, ...]]:
    """The places that are meant, or the code of what is wrong with the requirement."""
    if (parameters.level is None) == (parameters.environment is None) or parameters.components not in (
        ALL,
        ANY,
    ):
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
    if "place" not in found.values:
        return ()
    target, tag = found.values["place"], context.facts.release.tag
    if found.code == "failed-since":
        return command("check-run", found.values["check"], tag, "--target", target)
    if found.code == "soaking":
        return command("observe", "--target", target)
    if found.code == "never-ran":
        # Which of the places is the right one is not known here; the level or the environment is not a guess.
        named = target if parameters.application else parameters.level or parameters.environment
        return command("promote", tag, "--target", str(named))
    if found.outcome is Outcome.MISSING:
        return _way_there(target, context)
    return ()


def _way_there(target: str, context: RuleContext) -> tuple[str, ...]:
    """What brings it to a place: a rollback where it ran and gave way, since a promotion may not return there."""
    place = next(each for each in context.index.components if str(each) == target)
    found = [each for each in release_residences(context.index, place) if each.ended != "restored"]
    gone = bool(found) and not any(each.current for each in found)
    if gone and any(each.ended in _GAVE_WAY for each in found):
        return rollback_to(context, place)
    return command("promote", context.facts.release.tag, "--target", target)


def _component(
    name: str, places: Sequence[Place], parameters: Parameters, context: RuleContext, one_of_many: bool
) -> _Found:
    """Where a component's image ran, of the places that run the component."""
    own = [each for each in places if name in context.index.components.get(each, ())]
    if not own:
        return _Found(Outcome.ERRORED, "no-place-runs-it", {"component": name})
    found = [
        _environment(name, [each for each in own if each.environment == environment], parameters, context)
        for environment in dict.fromkeys([each.environment for each in own])
    ]
    best = min(found, key=lambda each: _BEST_FIRST.index(each.outcome))
    return replace(best, values=best.values | {"component": name}) if one_of_many else best


def _environment(
    component: str, places: Sequence[Place], parameters: Parameters, context: RuleContext
) -> _Found:
    ran = {each: component_residences(context.index, each, component) for each in places}
    found = [
        _place(settled, parameters, context)
        for residences in ran.values()
        if (settled := [each for each in residences if each.ended != "restored"])
    ]
    if found:
        return min(found, key=lambda each: _WORST_FIRST.index(each.outcome))
    coming = next((each for each in places if each in context.facts.earlier), None)
    if coming is not None:
        return _Found(Outcome.PENDING, "earlier-in-plan", {"place": str(coming)})
    code = "restored" if any(ran.values()) else "never-ran"
    return _Found(Outcome.MISSING, code, {"place": str(places[0])})


def _place(settled: list[ImageResidence], parameters: Parameters, context: RuleContext) -> _Found:
    """What an image's residences at a place, none of them restored, are worth."""
    place = settled[0].place
    counted = [(each, time) for each in settled if (time := _time(each, parameters)) is not None]
    if not counted:
        if place in context.facts.earlier:
            return _Found(Outcome.PENDING, "earlier-in-plan", {"place": str(place)})
        return _Found(Outcome.MISSING, "not-admitted", {"place": str(place)})
    longest, observed = max(counted, key=lambda each: (each[1], each[0].current, each[0].last))
    values: dict[str, Any] = {
        "place": str(place),
        "first": times.spell(longest.first),
        "observed": observed,
    }
    since = min(each.first for each, _ in counted)
    failing = [each for each in context.index.failing.get(place.environment, ()) if each.received >= since]
    if failing:
        first = min(failing, key=lambda each: (each.received, each.evidence))
        values |= {"check": first.check, "failed_tests": sorted(first.failed_tests)}
        evidence = tuple(sorted({each.evidence for each in failing}))
        return _Found(Outcome.FAILED, "failed-since", values, evidence)
    if observed >= parameters.for_:
        return _Found(Outcome.SATISFIED, "ran", values)
    running = [each for each in counted if each[0].current]
    if not running:
        return _Found(Outcome.MISSING, "too-short", values)
    soaking, observed = max(running, key=lambda each: each[1])
    values |= {"first": times.spell(soaking.first), "observed": observed}
    remaining = timedelta(seconds=parameters.for_ - observed)
    return _Found(Outcome.PENDING, "soaking", values, when=context.now + remaining)


def _time(residence: ImageResidence, parameters: Parameters) -> int | None:
    """For how many seconds it ran as far as it counts; None where nothing of it does."""
    return residence.admitted if parameters.admitted else residence.observed
