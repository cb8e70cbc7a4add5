"""`ldmrelease release`: pin, list, show and compare releases."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.releases import comparison_answer, release_answer, release_rows, revision_answers
from ldmrelease.answers.sentences.text import listed, said
from ldmrelease.domain.tags import Kind
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    ReleaseArgument,
    product_and_tag,
    release_stored,
    require_product,
    usable_pin,
)
from ldmrelease.faces.cli.builds import named_builds
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.release_notes import EXAMPLES as NOTES_EXAMPLES
from ldmrelease.faces.cli.release_notes import notes
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.releases import (
    comparison_text,
    pinned_text,
    releases_table,
    revisions_text,
    second_spelling_words,
)
from ldmrelease.services.releases.compare import compare as compare_pins
from ldmrelease.services.releases.listing import pinned_releases
from ldmrelease.services.releases.pin import pin, stored_pin
from ldmrelease.services.releases.second_spellings import second_spelling
from ldmrelease.services.releases.store import changed_components, store_pin

app = new_app(
    "Pin, list, show and compare releases.",
    examples=examples("ldmrelease release pin w.2023.16", "ldmrelease release compare w.2023.15 w.2023.16"),
)

TagArgument = Annotated[str, typer.Argument(metavar="RELEASE", help="A tag, such as w.2023.16.")]


@app.command(
    "pin",
    epilog=examples(
        "ldmrelease release pin w.2023.16",
        "ldmrelease release pin w.2023.16 --reason 'the image was rebuilt after a broken push'",
        "ldmrelease release pin c0044",
        "ldmrelease release pin c0044 --build atdome=8 --build mtmount=c0044.003",
    ),
)
def pin_release(
    ctx: typer.Context,
    tag: ReleaseArgument,
    product: ProductOption = None,
    reason: ReasonOption = None,
    build: Annotated[
        list[str] | None,
        typer.Option(
            "--build", metavar="COMPONENT=BUILD", help="Of a cycle: a component's build; repeatable."
        ),
    ] = None,
    builds: Annotated[
        Path | None,
        typer.Option("--builds", metavar="FILE", help="The same, in a YAML file of COMPONENT: BUILD."),
    ] = None,
    key: KeyOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Bind a tag to digests, component by component. Pinning the same again writes nothing.

    A release that is not complete yet is pinned as open, and may be pinned again when more is there. Where
    something that was pinned has changed, a new revision needs a reason. Of a cycle each component is pinned at its
    newest build; where builds are named, the others stay as they were pinned last.
    """
    from ldmrelease.services.deployments.checkpoints import require_newest  # noqa: PLC0415 - who lists asks no place

    context = open_acting_context(ctx, key, "pin")
    chosen, text = product_and_tag(context, tag, product)
    stored = stored_pin(context, chosen, text)
    found = usable_pin(pin(context, chosen, text, named_builds(chosen, text, stored, build or (), builds)))
    second = second_spelling(context, found.release)
    if second is not None:
        say(f"warning: {second_spelling_words(found.release.tag, second)}", err=True)
    if stored is not None and stored.digest == found.digest:
        emit(
            release_answer(stored, "already-pinned", second_spelling_of=second),
            output,
            lambda: f"already pinned: {pinned_text(stored)}",
        )
        return
    changed = changed_components(chosen, stored, found) if stored is not None else ()
    if changed and reason is None:
        raise UsageError(
            f"{found.release.name} is pinned, and {listed(changed)} has changed since",
            "say why with --reason, and it becomes a new revision",
        )
    require_newest(context)
    new = store_pin(context, found, reason)
    emit(
        release_answer(new, second_spelling_of=second),
        output,
        lambda: f"pinned (revision {new.revision}): {pinned_text(new)}",
    )


@app.command(
    "list", epilog=examples("ldmrelease release list", "ldmrelease release list --kind weekly --output json")
)
def list_releases(
    ctx: typer.Context,
    product: ProductOption = None,
    kind: Annotated[list[Kind] | None, typer.Option("--kind", help="Only these; repeatable.")] = None,
    output: OutputOption = Output.text,
) -> None:
    """List what is pinned, each tag with its newest revision that counts, in the order of pinning."""
    context = open_context_here(ctx)
    require_product(context.topology, product)
    rows = pinned_releases(context, product, kind)
    emit(release_rows(rows), output, lambda: releases_table(rows))


@app.command(
    "show", epilog=examples("ldmrelease release show w.2023.16", "ldmrelease release show 24.0.0 -o yaml")
)
def show(
    ctx: typer.Context,
    tag: TagArgument,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show a pinned release: its components by digest, and its revisions."""
    context = open_context_here(ctx)
    stored = release_stored(context, tag, product)
    revisions = revision_answers(context.pins.revisions(stored.release.product, stored.release.tag))
    second = second_spelling(context, stored.release)
    told = f"{second_spelling_words(stored.release.tag, second)}\n" if second is not None else ""
    emit(
        release_answer(stored, revisions=revisions, second_spelling_of=second),
        output,
        lambda: f"{told}{pinned_text(stored)}\n\n{revisions_text(revisions)}",
    )


@app.command(
    "compare",
    epilog=examples(
        "ldmrelease release compare w.2023.15 w.2023.16",
        "ldmrelease release compare v24.0.0.rc4 24.0.0 -o json",
    ),
)
def compare(
    ctx: typer.Context,
    before: Annotated[str, typer.Argument(help="A tag.")],
    after: Annotated[str, typer.Argument(help="A tag of the same product.")],
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what differs between two pinned releases: images, configuration, EUPS products with their commits."""
    context = open_context_here(ctx)
    mine, other = (release_stored(context, each, product) for each in (before, after))
    if mine.release.product != other.release.product:
        raise UsageError(f"{said(mine.release.name)} and {said(other.release.name)} are of two products")
    found = compare_pins(mine, other)
    emit(comparison_answer(found), output, lambda: comparison_text(found))


app.command("notes", epilog=NOTES_EXAMPLES)(notes)
