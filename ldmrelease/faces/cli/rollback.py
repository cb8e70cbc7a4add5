"""`ldmrelease rollback`: go back to what ran before."""

import shlex
from typing import Annotated

import typer

from ldmrelease.answers.sentences.text import listed, short
from ldmrelease.domain.facts import Intent
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    TargetOption,
    applications_of,
    release_stored,
)
from ldmrelease.faces.cli.options import TYPED, OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.run_promotion import DryRunOption, YesOption, run_promotion
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.way_back import EarlierRelease, earlier_releases, way_back
from ldmrelease.services.releases.pin import Pinned, stored_pin
from ldmrelease.services.releases.products import default_product
from ldmrelease.services.releases.tag_spellings import DIGEST

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease rollback --target summit/ocps --reason 'exposures fail'",
        "ldmrelease rollback w.2023.15 --target summit/ocps",
        "ldmrelease rollback 1.6.0 --revision 1 --target prod",
    )
)
def rollback(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    target: TargetOption,
    release: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="A tag; else what ran there before.")
    ] = None,
    product: ProductOption = None,
    revision: Annotated[
        int | None,
        typer.Option("--revision", min=1, help="Which one of a tag that was pinned again with other images."),
    ] = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Put back a release that ran there before: asked is only that it did, that its images are still there,
    and that no hold lies on it.

    Without a RELEASE it goes further back each time: what was rolled back from comes back by its name alone. What no
    decision had ever let in there takes a --reason, and gets no receipt.

    Exit codes as for `promote`.
    """
    context = open_context_here(ctx)
    target = as_target(context.topology, target)
    if release is not None:
        stored = release_stored(context, release, product, target)
        pinned = _of_revision(context, target, stored, release, revision)
    elif revision is not None:
        raise UsageError("--revision is one of a tag", "name the release, too")
    else:
        product = _product(context, target, product)
        pinned = _pinned(context, product, _previous(context, target, product))
    spec = PromotionSpec(pinned, target, Intent.ROLLBACK, reason)
    answer = run_promotion(context, spec, output, dry_run=dry_run, yes=yes)
    emit(answer.plain, output, answer.text)
    raise typer.Exit(answer.code)


def _product(context: Context, target: str, named: str | None) -> str:
    """The product that runs at the target: the one named, the only one, or else the default one."""
    runs = [
        each.name
        for each in context.topology.products
        if any(place.components(each.name) for place in applications_of(context, target))
    ]
    usual = default_product(context.topology)
    if named is not None:
        if context.topology.product(named) is None:
            raise UsageError(f"there is no product {named!r}", f"{target} runs {listed(runs)}")
        return named
    if len(runs) == 1:
        return runs[0]
    if usual is not None and usual.name in runs:
        return usual.name
    raise UsageError(f"{target} runs {listed(runs)}", "say --product")


def _previous(context: Context, target: str, product: str) -> EarlierRelease:
    """What ran before at every place of the target that runs the product. Raises `UsageError`."""
    places = [each.place for each in applications_of(context, target) if each.components(product)]
    ways = {place: way_back(context, place, product) for place in places}
    found = {each.before for each in ways.values() if each.before is not None}
    left = list(dict.fromkeys(each for way in ways.values() for each in way.left))
    if not found:
        known = f", but for {listed(left)}, which was rolled back from" if left else ""
        raise UsageError(
            f"no earlier release of {product} is known at {target}{known}", "name the release to go back to"
        )
    if len({each.before for each in ways.values()}) > 1:
        told = ", ".join(f"{place}: {each.before or 'nothing'}" for place, each in ways.items())
        raise UsageError(f"the places of {target} ran different things before ({told})", "name the release")
    return found.pop()


def _pinned(context: Context, product: str, release: EarlierRelease) -> Pinned:
    known = context.topology.product(product)
    found = stored_pin(context, known, release.tag, release.revision) if known is not None else None
    if found is None:
        raise UsageError(f"{release.name} is not pinned", "name the release to go back to")
    return found


def _of_revision(context: Context, target: str, newest: Pinned, text: str, revision: int | None) -> Pinned:
    """The pin that is meant of those of a tag: the one that was named, by its number or by a digest, or the only one
    that ran at the target. Raises `UsageError` where several did: which of them is not guessed.
    """
    name, product = newest.release.name, newest.release.product
    pins = [each.body for each in context.pins.revisions(product, newest.release.tag)]
    if revision is not None:
        if revision not in [each.revision for each in pins]:
            known = listed(str(each.revision) for each in pins)
            raise UsageError(f"{name} has no revision {revision}", f"there is revision {known}")
        return _pinned(context, product, EarlierRelease(name, revision))
    if text.startswith(DIGEST):
        pins = [each for each in pins if any(own.startswith(text) for own in (each.digest, *each.digests))]
    ran = _revisions_there(context, target, name)
    meant = [each.revision for each in pins if each.revision in ran] or [pins[-1].revision]
    if len(meant) == 1:
        return _pinned(context, product, EarlierRelease(name, meant[0]))
    told = "; ".join(f"revision {each} {ran[each]}" for each in meant)
    commands = " or ".join(
        f"`{shlex.join(('ldmrelease', *TYPED.get(), '--revision', str(each)))}`" for each in meant
    )
    raise UsageError(
        f"{name} was pinned again with other images, and they ran at {target}: {told}",
        f"say which: {commands}",
    )


def _revisions_there(context: Context, target: str, name: str) -> dict[int, str]:
    """The revisions of a tag with other images that ran at places of a target, and until when."""
    product = name.partition("/")[0]
    found: dict[int, str] = {}
    for application in applications_of(context, target):
        if application.components(product):
            for release, last in earlier_releases(context, application.place, name):
                if release.revision is not None:
                    until = "is there" if last.ended is None else f"ran until {last.gone or last.last}"
                    found[release.revision] = f"({short(last.digest)}) {until}"
    return found
