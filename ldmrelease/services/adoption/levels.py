"""Which level an environment is at, and which comes first, by what it is called."""

import re
from collections.abc import Mapping

from msgspec import Struct

DEVELOPMENT, COMMISSIONING, PRODUCTION = "development", "commissioning", "production"
LEVELS = (DEVELOPMENT, COMMISSIONING, PRODUCTION)
"""Those that environments are at, the first one first."""

_RUBIN = {
    "idfdev": DEVELOPMENT,
    "usdfdev": DEVELOPMENT,
    "idfint": DEVELOPMENT,
    "usdfint": DEVELOPMENT,
    "tucson-teststand": DEVELOPMENT,
    "usdfdev-prompt-processing": DEVELOPMENT,
    "base": COMMISSIONING,
    "summit": COMMISSIONING,
    "usdf-cm": PRODUCTION,
    "usdf-cm-dev": DEVELOPMENT,
}
_WORDS = (
    (("nonprod", "non-prod"), DEVELOPMENT),
    (("preprod", "pre-prod", "staging", "stage", "uat", "commissioning"), COMMISSIONING),
    (("dev", "sandbox", "minikube", "local", "demo"), DEVELOPMENT),
    (("integration", "int", "test", "qa"), DEVELOPMENT),
    (("prod", "live"), PRODUCTION),
)
_LAST = len(_WORDS)
_IN_NAME = re.compile(r"[^a-z]+")
_ENDING = 4
"""Letters of a word that may stand at the end of another one, `idfdev`: shorter ones would be found by chance."""


class EnvironmentLevel(Struct, frozen=True):
    """A level and the reason for it; `rank` orders environments of one level; known: whether its name says it."""

    level: str
    reason: str
    rank: int
    known: bool = True


def level_of(environment: str, *, of_rubin: bool, asked: Mapping[str, str]) -> EnvironmentLevel:
    """The level of an environment. of_rubin: whether the tree is in the shape of Phalanx, so that the names of the
    Rubin Observatory's sites are known; asked: what somebody has said of it."""
    word, level = _word_of(environment)
    rank = next((index for index, (words, _) in enumerate(_WORDS) if word in words), _LAST)
    if environment in asked:
        return EnvironmentLevel(asked[environment], "as asked", rank)
    if of_rubin and environment in _RUBIN:
        return EnvironmentLevel(_RUBIN[environment], "a site of the Rubin Observatory", rank)
    if level is None:
        reason = f"its name says nothing: {DEVELOPMENT} until you say otherwise"
        return EnvironmentLevel(DEVELOPMENT, reason, rank, known=False)
    return EnvironmentLevel(level, f"{word!r} is in its name", rank)


def _word_of(environment: str) -> tuple[str, str | None]:
    """The word in a name that says what it is for, and the level that it says."""
    name = environment.lower()
    parts = _IN_NAME.split(name)
    for words, level in _WORDS:
        for word in words:
            whole = word in parts or any(each.startswith(word) and len(word) >= _ENDING for each in parts)
            if whole or ("-" in word and word in name) or any(each.endswith(word) for each in parts):
                return word, level
    return "", None
