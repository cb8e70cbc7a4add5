"""`ldmrelease release`: pin, list, show and compare releases."""

from typing import Annotated, Any

import typer

from ldmrelease.domain import canonical
from ldmrelease.domain.tags import Kind, parse
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    ReleaseArgument,
    pinned_or_exit,
    product_and_tag,
    release_stored,
)
from ldmrelease.faces.cli.options import Mistake, OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_bench
from ldmrelease.render.output import Output, emit
from ldmrelease.render.releases import comparison_text, pinned_text, releases_table, revisions_text
from ldmrelease.render.text import listed, said
from ldmrelease.services.context import Workbench
from ldmrelease.services.releases.compare import compare as compare_pins
from ldmrelease.services.releases.pin import Pinned, newest_counted, pin, stored_pin
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
    bench = open_bench(ctx)
    chosen, text = product_and_tag(bench, tag, product)
    found = pinned_or_exit(pin(bench, chosen, text))
    stored = stored_pin(bench, chosen, text)
    if stored is not None and stored.digest == found.digest:
        emit(_plain(stored, "already-pinned"), output, lambda: f"already pinned: {pinned_text(stored)}")
        return
    changed = changed_components(stored, found) if stored is not None else ()
    if changed and reason is None:
        raise Mistake(
            f"{found.release.name} is pinned, and {listed(changed)} has changed since",
            "say why with --reason, and it becomes a new revision",
        )
    new = store_pin(bench, found, reason)
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
    bench = open_bench(ctx)
    if product is not None and bench.world.product(product) is None:
        raise Mistake(
            f"there is no product {product!r}",
            f"known are {listed(each.name for each in bench.world.products)}",
        )
    rows = [each for each in _rows(bench, product) if not kind or each["kind"] in kind]
    emit(rows, output, lambda: releases_table(rows))


def _rows(bench: Workbench, product: str | None) -> list[dict[str, Any]]:
    rows = []
    for name, revisions in bench.ledger.states("pins").items():
        owner, _, tag = name.partition("/")
        known = bench.world.product(owner)
        found = newest_counted(bench, revisions) if product in (None, owner) else None
        if found is not None:
            newest, opened = found
            rows.append(
                {
                    "product": owner,
                    "tag": tag,
                    "kind": str(parse(tag, known.grammar).kind) if known is not None else "unknown",
                    "complete": newest["complete"],
                    "revision": newest["revision"],
                    "pinned": newest["time"],
                    "by": opened.person,
                    "digest": newest["digest"],
                    "sequence": newest["sequence"],
                }
            )
    return sorted(rows, key=lambda each: int(each["sequence"]))


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
    bench = open_bench(ctx)
    stored = release_stored(bench, tag, product)
    revisions = bench.ledger.state("pins", stored.release.name) or []
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
    bench = open_bench(ctx)
    mine, other = (release_stored(bench, each, product) for each in (before, after))
    if mine.release.product != other.release.product:
        raise Mistake(f"{said(mine.release.name)} and {said(other.release.name)} are of two products")
    found = compare_pins(mine, other)
    emit(found, output, lambda: comparison_text(found))
