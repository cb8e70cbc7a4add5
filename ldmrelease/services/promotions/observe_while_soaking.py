"""Whoever waits for a soak observes what it needs: time that nobody has seen does not count."""

from collections.abc import Iterator
from datetime import timedelta

from ldmrelease.domain.decision import Decision, Finding
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.topology import Application
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.needs import PromotionDriving

_SOAKING = "soaking"


def observe_soak(context: PromotionDriving, decision: Decision, product: str) -> bool:
    """Observe the places where the release of a decision soaks, as far as that is due; whether any was.

    It is due before the longest time that leaves no gap is half over, and as soon as the soak would be complete.
    What cannot be observed now is asked again the next time. Raises `NoKey`, `KeyProblem`.
    """
    soaking = [each for each in decision.findings if each.rule == "after" and each.code == _SOAKING]
    due = {each.place: each for finding in soaking for each in _due(context, decision, finding, product)}
    seen = [observe(context, each) for each in due.values()]
    for each in seen:
        if isinstance(each, Observation):
            context.append([observation_event(context, each)])
    return any(isinstance(each, Observation) for each in seen)


def _due(
    context: PromotionDriving, decision: Decision, finding: Finding, product: str
) -> Iterator[Application]:
    """Of all places that the requirement names: the one that it tells of may not be the only one that it needs."""
    for application in context.topology.applications:
        if application.components(product) and _is_named(application, finding):
            latest = latest_observation(context, application.place)
            if latest is None:
                continue
            unseen = context.now() - latest.observation.time
            half = timedelta(seconds=application.observe_every) / 2
            rest = (finding.when or decision.now) - decision.now
            if timedelta(0) < unseen and (unseen >= half or unseen >= rest):
                yield application


def _is_named(application: Application, finding: Finding) -> bool:
    values = finding.values
    if "application" in values and application.place.application != values["application"]:
        return False
    if "environment" in values:
        return application.place.environment == str(values["environment"])
    level: str | None = values.get("level")
    return application.level == level
