"""`ldmrelease rollback`: go back to what ran before."""

import shlex
from typing import Annotated

import typer

from ldmrelease.answers.sentences.text import listed, short
from ldmrelease.answers.sentences.unnamed import unnamed_words
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.release import Release
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    TargetOption,
    applications_of,
    product_and_tag,
    release_stored,
)
from ldmrelease.faces.cli.options import TYPED, OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.run_promotion import DryRunOption, YesOption, run_promotion
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.history import history
from ldmrelease.services.inventory.way_back import way_back
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.releases.products import default_product
from ldmrelease.services.releases.tag_spellings import DIGEST, revisions_of_digest

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease rollback --target summit/ocps --reason 'exposures fail'",
        "ldmrelease rollback w.2023.15 --target summit/ocps",
        "ldmrelease rollback w.2023.15@1 --target summit/ocps",
    )
)
def rollback(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    target: TargetOption,
    release: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="A tag, or TAG@N; else what ran there before.")
    ] = None,
    product: ProductOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    key: KeyOption = None,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Put back a release that ran there before. Required is only that it did, that its images still exist, and that
    it is not on hold.

    Without a RELEASE it goes one release further back each time; one that was rolled back from returns only when it is
    named. Of a tag that was pinned several times, such as a cycle with new builds, TAG@N is the revision that ran. A
    release that no decision had ever let in there takes a --reason, and gets no receipt.

    Exit codes as for `promote`.
    """
    context = open_acting_context(ctx, key, "request")
    target = known_target(context.topology, target)
    if release is None:
        product = _product(context, target, product)
        release = _previous(context, target, product)
        pinned = release_stored(context, release, product, target)
    else:
        pinned = _one_revision(context, target, release, product)
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


def _previous(context: Context, target: str, product: str) -> str:
    """What ran before at every place of the target that runs the product. Raises `UsageError`."""
    places = [each.place for each in applications_of(context, target) if each.components(product)]
    ways = {place: way_back(context, place, product) for place in places}
    for place, way in ways.items():
        if way.unnamed:
            known = context.topology.product(product)
            assert known is not None
            raise UsageError(*unnamed_words(place, known, way))
    tags = {each.tag for each in ways.values() if each.tag is not None}
    left = list(dict.fromkeys(tag for each in ways.values() for tag in each.left))
    if not tags:
        known_left = f", but for {listed(left)}, which was rolled back from" if left else ""
        raise UsageError(
            f"no earlier release of {product} is known at {target}{known_left}",
            "name the release to go back to",
        )
    if len({each.tag for each in ways.values()}) > 1:
        told = ", ".join(f"{place}: {each.tag or 'nothing'}" for place, each in ways.items())
        raise UsageError(f"the places of {target} ran different things before ({told})", "name the release")
    return tags.pop()


def _one_revision(context: Context, target: str, text: str, product: str | None) -> Pinned:
    """The pin that is meant by a text that names no revision: the only one that ran at the target, of those of its tag
    that have other images. Raises `UsageError` where several did: which of them is not guessed.
    """
    if "@" in text:
        return release_stored(context, text, product, target)
    chosen, tag = product_and_tag(context, text, product, target)
    release = release_stored(context, f"{chosen.name}/{tag}", None).release
    ran = _revisions_there(context, target, release)
    meant = sorted(ran)
    if (digest := text.rpartition("/")[2]).startswith(DIGEST):
        meant = [
            each for each in revisions_of_digest(context, chosen.name, release.tag, digest) if each in ran
        ]
    if len(meant) > 1:
        commands = " or ".join(f"`{_typed(text, f'{release.name}@{each}')}`" for each in meant)
        told = "; ".join(f"revision {each} {ran[each]}" for each in meant)
        raise UsageError(
            f"{release.name} was pinned again with other images, and they ran at {target}: {told}",
            f"say which: {commands}",
        )
    if not meant and DIGEST in text:
        return release_stored(context, text, product, target)
    return release_stored(context, f"{release.name}@{meant[0]}" if meant else release.name, None)


def _revisions_there(context: Context, target: str, release: Release) -> dict[int, str]:
    """The revisions of a tag with other images that ran at places of a target, and until when."""
    seen = (
        entry
        for each in applications_of(context, target)
        if each.components(release.product)
        for entry in history(context, place=each.place, product_tag=release.name)
    )
    return {
        each.revision: f"({short(each.digest)}) {'is there' if each.gone is None else f'ran until {each.gone}'}"
        for each in seen
        if each.rebuilt and each.revision is not None and each.ended != "restored"
    }


def _typed(old: str, new: str) -> str:
    """The command as it was typed, with another word in place of one."""
    return shlex.join(("ldmrelease", *(new if each == old else each for each in TYPED.get())))
