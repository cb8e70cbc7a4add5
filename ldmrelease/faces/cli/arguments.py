"""What commands about releases have in common: which product, release and places are meant."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.yaml.suggestions import did_you_mean, nearest, same_but_spelling
from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Application, Product, Topology
from ldmrelease.faces.cli.options import NoAnswer, UsageError
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.render.output import say
from ldmrelease.services.releases.products import (
    ChosenProduct,
    NoProduct,
    choose_product,
    default_product,
    reads,
)

if TYPE_CHECKING:
    from ldmrelease.services.context import Context, ReadContext
    from ldmrelease.services.releases.pin import Pinned, Unpinnable

ProductOption = Annotated[
    str | None,
    typer.Option("--product", "-p", help="The product; else the default one, if its grammar reads the tag."),
]
TARGET = ("--target", "-t", "--environment", "-e")
"""Two spellings of one thing everywhere: an environment is one of the things that may be meant."""

TargetOption = Annotated[
    str, typer.Option(*TARGET, help="A level, an environment, or environment/application.")
]
OptionalTargetOption = Annotated[
    str | None, typer.Option(*TARGET, help="A level, an environment, or environment/application; else all.")
]
TargetArgument = Annotated[str | None, typer.Argument(metavar="TARGET", help="The same as --target.")]


def one_target(argument: str | None, option: str | None) -> str | None:
    """The target that was named, as an argument or by an option. Raises `UsageError` where two were."""
    if None not in (argument, option) and argument != option:
        raise UsageError(f"{argument!r} and {option!r} are two targets", "name one of them")
    return argument if option is None else option


def place_or_tag(
    context: "ReadContext", text: str, topology: Topology | None = None
) -> tuple[Application, ...] | None:
    """The applications of what is a target, None for what may be a tag. Raises `UsageError` for a misspelled target.

    topology: the places that may be meant, where these are others than those of the workspace.
    """
    from ldmrelease.services.deployments.target import UnknownTarget, applications_at  # noqa: PLC0415 - as below

    places = topology or context.topology
    meant = applications_at(places, as_target(places, text))
    if not isinstance(meant, UnknownTarget):
        return meant
    near = nearest(text, meant.known)
    if near is not None and not any(reads(each, text) for each in context.topology.products):
        raise UsageError(f"there is no place {text!r}, and no tag", f"did you mean {near}?")
    return None


def reason_text(given: str | None) -> str | None:
    """What was typed, where the locale did not say that it is UTF-8. Raises `BadParameter` if it is not."""
    try:
        return given.encode("utf-8", "surrogateescape").decode("utf-8") if given is not None else None
    except UnicodeError:
        raise typer.BadParameter("it is not UTF-8 text; write it in UTF-8") from None


ReasonOption = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", callback=reason_text, help="Why; it is signed and kept."),
]
ReleaseArgument = Annotated[str, typer.Argument(metavar="RELEASE", help="A tag, such as w.2023.16.")]

_DIGEST = "sha256:"
_FOUND_BAD = {"bad-image", "ambiguous-tag"}


def product_and_tag(
    context: "ReadContext", text: str, product: str | None, target: str | None = None
) -> tuple[Product, str]:
    """The product that is meant, and the tag, whichever way it is spelled. Raises `UsageError`.

    target: where the release is to be, if that is asked for: a tag is of what runs there.

    Where it was understood from another spelling, stderr says as what.
    """
    chosen = choose_product(context.topology, text, product)
    if isinstance(chosen, ChosenProduct) and reads(chosen.product, chosen.tag):
        return chosen.product, chosen.tag
    if isinstance(chosen, NoProduct) and chosen.unknown is not None:
        require_product(context.topology, chosen.unknown)
    if isinstance(chosen, NoProduct) and len(chosen.choices) > 1:
        from ldmrelease.faces.cli.which_product import only_product  # noqa: PLC0415 - knows registries

        return only_product(context, text, chosen.choices, target), text
    from ldmrelease.services.releases.tag_spellings import understand, unread_choices  # noqa: PLC0415 - seldom

    meant = understand(context, chosen.tag, chosen.product if isinstance(chosen, ChosenProduct) else None)
    if isinstance(meant, ChosenProduct):
        say(f"{text} is {meant.product.name}/{meant.tag}", err=True)
        return meant.product, meant.tag
    if isinstance(chosen, NoProduct):
        meant = (*meant, *(f"{each}/{text}" for each in chosen.choices))
    if meant:
        near = " or ".join(dict.fromkeys(meant))
        raise UsageError(f"{text!r} is not a tag of {_asked(chosen)}", f"did you mean {near}?")
    raise UsageError(
        f"{text!r} is not a tag of {_asked(chosen)}", f"known are {unread_choices(context.topology)}"
    )


def _asked(chosen: ChosenProduct | NoProduct) -> str:
    """Whose tag it was to be."""
    if isinstance(chosen, ChosenProduct):
        return chosen.product.name
    return "the default product" if chosen.choices else "any product"


def require_product(topology: Topology, product: str | None) -> None:
    """Raise `UsageError` for a product that the workspace does not have; None is any."""
    if product is not None and topology.product(product) is None:
        known = [each.name for each in topology.products]
        raise UsageError(f"there is no product {product!r}", did_you_mean(product, known))


def known_release(context: "ReadContext", text: str, product: str | None) -> str:
    """The release that a text means, as `product/tag`, if it was ever pinned. Raises `UsageError`."""
    chosen, tag = product_and_tag(context, text, product)
    name = parse(tag, chosen.grammar, chosen.aliases).name or tag
    if not context.pins.revisions(chosen.name, name):
        command = f"ldmrelease release pin {name} --product {chosen.name}"
        raise UsageError(
            f"{chosen.name}/{name} is not pinned, and nothing of it was observed", f"pin it with `{command}`"
        )
    return f"{chosen.name}/{name}"


def usual_product(context: "Context") -> str | None:
    """The name of the product that a tag alone means."""
    usual = default_product(context.topology)
    return usual.name if usual is not None else None


def release_now(context: "Context", text: str, product: str | None, target: str | None = None) -> "Pinned":
    """The pinned release, or a pin in memory where nothing is stored. Raises `UsageError`, and `NoAnswer` where what
    was found is bad. `TAG@N` is a revision that is stored, and a digest names the one that has it.
    """
    if "@" in text or text.rpartition("/")[2].startswith(_DIGEST):
        return release_stored(context, text, product, target)
    from ldmrelease.services.releases.pin import find_or_pin  # noqa: PLC0415 - knows registries and sources

    chosen, tag = product_and_tag(context, text, product, target)
    return usable_pin(
        find_or_pin(context, chosen, tag),
        known=lambda: (pinned for _, pinned in context.pins.tags(chosen.name)),
    )


def usable_pin(found: "Pinned | Unpinnable", *, known: Callable[[], Iterable[str]] = tuple) -> "Pinned":
    """The pin. Raises `UsageError`, `NoAnswer`: exit 2 for a tag that names nothing, 1 where what it names is bad.

    known: the tags that are pinned already; one of them may be meant.
    """
    from ldmrelease.services.releases.pin import Pinned  # noqa: PLC0415 - as above

    if isinstance(found, Pinned):
        return found
    from ldmrelease.answers.sentences.pinning import unpinnable_words  # noqa: PLC0415 - where it is refused

    if found.code in _FOUND_BAD:
        raise NoAnswer(ExitCode.REFUSED, found.code, f"refused: {unpinnable_words(found)}")
    meant = same_but_spelling(str(found.values.get("tag", "")), known())
    raise UsageError(unpinnable_words(found), f"did you mean {meant}?" if meant else "")


def release_stored(context: "Context", text: str, product: str | None, target: str | None = None) -> "Pinned":
    """The release as it is pinned in the ledger; `TAG@N` is the revision of that number, or digest, of its tag. Raises
    `UsageError` where it is not."""
    text, at, which = text.partition("@")
    chosen, tag = product_and_tag(context, text, product, target)
    from ldmrelease.services.releases.pin import stored_pin  # noqa: PLC0415 - as above

    digest = text.rpartition("/")[2]
    if digest.startswith(_DIGEST):
        at, which = "@", _revision_of_digest(context, chosen, tag, digest, which)
    found = stored_pin(context, chosen, f"{tag}{at}{which}")
    if found is None:
        _require_revision(context, chosen, tag, which)
        command = f"ldmrelease release pin {tag} --product {chosen.name}"
        raise UsageError(f"{chosen.name}/{tag} is not pinned", f"pin it with `{command}`")
    return found


def _revision_of_digest(context: "Context", product: Product, tag: str, digest: str, which: str) -> str:
    """The revision that a digest names: `which`, if that is one that has it; else the newest, or the only one that has
    it. Raises `UsageError`."""
    from ldmrelease.services.releases.tag_spellings import revisions_of_digest  # noqa: PLC0415 - seldom

    found = [str(each) for each in revisions_of_digest(context, product.name, tag, digest)]
    newest = str(context.pins.revisions(product.name, tag)[-1].body.revision)
    meant = [each for each in found if each == which] if which else [newest] if newest in found else found
    if len(meant) == 1:
        return meant[0]
    known = " or ".join(f"{product.name}/{tag}@{each}" for each in found)
    if which:
        raise UsageError(f"{digest} is not of {product.name}/{tag}@{which}", f"it is of {known}")
    raise UsageError(f"{digest} is of several revisions of {product.name}/{tag}", f"say which: {known}")


def _require_revision(context: "Context", product: Product, text: str, which: str) -> None:
    """Raise `UsageError` where a tag is pinned, and not as the revision that is asked for."""
    tag = parse(text, product.grammar, product.aliases).name or text
    known = [f"{tag}@{each.body.revision}" for each in context.pins.revisions(product.name, tag)]
    if known:
        raise UsageError(f"{product.name}/{tag} has no revision {which!r}", f"it has {', '.join(known)}")


def applications_of(
    context: "ReadContext", target: str | None, topology: Topology | None = None
) -> tuple[Application, ...]:
    """The applications that a target means, of whatever product; all of them without one. Raises `UsageError`.

    topology: as in `place_or_tag`.
    """
    from ldmrelease.services.deployments.target import UnknownTarget, applications_at  # noqa: PLC0415 - as above

    places = topology or context.topology
    found = applications_at(places, None if target is None else as_target(places, target))
    if isinstance(found, UnknownTarget):
        raise UsageError(f"there is no place {found.target!r}", did_you_mean(found.target, found.known))
    return found


def environment_of(topology: Topology, target: str, *others: str) -> str:
    """The environment that a target means; `others` are known, too. Raises `UsageError` for one that means several."""
    known = dict.fromkeys(each.place.environment for each in topology.applications)
    known |= dict.fromkeys(others)
    environment = target.partition("/")[0]
    if environment not in known:
        raise UsageError(f"there is no environment {target!r}", did_you_mean(target, known))
    return environment
