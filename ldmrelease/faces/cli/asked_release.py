"""What people act on: a release at a target, or the promotion that asks for it."""

import re
from collections.abc import Iterable
from typing import Annotated

import typer

from ldmrelease.answers.sentences.target_refusals import unknown_target_words
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Application, Place
from ldmrelease.faces.cli.arguments import release_stored
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for
from ldmrelease.services.governance.approve import ApprovalRequest
from ldmrelease.services.promotions.load import load_promotion
from ldmrelease.services.releases.pin import Pinned

SubjectArgument = Annotated[
    str, typer.Argument(metavar="RELEASE", help="A tag, such as w.2023.16, or the promotion that asks: P-42.")
]
OptionalSubjectArgument = Annotated[
    str | None,
    typer.Argument(metavar="RELEASE", help="A tag or a promotion; else whatever promotions ask for now."),
]
AliasOption = Annotated[
    str | None, typer.Option("--alias", metavar="NAME", help="The name that is to move, such as recommended.")
]
ExpiresOption = Annotated[
    str | None,
    typer.Option("--expires", metavar="TIME", help="When it ends: 2023-04-21T18:00:00Z, or `3d` from now."),
]

_PROMOTION = re.compile(r"[Pp]-[0-9]+")


def asked_release(
    context: Context, text: str, product: str | None, target: str | None, alias: str | None
) -> tuple[ApprovalRequest, tuple[Application, ...]]:
    """What a release or a promotion means, and where. Raises `UsageError`."""
    if _PROMOTION.fullmatch(text):
        return _of_promotion(context, text.upper(), target)
    if target is None:
        raise UsageError(
            f"say where {text} is to go", "name a level, an environment or a place with --target"
        )
    target = known_target(context.topology, target)
    pinned = release_stored(context, text, product, target)
    intent = Intent.PROMOTE if alias is None else Intent.ALIAS
    return ApprovalRequest(pinned, intent, alias), places_of(context, pinned, target)


def places_of(context: Context, pinned: Pinned, target: str) -> tuple[Application, ...]:
    """The places of a target that run a release's product. Raises `UsageError`."""
    found = places_for(context, PromotionSpec(pinned, target))
    if isinstance(found, UnknownTarget):
        raise UsageError(unknown_target_words(found))
    return found


def _of_promotion(
    context: Context, name: str, target: str | None
) -> tuple[ApprovalRequest, tuple[Application, ...]]:
    promotion = load_promotion(context, name)
    if promotion.journal.state.ended:
        raise UsageError(f"{name} has ended ({promotion.journal.state})", "name what is asked for now")
    request = promotion.request
    applications = _applications(context, request.places)
    if target is not None:
        meant = places_of(context, promotion.pinned, known_target(context.topology, target))
        applications = tuple(each for each in applications if each in meant)
        if not applications:
            raise UsageError(f"{name} is not for {target}", "leave --target out for all of its places")
    return ApprovalRequest(promotion.pinned, request.intent, request.alias), applications


def _applications(context: Context, places: Iterable[Place]) -> tuple[Application, ...]:
    found = (context.topology.application(each) for each in places)
    return tuple(each for each in found if each is not None)
