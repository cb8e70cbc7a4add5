"""`ldmrelease tag`: read tags, put them in order. Loads nothing but the tag grammars."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.domain.tags import GRAMMARS, Tag, parse, sort
from ldmrelease.domain.tags.readings import TagGrammar, read_in_any
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.render.output import Output, emit, say

app = new_app(
    "Parse and sort release tags.",
    examples=examples("ldmrelease tag parse --grammar rsp w_2023_16", "git tag | ldmrelease tag sort -"),
)

Tags = Annotated[list[str] | None, typer.Argument(metavar="TAG... | -", help="Tags; `-` reads lines.")]
if TYPE_CHECKING:
    from ldmrelease.domain.topology import Product, Topology

    GrammarName = str
else:
    # Options have a choice from an enumeration alone.
    GrammarName = StrEnum("GrammarName", list(GRAMMARS))
_USUAL = next(iter(GRAMMARS))
GrammarOption = Annotated[
    GrammarName | None,
    typer.Option(
        "--grammar",
        help=f"How the product's tags are spelled; else as the default product's of the workspace, else {_USUAL}.",
    ),
]
ProductOption = Annotated[
    str | None,
    typer.Option("--product", "-p", help="Read them as this product's, in its grammar and with its aliases."),
]
Aliases = Annotated[
    list[str] | None, typer.Option("--alias", metavar="NAME", help="A moving name; repeatable.")
]


@app.command(
    "parse",
    epilog=examples(
        "ldmrelease tag parse w.2023.16 v24_0_0",
        "ldmrelease tag parse --grammar rsp --output json d_2023_04_22_c0030.007",
        "skopeo list-tags docker://ghcr.io/lsst/scipipe | jq -r '.Tags[]' | ldmrelease tag parse -o json -",
    ),
)
def parse_tags(
    ctx: typer.Context,
    tags: Tags = None,
    grammar: GrammarOption = None,
    product: ProductOption = None,
    alias: Aliases = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what each tag means, one per line, or as one list.

    Without --grammar and --product, what the default product's grammar does not read is read in the others. Text
    that fits none is reported as not a tag, with what may be meant; that is not an error.
    """
    grammars = _grammars(ctx, product, grammar, alias)
    parsed = [read_in_any(text, grammars) for text in _given(tags)]
    usual = str(grammars[0].grammar)
    if output.is_text:
        emit(None, output, lambda: "\n".join(_line(each, usual) for each in parsed))
        return
    from ldmrelease.answers.tags import tag_answers  # noqa: PLC0415 - text goes without

    emit(tag_answers(parsed), output, str)


@app.command(
    "sort",
    epilog=examples(
        "ldmrelease tag sort w.2023.9 w.2023.16 w.2023.10",
        "git tag | ldmrelease tag sort --grammar semver -",
        "git tag | ldmrelease tag sort --product portal -",
    ),
)
def sort_tags(
    ctx: typer.Context,
    tags: Tags = None,
    grammar: GrammarOption = None,
    product: ProductOption = None,
    alias: Aliases = None,
    output: OutputOption = Output.text,
) -> None:
    """Print the tags in ascending order, one per line, kind by kind."""
    chosen, aliases = _grammars(ctx, product, grammar, alias)[0]
    ordered, open_points = sort(parse(text, chosen, aliases) for text in _given(tags))
    inputs = [tag.input for tag in ordered]
    emit(inputs, output, lambda: "\n".join(inputs))
    if open_points.kinds:
        kinds = ", ".join(open_points.kinds)
        say(f"not compared: {kinds} (no order between kinds; each is sorted by itself)", err=True)
    if open_points.groups:
        groups = ", ".join(printable(each or "others") for each in open_points.groups)
        say(f"not compared: {groups} (no order between them; each is sorted by itself)", err=True)
    for tag in open_points.tags:
        say(f"not compared: {printable(tag.input)} ({printable(tag.reason or '')})", err=True)


def _grammars(
    ctx: typer.Context, product: str | None, grammar: str | None, alias: list[str] | None
) -> list[TagGrammar]:
    """How tags are read: as those of a product of the workspace, or in a grammar of ours; first as is usual."""
    named = frozenset(alias or ())
    if product is not None:
        from ldmrelease.faces.cli.arguments import require_product  # noqa: PLC0415 - tags alone need no workspace
        from ldmrelease.faces.cli.session import open_workspace  # noqa: PLC0415 - as above

        topology = open_workspace(ctx).topology
        require_product(topology, product)
        known = topology.product(product)
        assert known is not None
        return [_grammar_of(known, named)]
    if grammar is not None:
        return [TagGrammar(grammar, named)]
    here = _topology_here(ctx)
    return [*_usual_first(here, named), *(TagGrammar(each, named) for each in GRAMMARS)]


def _grammar_of(product: "Product", named: frozenset[str]) -> TagGrammar:
    return TagGrammar(product.grammar, frozenset((*product.aliases, *named)))


def _usual_first(topology: "Topology | None", named: frozenset[str]) -> list[TagGrammar]:
    """Those of the workspace's products, the default one's first; the usual one where a tag alone is of no product."""
    if topology is None:
        return []
    from ldmrelease.services.releases.products import default_product  # noqa: PLC0415 - tags alone need no workspace

    usual = default_product(topology)
    first = TagGrammar(_USUAL, named) if usual is None else _grammar_of(usual, named)
    return [first, *(_grammar_of(each, named) for each in topology.products)]


def _topology_here(ctx: typer.Context) -> "Topology | None":
    """The workspace's; None where there is no workspace."""
    here = Path.cwd()
    named = ctx.find_root().obj or os.environ.get("LDMRELEASE_WORKSPACE")
    if not named and not any((folder / "ldmrelease.yaml").is_file() for folder in (here, *here.parents)):
        return None
    from ldmrelease.config.workspace import cache  # noqa: PLC0415 - tags alone need no workspace
    from ldmrelease.faces.cli.session import workspace_file  # noqa: PLC0415 - as above

    return cache.open_workspace(workspace_file(ctx), os.environ).topology


def _given(tags: list[str] | None) -> list[str]:
    """The arguments, with the lines of standard input in place of `-`; of it alone where there are none."""
    if not tags and sys.stdin.isatty():
        raise UsageError("no tags were given", "name some, or `-` to type them, a line each")
    return [text for each in tags or ["-"] for text in (_lines() if each == "-" else [each])]


def _lines() -> list[str]:
    # Bytes that are no UTF-8 are kept as they are kept in arguments.
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return text.removesuffix("\n").split("\n") if text else []


def _line(tag: Tag, usual: str) -> str:
    what = tag.display_name if tag.parsed else tag.reason or ""
    elsewhere = f" (grammar {tag.grammar})" if tag.grammar != usual else ""
    return f"{printable(tag.input)}: {tag.kind}, {printable(what)}{elsewhere}"
