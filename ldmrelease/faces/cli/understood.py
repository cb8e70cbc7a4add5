"""Words that can mean one thing alone, however they are spelled: understood, and said as what."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.render.output import say

if TYPE_CHECKING:
    from ldmrelease.domain.topology import Topology

_PROMOTION = re.compile(r"(?:p-?)?([0-9]{1,15})", re.IGNORECASE)


def as_known(text: str, known: Iterable[str]) -> str:
    """The known word that the text is but for capitals, spaces around it and a slash at its end; else the text."""
    words = set(known)
    if text in words:
        return text
    plain = text.strip().rstrip("/").casefold()
    alike = [each for each in words if each.casefold() == plain]
    if len(alike) != 1:
        return text
    say(f"{text} is {alike[0]}", err=True)
    return alike[0]


def as_target(topology: "Topology", text: str) -> str:
    """The level, environment or place that a text means; also an application that there is once. Raises `UsageError`
    for one that there is in several environments.
    """
    if not text.strip():
        raise UsageError(
            "an empty text names no place", "name a level, an environment, or environment/application"
        )
    places = [each.place for each in topology.applications]
    names = {each.level for each in topology.applications} | {each.environment for each in places}
    found = as_known(text, {*names, *map(str, places)})
    own = [str(each) for each in places if each.application == found]
    if found in names or not own:
        return found
    if len(own) > 1:
        raise UsageError(
            f"{text!r} is an application of several environments", f"did you mean {' or '.join(own)}?"
        )
    say(f"{text} is {own[0]}", err=True)
    return own[0]


def known_target(topology: "Topology", text: str) -> str:
    """The level, environment or place that a text means. Raises `UsageError` for one that there is not: before
    anybody is asked for a release, which may take long or fail for another reason."""
    target = as_target(topology, text)
    names = {each.level for each in topology.applications} | {
        each.place.environment for each in topology.applications
    }
    known = sorted({*names, *(str(each.place) for each in topology.applications)})
    if not known:
        raise UsageError(f"{target!r} is not a target: the workspace has no environments yet")
    if target not in known:
        raise UsageError(f"no target {target!r}", did_you_mean(target, known))
    return target


def _promotion(text: str | None) -> str | None:
    """P-42, of p-42, p42 and 42."""
    match = _PROMOTION.fullmatch(text or "")
    return f"P-{int(match[1])}" if match else text


PromotionArgument = Annotated[str, typer.Argument(help="Such as P-42.", callback=_promotion)]
OptionalPromotionArgument = Annotated[str | None, typer.Argument(help="Such as P-42.", callback=_promotion)]
PromotionOption = Annotated[
    str | None, typer.Option("--promotion", help="Those of one promotion.", callback=_promotion)
]
