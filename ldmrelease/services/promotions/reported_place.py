"""Whether a check that somebody else runs is about what runs at a place, and whether the release does."""

from collections.abc import Iterator, Sequence

from ldmrelease.checks.registry import traits
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.topology import Application, Check
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.inventory.observations import runs_release
from ldmrelease.services.inventory.observe import observe
from ldmrelease.services.needs import CheckedPlace
from ldmrelease.services.releases.pin import Pinned


def is_nowhere_there(
    context: CheckedPlace, check: Check, applications: Sequence[Application], pinned: Pinned
) -> bool:
    """Whether a check of others is to be tried in the environment of these applications, and none of them has the
    release. One that policies want of the release alone, wherever it is, can be registered anywhere.

    A place that cannot be looked at may have it. Raises `UnknownLevel`.
    """
    if traits(check.kind).run_by_us or not any(_is_wanted_at(context, check, each) for each in applications):
        return False
    seen = [(each, observe(context, each)) for each in applications]
    return not any(
        not isinstance(found, Observation) or runs_release(each, found, pinned.release)
        for each, found in seen
    )


def _is_wanted_at(context: CheckedPlace, check: Check, application: Application) -> bool:
    meant = {f"level:{application.level}", application.place.environment}
    return any(where in meant for where in _wanted(context, check))


def _wanted(context: CheckedPlace, check: Check) -> Iterator[str]:
    """Where policies want runs of a check: an environment, or `level:NAME`."""
    for each in context.topology.applications:
        level = level_at(context, each.place).at(each.place.environment)
        for requirement in (*level.enter, *level.confirm):
            where = requirement.parameters.get("where")
            if requirement.rule == "check" and requirement.parameters["check"] == check.name and where:
                yield each.place.environment if where == "here" else str(where)
