"""`ldmrelease release`: pin, list, show and compare releases."""

from typing import Annotated, Any

import typer

from ldmrelease.answers.sentences.text import listed, said
from ldmrelease.domain import canonical
from ldmrelease.domain.tags import Kind, parse
from ldmrelease.domain.times import spell
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    ReleaseArgument,
    pinned_or_exit,
    product_and_tag,
    release_stored,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.releases import comparison_text, pinned_text, releases_table, revisions_text
from ldmrelease.services.context import Context
from ldmrelease.services.known_pins import PinRecord
from ldmrelease.services.releases.compare import compare as compare_pins
from ldmrelease.services.releases.pin import Pinned, pin, stored_pin
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
    ),
)
def pin_release(
    ctx: typer.Context,
    tag: ReleaseArgument,
    product: ProductOption = None,
    reason: ReasonOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Bind a tag to digests, component by component. Pinning the same again writes nothing.

    A release that is not complete yet is pinned as open, and may be pinned again when more is there. Where
    something that was pinned has changed, a new revision needs a reason.
    """
    context = open_context_here(ctx)
    chosen, text = product_and_tag(context, tag, product)
    found = pinned_or_exit(pin(context, chosen, text))
    stored = stored_pin(context, chosen, text)
    if stored is not None and stored.digest == found.digest:
        emit(_plain(stored, "already-pinned"), output, lambda: f"already pinned: {pinned_text(stored)}")
        return
    changed = changed_components(stored, found) if stored is not None else ()
    if changed and reason is None:
        raise UsageError(
            f"{found.release.name} is pinned, and {listed(changed)} has changed since",
            "say why with --reason, and it becomes a new revision",
        )
    new = store_pin(context, found, reason)
    emit(_plain(new, "pinned"), output, lambda: f"pinned (revision {new.revision}): {pinned_text(new)}")


def _plain(pinned: Pinned, answer: str) -> dict[str, Any]:
    release = canonical.to_plain(pinned.release)
    return {
        "answer": answer,
        "digest": pinned.digest,
        "revision": pinned.revision,
        "complete": pinned.release.complete,
        **release,
    }


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
    if product is not None and context.topology.product(product) is None:
        raise UsageError(
            f"there is no product {product!r}",
            f"known are {listed(each.name for each in context.topology.products)}",
        )
    rows = [each for each in _rows(context, product) if not kind or each["kind"] in kind]
    emit(rows, output, lambda: releases_table(rows))


def _rows(context: Context, product: str | None) -> list[dict[str, Any]]:
    rows = []
    for owner, tag in context.pins.tags(product):
        known = context.topology.product(owner)
        revisions = context.pins.revisions(owner, tag)
        if revisions:
            newest = _revision(revisions[-1])
            rows.append(
                {
                    "product": owner,
                    "tag": tag,
                    "kind": str(parse(tag, known.grammar).kind) if known is not None else "unknown",
                    "complete": newest["complete"],
                    "revision": newest["revision"],
                    "pinned": newest["time"],
                    "by": newest["by"],
                    "digest": newest["digest"],
                    "sequence": newest["sequence"],
                }
            )
    return sorted(rows, key=lambda each: int(each["sequence"]))


def _revision(pinned: PinRecord) -> dict[str, Any]:
    """A pin for lists; `by` is whose key signed it."""
    pin = pinned.body
    return {
        "digest": pin.digest,
        "document": pin.document,
        "revision": pin.revision,
        "complete": pin.complete,
        "content": pin.content,
        "reason": pin.reason,
        "digests": list(pin.digests),
        "time": spell(pinned.event.time),
        "by": pinned.person,
        "sequence": pinned.event.sequence,
    }


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
    revisions = [
        _revision(each) for each in context.pins.revisions(stored.release.product, stored.release.tag)
    ]
    plain = {**_plain(stored, "pinned"), "revisions": revisions}
    emit(plain, output, lambda: f"{pinned_text(stored)}\n\n{revisions_text(revisions)}")


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
    """Say what differs between two pinned releases: images, configuration, EUPS products with their commits."""
    context = open_context_here(ctx)
    mine, other = (release_stored(context, each, product) for each in (before, after))
    if mine.release.product != other.release.product:
        raise UsageError(f"{said(mine.release.name)} and {said(other.release.name)} are of two products")
    found = compare_pins(mine, other)
    emit(found, output, lambda: comparison_text(found))
