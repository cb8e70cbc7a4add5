"""The options that ask for less: a compression of the level's policy, or an emergency."""

from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.overlays import OverlayKind, OverlayRequest, is_emergency
from ldmrelease.faces.cli.arguments import product_and_tag, release_now
from ldmrelease.faces.cli.options import UsageError

if TYPE_CHECKING:
    from ldmrelease.services.context import Context
    from ldmrelease.services.releases.pin import Pinned

CompressedOption = Annotated[
    str | None,
    typer.Option(
        "--compressed",
        metavar="NAME",
        help="Ask by a compression of the level's policy. It takes a --reason, and owes a review.",
    ),
]
EmergencyOption = Annotated[
    str | None,
    typer.Option(
        "--emergency",
        metavar="REASON",
        help="Ask in an emergency, and say why: less is asked, there is no receipt, and a review is owed.",
    ),
]


def asked_overlay(
    compressed: str | None, emergency: str | None, reason: str | None, *, through: bool
) -> OverlayRequest | None:
    """The overlay that is asked for. Raises `UsageError` where it is asked for as nobody may."""
    if compressed is None and emergency is None:
        return None
    if compressed is not None and emergency is not None:
        raise UsageError("--compressed and --emergency are two different things", "say one of them")
    if through:
        raise UsageError("--through promotes as everybody does", "leave it out, and name one target")
    if emergency is not None:
        if not emergency.strip():
            raise UsageError("--emergency says nothing", "say why: --emergency 'no exposures since 02:10'")
        if reason is not None:
            raise UsageError("--emergency says why", "leave --reason out")
        return OverlayRequest(OverlayKind.EMERGENCY)
    if not (reason or "").strip():
        raise UsageError("--compressed asks for less than everybody is asked", "say why with --reason")
    assert compressed is not None
    return OverlayRequest(OverlayKind.COMPRESSED, compressed)


def require_compression(context: "Context", target: str, overlay: OverlayRequest | None) -> None:
    """Raise `UsageError` where a compression is asked for by a name that no level of the target's places has."""
    if overlay is None or overlay.kind is not OverlayKind.COMPRESSED:
        return
    from ldmrelease.services.deployments.target import applications_at  # noqa: PLC0415 - of compressions alone

    found = applications_at(context.topology, target)
    levels = {each.level for each in found} if isinstance(found, tuple) else set()
    known = {name for each in levels for name in context.levels[each].compressions}
    if overlay.name not in known:
        raise UsageError(f"{target} has no compression {overlay.name!r}", did_you_mean(overlay.name, known))


def release_in(
    context: "Context", text: str, product: str | None, target: str, overlay: OverlayRequest | None
) -> "Pinned":
    """The release that is meant: in an emergency as it is pinned, if it is, so that nobody is asked."""
    if is_emergency(overlay):
        from ldmrelease.services.releases.pin import stored_pin  # noqa: PLC0415 - in an emergency

        chosen, tag = product_and_tag(context, text.partition("@")[0], product, target)
        if "@" not in text and (found := stored_pin(context, chosen, tag)) is not None:
            return found
    return release_now(context, text, product, target)
