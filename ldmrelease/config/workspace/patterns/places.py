"""Places that patterns make: applications of environments, each written once for all that have it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec.structs import replace

from ldmrelease.config.workspace.pattern_schema import PLACES_HEAD, PlacesHead
from ldmrelease.config.workspace.patterns import nodes
from ldmrelease.config.workspace.patterns.making import Made, Maker, Scope
from ldmrelease.config.workspace.patterns.repeats import (
    PatternQuestions,
    asked_by,
    choices,
    found,
    is_excepted,
    is_on,
    listed,
)
from ldmrelease.config.workspace.schema import PlacesEntry
from ldmrelease.config.workspace.tree_questions import Files
from ldmrelease.config.workspace.variables import Bindings
from ldmrelease.config.yaml.read import YamlNode
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.document_faults import spell_path

_ALWAYS = ("environment", "application")
_OF_TREE = ("gitops", "menu")


class PlacePatterns:
    """Puts the places of patterns into the environments, a mapping that was made here. products: without patterns."""

    def __init__(self, maker: Maker, environments: YamlNode, products: YamlNode | None = None) -> None:
        self._maker, self._document = maker, maker.document
        self._homes = _homes(products)
        self._environments = environments
        self._taken: dict[tuple[str, str], int] = {}
        self._twice: dict[tuple[int, int], list[str]] = {}
        for name, _, site in nodes.entries(environments):
            for application, place, _ in nodes.entries(nodes.child(site, "applications")):
                self._taken[name, application] = place[0]

    def add(self, node: YamlNode, path: Path) -> None:
        """Make the places of one pattern."""
        maker = self._maker
        if not isinstance(node.value, dict):
            maker.problems.append(
                self._document.problem(path, "is not a mapping", "write a pattern of places")
            )
            return
        head = maker.head(PlacesHead, node, path, PLACES_HEAD, PlacesEntry)
        body = nodes.only(node, PLACES_HEAD, without=True)
        if head is None:
            return
        tree = maker.trees.name(head, None)
        before = len(maker.problems)
        files = maker.trees.files(tree, head, path)
        asked = asked_by(head)
        names = [*_ALWAYS, *(head.for_ or {}), *asked.variables]
        maker.check(body, names, path)
        maker.problems.extend(maker.faults(head, names, asked, path))
        self._tell_unknown_environments(head, path)
        if files is None or len(maker.problems) > before:
            maker.dropped.append(path)
            return
        if any("*" in each for each in head.applications) and "application" not in _asked_names(asked):
            message = "says * of applications, and nothing here asks the tree for {application}"
            remedy = "name them, or add where: or from-tree: with {application} in it"
            maker.problems.append(self._document.problem((*path, "applications"), message, remedy))
            maker.dropped.append(path)
            return
        self._tell_unknown_applications(head, asked, files, path)
        for bound in self._bindings(head, asked, files, maker.weigher(path)):
            self._make(body, Scope(path, (), bound, tree), path)
        self._tell_twice(path)

    def _bindings(
        self, head: PlacesHead, asked: PatternQuestions, files: Files, weigh: Callable[[int], None]
    ) -> Iterator[Bindings]:
        chosen = [each for each in self._environments.children if _fits(each, head.environments)]
        named = [each for each in head.applications if "*" not in each]
        forms = [each for each in head.applications if "*" in each]
        weigh(len(chosen) * (len(named) + bool(forms)) * choices(head))
        for environment in chosen:
            starts: list[dict[str, str]] = [
                {"environment": environment, "application": each} for each in named
            ]
            for start in (*starts, *([{"environment": environment}] if forms else [])):
                own = (each for first in listed(head, start) for each in found(asked, files, first, weigh))
                for each in own:
                    for bound in _with_application(each, asked, files):
                        name = bound["application"]
                        if "application" not in start and (name in named or not _fits(name, forms)):
                            continue
                        if is_on(asked, files, bound) and not is_excepted(head, bound):
                            yield bound

    def _make(self, body: YamlNode, scope: Scope, path: Path) -> None:
        place = (scope.bindings["environment"], scope.bindings["application"])
        to: Path = ("environments", place[0], "applications", place[1])
        made = self._maker.copy(body, replace(scope, to=to))
        made = self._with_repository(made, scope)
        if _has_no_setting(made):
            # All of them come from the tree, which has none of them here.
            return
        made = _with_runs(made, self._homes)
        site = self._environments.children[place[0]]
        if not isinstance(site.value, dict):
            return
        there = nodes.child(site, "applications")
        line, column = self._document.where(path)
        if place in self._taken:
            same = (
                there is not None
                and place[1] in there.children
                and there.children[place[1]].value == made.value
            )
            if not same or self._taken[place] != line:
                self._twice.setdefault((self._taken[place], line), []).append("/".join(place))
            return
        self._taken[place] = line
        if there is None or not isinstance(there.value, dict):
            there = nodes.mapping(site, ())
            nodes.put(site, "applications", (site.line, site.column), there)
        nodes.put(there, place[1], (line, column), made)
        self._maker.made[spell_path(to)] = Made("/".join(place), scope.bindings)
        self._remember_runs(made, spell_path(to))

    def _remember_runs(self, made: YamlNode, to: str) -> None:
        """What runs there was made as the setting that writes it."""
        settings = nodes.items(nodes.child(made, "target", "gitops", "settings"))
        components = [
            None if (own := nodes.child(each, "component")) is None else self._home(own.value)
            for each in settings
        ]
        for index, each in enumerate(nodes.items(nodes.child(made, "runs"))):
            number = components.index(each.value) if each.value in components else None
            origin = self._maker.made.get(f"{to}.target.gitops.settings[{number}]")
            if origin is not None:
                self._maker.made[f"{to}.runs[{index}]"] = origin

    def _home(self, component: object) -> object:
        return self._homes.get(component, component) if isinstance(component, str) else component

    def _with_repository(self, made: YamlNode, scope: Scope) -> YamlNode:
        """What is written, with the repository of the tree where it does not say one."""
        entry = self._maker.trees.entry(scope.tree)
        target = nodes.child(made, "target")
        for kind in _OF_TREE if entry is not None and target is not None else ():
            own = nodes.child(target, kind)
            if (
                own is None
                or not isinstance(own.value, dict)
                or own.value.keys() & {"repository", "config-map"}
            ):
                continue
            assert entry is not None
            place = (own.line, own.column)
            nodes.put(own, "repository", place, nodes.text(own, entry.repository))
            if "branch" not in own.value:
                nodes.put(own, "branch", place, nodes.text(own, entry.branch))
        return made

    def _tell_unknown_environments(self, head: PlacesHead, path: Path) -> None:
        for index, each in enumerate(head.environments):
            if each != "*" and not any(_fits(name, [each]) for name in self._environments.children):
                place = (*path, "environments", index)
                known = self._environments.children
                problem = self._document.unknown(place, f"no environment {each!r}", each, known)
                self._maker.problems.append(problem)

    def _tell_unknown_applications(
        self, head: PlacesHead, asked: PatternQuestions, files: Files, path: Path
    ) -> None:
        """Names of which the tree does not even say that they are off."""
        known = {
            each["application"] for q in asked.where for each in q.answers(files, {}) if "application" in each
        }
        for index, each in enumerate(head.applications if known else ()):
            if "*" not in each and each not in known:
                place = (*path, "applications", index)
                message = f"the tree has no application {each!r}"
                problem = self._document.unknown(place, message, each, known)
                self._maker.problems.append(problem)

    def _tell_twice(self, path: Path) -> None:
        for (first, line), places in self._twice.items():
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            if first == line:
                message = f"makes {places[0]}{more} more than once, and not the same"
                remedy = "let what differs be settings of it"
            else:
                message = f"makes {places[0]}{more}, which line {first} does too"
                remedy = f"write except: [{', '.join(places[:3])}] in one of them"
            self._maker.problems.append(self._document.problem(path, message, remedy))
        self._twice.clear()


def _asked_names(asked: PatternQuestions) -> set[str]:
    return {*asked.variables, *(name for each in asked.where for name in each.variables)}


def _with_application(bound: Bindings, asked: PatternQuestions, files: Files) -> Iterator[Bindings]:
    if "application" in bound:
        yield bound
        return
    names = {
        each["application"] for q in asked.where for each in q.answers(files, bound) if "application" in each
    }
    yield from ({**bound, "application": name} for name in sorted(names))


def _fits(name: str, forms: list[str]) -> bool:
    return any(fnmatchcase(name, each) for each in forms)


def _has_no_setting(made: YamlNode) -> bool:
    settings = nodes.child(made, "target", "gitops", "settings")
    return settings is not None and isinstance(settings.value, list) and not settings.value


def _homes(products: YamlNode | None) -> dict[str, str]:
    """By the name of a component that one product alone has, `PRODUCT/COMPONENT`."""
    found: dict[str, list[str]] = defaultdict(list)
    for product, _, entry in nodes.entries(products):
        for component, _, _ in nodes.entries(nodes.child(entry, "components")):
            found[component].append(f"{product}/{component}")
    return {name: own[0] for name, own in found.items() if len(own) == 1}


def _with_runs(made: YamlNode, homes: Mapping[str, str]) -> YamlNode:
    """The entry with the components that it writes as those that run there, where it does not say which. homes: by
    the name of a component that one product alone has, `PRODUCT/COMPONENT`."""
    if "runs" in made.children:
        return made
    settings = nodes.items(nodes.child(made, "target", "gitops", "settings"))
    written = [nodes.child(each, "component") for each in settings]
    written.append(nodes.child(made, "target", "menu", "component"))
    first: dict[str, YamlNode] = {}
    for each in written:
        if each is not None and isinstance(each.value, str):
            name = homes.get(each.value, each.value)
            first.setdefault(name, nodes.text(each, name))
    if not first and nodes.child(made, "target", "kubernetes") is None:
        # The target is wrong, which is told: that it writes nothing follows from that.
        first["?"] = nodes.text(made, "?")
    if first:
        runs = nodes.sequence(next(iter(first.values())), list(first.values()))
        nodes.put(made, "runs", (made.line, made.column), runs)
    return made
