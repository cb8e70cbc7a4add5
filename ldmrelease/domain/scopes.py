"""What an act of a person is about: a level, an environment, an application there (LDM-564 2.2.1).

Spelled `level:production`, `summit`, `summit/nublado`, as `--target` takes them; a level's name alone would be one with
an environment's.
"""

from msgspec import Struct

from ldmrelease.domain.topology import Place

LEVEL = "level:"
EVERYWHERE = "*"
"""What a role has to list for acts that are not of single environments."""


class ActScope(Struct, frozen=True):
    """Exactly one of level and environment; `application` within its environment, None for all of them."""

    level: str | None = None
    environment: str | None = None
    application: str | None = None

    def __post_init__(self) -> None:
        if (self.level is None) == (self.environment is None) or (
            self.application is not None and self.environment is None
        ):
            raise ValueError("a scope is a level, an environment, or an application of an environment")

    def __str__(self) -> str:
        if self.level is not None:
            return f"{LEVEL}{self.level}"
        assert self.environment is not None
        return self.environment if self.application is None else f"{self.environment}/{self.application}"

    @classmethod
    def parse(cls, text: str) -> "ActScope":
        """Read what `str` writes. Raises `ValueError`."""
        if text.startswith(LEVEL):
            name = text.removeprefix(LEVEL)
            if not name or "/" in name:
                raise ValueError(f"{text!r} is not the name of a level")
            return cls(level=name)
        environment, slash, application = text.partition("/")
        if not environment or bool(slash) != bool(application) or "/" in application:
            raise ValueError(f"{text!r} is neither an environment nor environment/application")
        return cls(environment=environment, application=application or None)

    def covers(self, place: Place, level: str) -> bool:
        """Whether a place, which is at a level, is among it."""
        if self.level is not None:
            return self.level == level
        return self.environment == place.environment and self.application in (None, place.application)


def environments_of(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """What a role has to cover for an act in these scopes. Of a level, or of none at all: everywhere.

    Raises `ValueError` for what is no scope.
    """
    found = [ActScope.parse(each).environment for each in scopes]
    return tuple(sorted({each or EVERYWHERE for each in found})) or (EVERYWHERE,)
