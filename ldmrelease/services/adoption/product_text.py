"""Products of a proposal as entries of a workspace's file: what differs by name alone is one entry."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from ldmrelease.domain.product_grammar import AnyGrammar, PatternGrammar
from ldmrelease.services.adoption.anchors import named_once
from ldmrelease.services.adoption.model import ProposedComponent, ProposedProduct
from ldmrelease.services.adoption.yaml_lines import YamlText, entry_lines, flow

_FEWEST = 3
"""Entries that one pattern is made of: two are as well written out."""
_NO_NAME = re.compile(r"[^a-z0-9]+")


def product_lines(products: Iterable[ProposedProduct]) -> Iterator[str]:
    """The entries of products, those with the same reason together."""
    alike: dict[tuple[str, str], list[ProposedProduct]] = defaultdict(list)
    rest: list[ProposedProduct] = []
    for each in products:
        place = _common_registry(each)
        if place is None:
            rest.append(each)
        else:
            alike[place, flow(_grammar(each.grammar))].append(each)
    stems: dict[tuple[object, ...], list[ProposedProduct]] = defaultdict(list)
    for each in rest:
        stems[_members(each)].append(each)
    rest = [each for key, own in stems.items() if not key or len(own) == 1 for each in own]
    few = {key for key, own in alike.items() if len(own) < _FEWEST}
    rest += [each for key in few for each in alike[key]]
    taken: set[str] = set()
    for (registry, grammar), own in sorted(alike.items()):
        if (registry, grammar) not in few:
            yield from [f"  # {_reason(own[0])}."] if _reason(own[0]) else []
            yield from entry_lines(*_pattern(registry, own, taken), 2)
    for key, own in stems.items():
        if key and len(own) > 1:
            yield f"  # {own[0].reason}."
            yield from entry_lines(*_family(own), 2)
    ordered = sorted(rest, key=lambda each: (bool(_reason(each)), _reason(each), each.name))
    entries = zip(ordered, named_once([_entry(each) for each in ordered], {}), strict=True)
    for reason, own_entries in groupby(entries, key=lambda each: _reason(each[0])):
        yield from [f"  # {reason}."] if reason else []
        for product, entry in own_entries:
            yield from entry_lines(product.name, entry, 2)


def _common_registry(product: ProposedProduct) -> str | None:
    """Where its one image is, if all that the product says follows from its name and that."""
    if len(product.components) != 1 or product.aliases:
        return None
    (own,) = product.components
    registry, _, name = own.repository.rpartition("/")
    return registry if registry and own.spelling is None and name == own.name == product.name else None


def _members(product: ProposedProduct) -> tuple[object, ...]:
    """What products have in common that differ by a part of their names alone: nothing where names say too little."""
    names = [each.name.removeprefix(f"{product.name}-") for each in product.components]
    fits = all(
        each.name == f"{product.name}-{name}" and each.repository.endswith(f"/{each.name}")
        for each, name in zip(product.components, names, strict=True)
    )
    registries = {each.repository.rpartition("/")[0] for each in product.components}
    spellings = {each.spelling for each in product.components}
    if not fits or len(names) == 1 or len(registries) > 1 or len(spellings) > 1 or product.aliases:
        return ()
    stem = product.name.partition("-")[0]
    return (stem, *names, *registries, *spellings, str(product.grammar), product.reason)


def _family(products: list[ProposedProduct]) -> tuple[str, YamlText]:
    """One entry for products whose components are called after them."""
    words = [each.name.split("-") for each in products]
    count = next(
        (number for number, column in enumerate(zip(*words, strict=False)) if len(set(column)) > 1), 1
    )
    stem = "-".join(words[0][:count])
    first = products[0]
    member = first.components[0]
    name = f"{stem}-{{group}}"
    image = f"{member.repository.rpartition('/')[0]}/{name}-{{member}}"
    members = [each.name.removeprefix(f"{first.name}-") for each in first.components]
    made: dict[str, YamlText] = {"for": {"member": members}, "image": image}
    return name, {
        "for": {"group": [each.name.removeprefix(f"{stem}-") for each in products]},
        "grammar": _grammar(first.grammar),
        "components": {f"{name}-{{member}}": made | _spelled(member.spelling)},
    }


def _pattern(registry: str, products: list[ProposedProduct], taken: set[str]) -> tuple[str, YamlText]:
    """One entry for all products of a registry with a grammar; `taken` are variables that are used."""
    last = _NO_NAME.sub("_", registry.rpartition("/")[2].lower()).strip("_")
    variable = last if last[:1].isalpha() else f"of_{last}"
    if variable in taken:
        variable = next(
            each for number in range(2, 1_000_000) if (each := f"{variable}_{number}") not in taken
        )
    taken.add(variable)
    name = f"{{{variable}}}"
    text: YamlText = {
        "for": {variable: [each.name for each in products]},
        "grammar": _grammar(products[0].grammar),
        "components": {name: {"image": f"{registry}/{name}"}},
    }
    return name, text


def _reason(product: ProposedProduct) -> str:
    is_plain = len(product.components) == 1 and not isinstance(product.grammar, PatternGrammar)
    return "" if is_plain else product.reason


def _entry(product: ProposedProduct) -> YamlText:
    entry: dict[str, YamlText] = {"grammar": _grammar(product.grammar)}
    if product.aliases:
        entry["aliases"] = list(product.aliases)
    return entry | {"components": _components(product.components)}


def _components(components: Iterable[ProposedComponent]) -> YamlText:
    """The components, those beside one another in a registry as one."""
    beside: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    listed = list(components)
    for each in listed:
        registry, _, name = each.repository.rpartition("/")
        if registry and name == each.name:
            beside[registry, each.spelling].append(name)
    entries: dict[str, YamlText] = {}
    written: list[str] = []
    for (registry, spelling), names in beside.items():
        # An entry is called by its variable, and two cannot have one name.
        if len(names) >= _FEWEST and not written:
            made: dict[str, YamlText] = {"for": {"component": names}, "image": f"{registry}/{{component}}"}
            entries["{component}"] = made | _spelled(spelling)
            written = names
    for each in listed:
        if each.name not in written:
            entries[each.name] = {"image": each.repository} | _spelled(each.spelling)
    return entries


def _spelled(spelling: str | None) -> dict[str, YamlText]:
    return {} if spelling is None else {"tag": spelling}


def _grammar(grammar: AnyGrammar) -> YamlText:
    if not isinstance(grammar, PatternGrammar):
        return str(grammar)
    kinds: dict[str, YamlText] = {}
    for kind, patterns in groupby(grammar.patterns, key=lambda each: each.kind):
        own = [each.text for each in patterns]
        kinds[str(kind)] = own[0] if len(own) == 1 else own
    return kinds
