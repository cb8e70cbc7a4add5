"""Which product a tag is meant to be of (details.md, Tags)."""

from msgspec import Struct

from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Product, Topology


class ChosenProduct(Struct, frozen=True):
    """The product, and the tag as it is spelled in it."""

    product: Product
    tag: str


class NoProduct(Struct, frozen=True):
    """No product was named, and the tag alone does not tell one: `choices` are those whose grammar reads it.

    `unknown` is the product that was named and that the workspace does not have.
    """

    tag: str
    choices: tuple[str, ...]
    unknown: str | None = None


def choose_product(topology: Topology, text: str, named: str | None) -> ChosenProduct | NoProduct:
    """The product that was named, as `--product` or in front of the tag (`stack/w.2023.16`, as we print it);
    else the default one if its grammar reads the tag. A workspace's only product is its default.
    """
    prefix, slash, rest = text.partition("/")
    if named is None and slash and topology.product(prefix) is not None:
        named, text = prefix, rest
    if named is not None:
        product = topology.product(named)
        if product is None:
            return NoProduct(text, tuple(each.name for each in topology.products), unknown=named)
        return ChosenProduct(product, text.removeprefix(f"{named}/"))
    usual = default_product(topology)
    if usual is not None and reads(usual, text):
        return ChosenProduct(usual, text)
    return NoProduct(text, tuple(each.name for each in topology.products if reads(each, text)))


def reads(product: Product, text: str) -> bool:
    """Whether the product's grammar reads a text as a tag."""
    return parse(text, product.grammar, product.aliases).parsed


def default_product(topology: Topology) -> Product | None:
    """The product that a tag alone means."""
    if len(topology.products) == 1:
        return topology.products[0]
    return next((each for each in topology.products if each.default), None)
