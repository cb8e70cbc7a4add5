"""Names of environments and levels, as requirements write them."""

from msgspec import Struct

from ldmrelease.policy.rule_context import RuleContext


class Unknown(Struct, frozen=True):
    """A name that a requirement uses and that nothing has; `code` says what it was to be."""

    code: str
    name: str


def environments(where: str, context: RuleContext) -> tuple[str, ...] | Unknown:
    """The environments that `here`, an environment's name or `level:<name>` stand for."""
    if where == "here":
        return (context.facts.place.environment,)
    level = where.removeprefix("level:")
    if level == where:
        known = where in context.index.applications
        return (where,) if known else Unknown("unknown-environment", where)
    places = context.index.levels.get(level)
    if places is None:
        return Unknown("unknown-level", level)
    return tuple(dict.fromkeys(each.environment for each in places))
