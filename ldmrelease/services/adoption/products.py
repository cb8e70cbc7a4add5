"""Which image repositories of a tree are one product: tagged together, so that one name says what all of them are."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from ldmrelease.services.adoption.grammars import choose_grammar
from ldmrelease.services.adoption.model import (
    FoundSelector,
    ProposedComponent,
    ProposedProduct,
)
from ldmrelease.services.adoption.selectors import CYCLE

CYCLE_PRODUCT = "cycle"
_CYCLE_REASON = "all of them are of the cycle of their environment"
_NAME = re.compile(r"[^A-Za-z0-9._-]+")

Unreadable = Mapping[str, tuple[str, ...]]
"""By repository, the tags that no grammar reads."""


def products_of(selectors: Collection[FoundSelector]) -> tuple[list[ProposedProduct], Unreadable]:
    """The products, and the tags of repositories that are in no grammar."""
    tags: dict[str, set[str]] = defaultdict(set)
    for selector in selectors:
        tags[selector.repository].add(selector.tag)
    names = component_names(tags)
    found: list[ProposedProduct] = []
    unread: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for group, reason in _groups(selectors):
        seen = sorted({tag for each in group for tag in tags[each]})
        chosen = choose_grammar(seen)
        if chosen is None:
            unread |= {each: tuple(sorted(tags[each])) for each in group}
            continue
        for each in group:
            missed = tuple(tag for tag in sorted(tags[each]) if tag in chosen.unread)
            if missed:
                unread[each] = missed
        name = _product_name(group, names, reason, taken)
        taken.add(name)
        components = tuple(ProposedComponent(names[each], each, chosen.spelling) for each in sorted(group))
        reasons = "; ".join(filter(None, (reason, chosen.reason)))
        found.append(ProposedProduct(name, chosen.grammar, components, tuple(seen), reasons))
    return sorted(found, key=lambda each: each.name), unread


def component_names(repositories: Iterable[str]) -> dict[str, str]:
    """A name for each repository: its last part, with more of it where two would have the same."""
    all_of_them = sorted(repositories)
    ends = Counter(each.rpartition("/")[2] for each in all_of_them)
    found: dict[str, str] = {}
    for each in all_of_them:
        parts = each.split("/")
        words = parts[-1:] if ends[parts[-1]] == 1 else parts[-2:]
        name = _NAME.sub("-", "-".join(words))
        while name in found.values():
            name = _NAME.sub("-", each) if name != _NAME.sub("-", each) else f"{name}-2"
        found[each] = name
    return found


def _groups(selectors: Collection[FoundSelector]) -> list[tuple[list[str], str]]:
    """Repositories that are tagged together, each group with its reason."""
    cycle = {each.repository for each in selectors if each.template == CYCLE}
    rest = [each for each in selectors if each.repository not in cycle]
    together = _Groups(each.repository for each in rest)
    at: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    decided: dict[object, str] = {}
    for each in rest:
        at[each.environment, each.application][each.repository].add(each.tag)
        # The last address is where it is read in the end: a chart's version, for all images of that chart.
        last = each.parts[-1].addresses[-1]
        together.join(decided.setdefault((last, each.environment), each.repository), each.repository)
    for one, other in _tagged_alike(at):
        together.join(one, other)
    groups = [(group, "they have the same tag" if len(group) > 1 else "") for group in together.groups()]
    return [*([(sorted(cycle), _CYCLE_REASON)] if cycle else []), *groups]


def _tagged_alike(at: Mapping[tuple[str, str], Mapping[str, set[str]]]) -> list[tuple[str, str]]:
    """Repositories beside one another that have the same tag wherever both are, in two places at least."""
    alike: Counter[tuple[str, str]] = Counter()
    differ: set[tuple[str, str]] = set()
    for place in at.values():
        by_prefix: dict[str, list[str]] = defaultdict(list)
        for each in sorted(place):
            by_prefix[each.rpartition("/")[0]].append(each)
        for beside in by_prefix.values():
            for index, one in enumerate(beside):
                for other in beside[index + 1 :]:
                    if place[one] == place[other]:
                        alike[one, other] += 1
                    else:
                        differ.add((one, other))
    return [pair for pair, count in alike.items() if count > 1 and pair not in differ]


class _Groups:
    """Things that are joined in groups."""

    def __init__(self, names: Iterable[str]) -> None:
        self._home = {each: each for each in sorted(set(names))}

    def join(self, one: str, other: str) -> None:
        """Put the groups of both together."""
        first, second = self._first(one), self._first(other)
        self._home[max(first, second)] = min(first, second)

    def groups(self) -> list[list[str]]:
        """The groups, each in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for each in self._home:
            found[self._first(each)].append(each)
        return list(found.values())

    def _first(self, name: str) -> str:
        while self._home[name] != name:
            name = self._home[name]
        return name


def _product_name(group: Sequence[str], names: Mapping[str, str], reason: str, taken: set[str]) -> str:
    if reason == _CYCLE_REASON:
        return CYCLE_PRODUCT
    own = sorted((names[each] for each in group), key=lambda each: (len(each), each))
    name = _common([names[each] for each in group]) or own[0]
    numbered = (f"{name}-{number}" for number in range(2, 1000))
    return next(each for each in chain((name, *own), numbered) if each not in taken)


def _common(names: Sequence[str]) -> str:
    """The words that all names begin with."""
    words = [each.split("-") for each in names]
    found = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        found.append(column[0])
    return "-".join(found)
