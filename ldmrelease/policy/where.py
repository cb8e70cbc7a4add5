"""Names of environments and levels, as requirements write them."""

from dataclasses import dataclass

from ldmrelease.policy.context import Context


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that a requirement uses and that nothing has; `code` says what it was to be."""

    code: str
    name: str


def environments(where: tuple[str, ...], context: Context) -> tuple[str, ...] | Unknown:
    """The environments that names stand for: `here`, an environment's, a level's or `level:<name>`."""
    found: dict[str, None] = {}
    for name in where:
        named = _environments(name, context)
        if isinstance(named, Unknown):
            return named
        found |= dict.fromkeys(named)
    return tuple(found)


def _environments(name: str, context: Context) -> tuple[str, ...] | Unknown:
    if name == "here":
        return (context.facts.place.environment,)
    if name in context.index.applications:
        return (name,)
    level = name.removeprefix("level:")
    places = context.index.levels.get(level)
    if places is None:
        return Unknown("unknown-level" if level != name else "unknown-environment", level)
    return tuple(each.environment for each in places)
