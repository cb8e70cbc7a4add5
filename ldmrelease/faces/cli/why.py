"""`ldmrelease why`: the decision behind what runs at a place, or ran there."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated

import typer
from msgspec.structs import replace

from ldmrelease.answers.why import why_answer
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.topology import Application, Place
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    applications_of,
    known_release,
    place_or_tag,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.past_options import AtOption, KnownAtOption, as_of
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.why import why_text
from ldmrelease.services.audit.why import Authors, WhyPlace, promotions_of, why_at, why_promotion
from ldmrelease.services.context import ReadContext

app = new_app()

_PROMOTION = re.compile(r"p-([0-9]{1,15})", re.IGNORECASE)
_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{7,64}")
_PATIENCE = 10.0
"""Seconds in which a tree has to say who changed it: without that there is an answer, too."""


@app.command(
    epilog=examples(
        "ldmrelease why summit/ocps",
        "ldmrelease why summit/ocps --at 2023-04-21T22:00:00Z",
        "ldmrelease why w.2023.16 --target summit/ocps",
        "ldmrelease why P-42 --output json",
    )
)
def why(
    ctx: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="PLACE | RELEASE | PROMOTION | DECISION",
            help="A target; or a tag, P-42, or a decision's digest, at --target.",
        ),
    ],
    product: ProductOption = None,
    target: OptionalTargetOption = None,
    component: Annotated[
        str | None, typer.Option("--component", metavar="COMPONENT", help="Only this one, such as stack/lab.")
    ] = None,
    at: AtOption = None,
    known_at: KnownAtOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show why something runs at a place: who asked for it, what was decided on which evidence, the receipts.

    With --at it is what ran at a time; where observations are too far apart to say that, it is said, and exit 3. What
    came there without a decision is told with when it was seen first and, where the tree says so, who changed it, and
    exit 1. Of a release, a promotion or a decision it is what was decided about it at the target, whatever runs there.
    Statements that came in later are told as such.
    """
    now = open_context_here(ctx)
    then = as_of(at, known_at, now.now())
    context = then.limited(now)
    _require_component(context, component)
    chosen = applications_of(context, target)
    meant = None if _PROMOTION.fullmatch(what) else place_or_tag(now, what)
    if meant is not None:
        if target is not None:
            raise UsageError(f"{what!r} and {target!r} are two targets", "name one of them")
        found = _of_places(context, meant, then.moment, component)
    else:
        if then.at is not None or component is not None:
            raise UsageError("--at and --component go with a place", f"{what!r} is none")
        found = list(_about(context, what, product, chosen))
        if not found:
            raise UsageError(f"nothing was decided about {what} {f'at {target}' if target else 'anywhere'}")
    answer = why_answer(found, context.now())
    emit(answer, output, lambda: why_text(found, context.now()))
    raise typer.Exit(answer.exit_code)


def _require_component(context: ReadContext, component: str | None) -> None:
    names = {each.name for product in context.topology.products for each in product.components}
    if component is not None and component.rpartition("/")[2] not in names:
        raise UsageError(f"there is no component {component!r}", did_you_mean(component, names))


def _of_places(
    context: ReadContext,
    applications: Sequence[Application],
    moment: datetime | None,
    component: str | None,
) -> list[WhyPlace]:
    at = moment or context.now()
    found = [why_at(context, each, at, component=component) for each in applications]
    lacking = [
        each
        for each, why in zip(applications, found, strict=True)
        if any(reason.promotion is None for reason in why.reasons)
    ]
    if moment is not None or not lacking:
        return found
    authors = _authors(context, lacking)
    return [
        why_at(context, each, at, component=component, authors=authors[each.place])
        if each.place in authors
        else why
        for each, why in zip(applications, found, strict=True)
    ]


def _authors(context: ReadContext, applications: Sequence[Application]) -> dict[Place, Authors]:
    """Who changed what nobody decided, as far as trees say so now: all are asked at once."""
    from ldmrelease.services.inventory.live import live  # noqa: PLC0415 - only where something is not decided

    found: dict[Place, dict[tuple[str, str, str], tuple[str, str, str]]] = {}
    for row in live(context, applications, _PATIENCE).rows:
        for each in row.drift:
            by, time, commit = (each.values.get(name) for name in ("by", "time", "commit"))
            if by and time and commit:
                told = found.setdefault(row.place, {})
                image = str(each.values.get("image"))
                told[row.product, row.component, image] = (str(by), str(time), str(commit))
    return dict(found)


def _about(
    context: ReadContext, what: str, product: str | None, applications: tuple[Application, ...]
) -> Iterator[WhyPlace]:
    """What was decided about a promotion, a decision or a release at these applications."""
    places = {each.place for each in applications}
    match = _PROMOTION.fullmatch(what)
    if match is not None:
        yield from _of_promotion(context, f"P-{int(match[1])}", applications)
        return
    if _DIGEST.fullmatch(what):
        from ldmrelease.services.audit.replay_all import (  # noqa: PLC0415 - see above
            NoSuchDecision,
            decisions_named,
        )

        try:
            for each in decisions_named(context, what)[-1:]:
                for place in places:
                    told = why_promotion(
                        context, each.promotion, place, context.now(), decision=each.decision
                    )
                    if told is not None and told.reasons[0].promotion and told.reasons[0].promotion.decisions:
                        yield told
                return
        except NoSuchDecision:
            if what.startswith("sha256:"):
                raise
    yield from _of_release(context, known_release(context, what, product), applications)


def _of_promotion(
    context: ReadContext, promotion: str, applications: Iterable[Application]
) -> Iterator[WhyPlace]:
    from ldmrelease.services.inventory.promotions import promotion_summary  # noqa: PLC0415 - see above

    summary = promotion_summary(context.ledger, context.records, promotion)
    if summary is None or summary.request is None:
        raise UsageError(
            f"there is no promotion {promotion} that counts", "`ldmrelease promotions list` shows all"
        )
    for each in applications:
        told = (
            why_promotion(context, promotion, each.place, context.now())
            if each.place in summary.places
            else None
        )
        if told is not None:
            yield told


def _of_release(
    context: ReadContext, release: str, applications: Iterable[Application]
) -> Iterator[WhyPlace]:
    """The newest promotion of a release to each of the places; where there is none, why it runs there, if it does."""
    for each in applications:
        promotions = promotions_of(context, release, each.place)
        told = (why_promotion(context, promotion, each.place, context.now()) for promotion in promotions)
        found = next((one for one in told if one is not None), None)
        if found is not None:
            yield found
            continue
        there = why_at(context, each, context.now())
        reasons = tuple(
            reason for reason in there.reasons if any(image.release == release for image in reason.images)
        )
        if reasons:
            yield replace(there, reasons=reasons)
