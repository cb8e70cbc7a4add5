"""Places that no policy can ever let anything into: what has to come before can never have been there.

A place lets a kind of tag of a product in where its level accepts the kind, and each of its `after` requirements
names a place that can admit it before. What is left over once no further place can be added is out of reach.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ldmrelease.config.policies.clauses import HeldClause, clauses_at
from ldmrelease.config.policies.references import Policies
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.domain.level import Additions, Level
from ldmrelease.domain.tags import grammar_of
from ldmrelease.domain.topology import Application, Place, Product, Topology

_Entry = tuple[Place, str, str]
"""A place, a product and a kind of its tags."""


class _Site(Struct, frozen=True):
    """An application, a product that it runs, the kinds of tag that its level accepts of it, and what comes before."""

    application: Application
    product: Product
    kinds: tuple[str, ...]
    after: tuple[HeldClause, ...]

    @property
    def entries(self) -> tuple[_Entry, ...]:
        return tuple((self.application.place, self.product.name, kind) for kind in self.kinds)


def unreachable(policies: Policies, topology: Topology) -> Iterator[Problem]:
    """The requirement, or the list of accepted kinds, that keeps everything out; what only follows from another
    place's trouble is not told."""
    sites = tuple(_sites(policies, topology))
    open_ = _reachable(sites)
    closed = [each for each in sites if not open_.intersection(each.entries)]
    return _Diagnosis(policies, sites, closed, open_).problems()


def closed_places(policies: Policies, topology: Topology) -> tuple[Place, ...]:
    """The places that nothing of one of their products can ever enter."""
    sites = tuple(_sites(policies, topology))
    open_ = _reachable(sites)
    closed = (each.application.place for each in sites if not open_.intersection(each.entries))
    return tuple(dict.fromkeys(closed))


def _sites(policies: Policies, topology: Topology) -> Iterator[_Site]:
    known = {each.name: grammar_of(each.grammar).KINDS for each in topology.products}
    asked: dict[tuple[str, str], tuple[tuple[str, ...], tuple[HeldClause, ...]]] = {}
    for application in topology.applications:
        key = application.level, application.place.environment
        if key not in asked:
            asked[key] = _asked(policies[key[0]][0], key[1])
        accepts, after = asked[key]
        products = {each.partition("/")[0] for each in application.runs}
        for product in topology.products:
            if product.name in products:
                kinds = tuple(each for each in accepts if each in known[product.name])
                yield _Site(application, product, kinds, after)


def _asked(level: Level, environment: str) -> tuple[tuple[str, ...], tuple[HeldClause, ...]]:
    """The kinds that a level accepts in an environment, and what has to come before there."""
    clauses = clauses_at(level, environment)
    after = (each for each in clauses if each.phase == "enter" and each.requirement.rule == "after")
    return tuple(level.at(environment).accepts), tuple(after)


def _reachable(sites: tuple[_Site, ...]) -> set[_Entry]:
    found: set[_Entry] = set()
    of_product: dict[str, list[_Site]] = defaultdict(list)
    for each in sites:
        of_product[each.product.name].append(each)
    while True:
        new = {
            entry
            for site in sites
            for entry in site.entries
            if entry not in found
            and all(_satisfied(each, entry, of_product[entry[1]], found) for each in site.after)
        }
        if not new:
            return found
        found |= new


def _satisfied(clause: HeldClause, entry: _Entry, sites: Sequence[_Site], open_: set[_Entry]) -> bool:
    _, product, kind = entry
    parameters = clause.requirement.parameters
    # Where what came by hand counts too, nothing has to have admitted it.
    by_hand = parameters.get("admitted") is False
    return any(
        by_hand or (each.application.place, product, kind) in open_
        for each in sites
        if each.product.name == product and _is_named(each.application, parameters)
    )


def _is_named(application: Application, parameters: dict[str, Any]) -> bool:
    place = application.place
    named = parameters.get("application") in (None, place.application)
    return named and (
        parameters["level"] == application.level
        if "level" in parameters
        else parameters["environment"] == place.environment
    )


class _Diagnosis:
    """Tells why sites are out of reach."""

    def __init__(
        self, policies: Policies, sites: tuple[_Site, ...], closed: list[_Site], open_: set[_Entry]
    ) -> None:
        self._policies = policies
        self._sites = sites
        self._closed = closed
        self._open = open_
        self._circles: set[Place] = set()

    def problems(self) -> Iterator[Problem]:
        """One for each cause."""
        for site in self._closed:
            if not site.kinds:
                yield self._nothing_accepted(site)
            else:
                yield from self._blocked(site)

    def _nothing_accepted(self, site: _Site) -> Problem:
        level, document = self._policies[site.application.level]
        environment = site.application.place.environment
        own = level.environments.get(environment, Additions()).excludes
        kinds = ", ".join(sorted(grammar_of(site.product.grammar).KINDS))
        where = f"{level.name} at {environment}" if own else level.name
        message = (
            f"nothing of {site.product.name} can ever enter: its tags are of the kinds {kinds}, "
            f"and {where} accepts {', '.join(level.at(environment).accepts) or 'none'}"
        )
        path = ("spec", "environments", environment, "excludes") if own else ("spec", "accepts")
        return document.problem(path, message, "accept one of them")

    def _blocked(self, site: _Site) -> Iterator[Problem]:
        for clause in site.after:
            if any(_satisfied(clause, each, self._sites, self._open) for each in site.entries):
                continue
            told = self._why(site, clause)
            if told is not None:
                message, remedy = told
                document = self._policies[site.application.level][1]
                yield document.problem(clause.path, message, remedy)
                return

    def _why(self, site: _Site, clause: HeldClause) -> tuple[str, str] | None:
        parameters, place = clause.requirement.parameters, site.application.place
        before = [
            each
            for each in self._sites
            if each.product.name == site.product.name and _is_named(each.application, parameters)
        ]
        named = parameters.get("level") or parameters["environment"]
        if not before:
            message = f"nothing at {named} runs {site.product.name}, so it can never enter"
            return message, "name where it runs before"
        if parameters.get("level") == site.application.level and len(clause.path) == 3:
            return (
                "a level cannot come after itself: whoever is first never enters",
                "name the level before it",
            )
        if all(each.application.place == place for each in before):
            return f"{place} cannot come after itself", "ask it of the other environments, under environments"
        circle = self._circle(site)
        if circle is not None:
            if self._circles.intersection(circle):
                return None
            self._circles.update(circle)
            names = " -> ".join(str(each) for each in (*circle, circle[0]))
            return f"circular `after`: {names}", "take one of them out"
        if any(each in self._closed for each in before):
            return None
        kinds = sorted({kind for each in before for _, _, kind in self._open.intersection(each.entries)})
        message = (
            f"nothing of {site.product.name} can ever enter: {named} can admit {', '.join(kinds)}, "
            f"and {site.application.level} accepts {', '.join(site.kinds)}"
        )
        return message, "accept a kind that both admit"

    def _circle(self, site: _Site) -> tuple[Place, ...] | None:
        """The way from a place back to itself, each after the next, through places that are out of reach."""
        start = site.application.place
        walks: list[tuple[_Site, tuple[Place, ...]]] = [(site, (start,))]
        visited = {start}
        while walks:
            here, walk = walks.pop(0)
            for each in self._before(here):
                place = each.application.place
                if place == start:
                    return walk
                if place not in visited:
                    visited.add(place)
                    walks.append((each, (*walk, place)))
        return None

    def _before(self, site: _Site) -> Iterator[_Site]:
        for clause in site.after:
            for each in self._closed:
                if each.product.name == site.product.name and _is_named(
                    each.application, clause.requirement.parameters
                ):
                    yield each
