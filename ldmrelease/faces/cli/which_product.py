"""Which product a tag is meant of where several read it: by what is at the target, and by who has the tag."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import listed
from ldmrelease.domain.topology import Product
from ldmrelease.faces.cli.options import TYPED, UsageError
from ldmrelease.render.output import say
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.inventory.products_with_tag import products_with_tag

if TYPE_CHECKING:
    from ldmrelease.services.context import ReadContext

_SECONDS = 5.0
_MOST = 3


def only_product(context: "ReadContext", text: str, choices: Sequence[str], target: str | None) -> Product:
    """The one product of these that is meant by a tag: the only one at the target, or the only one that has the tag.
    Where it is not certain, raises `UsageError` with those that have it, and the commands to copy.
    """
    known = [each for each in context.topology.products if each.name in choices]
    products = _at_target(context, known, target)
    if len(products) == 1:
        return _told(text, products[0], "the only product there that has such tags")
    having = products_with_tag(context, products, text, _SECONDS)
    if len(having.found) == 1 and not having.unheard:
        return _told(text, next(each for each in products if each.name in having.found), "no other has it")
    names = having.found or tuple(each.name for each in products)
    unheard = f"; {_few(having.unheard)} could not be asked" if having.unheard else ""
    raise UsageError(
        f"{text!r} may be a tag of {len(products)} products; it is pinned or built of {_few(having.found)}{unheard}",
        f"say which: {_commands(text, names[:_MOST])}",
    )


def _few(names: Sequence[str]) -> str:
    return listed(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


def _told(text: str, product: Product, why: str) -> Product:
    say(f"{text} is {product.name}/{text} ({why})", err=True)
    return product


def _at_target(context: "ReadContext", products: list[Product], target: str | None) -> list[Product]:
    """Those that run at the target, if there is one and any of them does."""
    places = applications_at(context.topology, target)
    if isinstance(places, UnknownTarget):
        return products
    there = [each for each in products if any(place.components(each.name) for place in places)]
    return there or products


def _commands(text: str, products: Sequence[str]) -> str:
    """What was typed, with each product in front of the tag."""
    typed = TYPED.get()
    at = typed.index(text) if text in typed else len(typed)
    told = (shlex.join(("ldmrelease", *typed[:at], f"{each}/{text}", *typed[at + 1 :])) for each in products)
    return " or ".join(f"`{each}`" for each in told)
