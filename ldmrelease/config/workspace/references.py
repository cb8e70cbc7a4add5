"""Whether what a workspace file names is there: components, levels, settings that nobody else writes."""

from collections.abc import Iterable, Iterator

from ldmrelease.config.workspace.cluster_references import cluster_problems
from ldmrelease.config.workspace.grammars import grammar_problems
from ldmrelease.config.workspace.schema import (
    DEFAULT_TAG,
    ApplicationEntry,
    ProductEntry,
    WorkspaceFile,
)
from ldmrelease.config.workspace.setting_references import (
    menu_path_problems,
    selector_problems,
    setting_path_problems,
    twice_written,
)
from ldmrelease.config.workspace.target_schema import MenuEntry, SettingEntry
from ldmrelease.config.workspace.topology import (
    component_name,
    component_source,
    grammar_of_entry,
    level_of,
    places_named,
    sourced,
)
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.suggestions import nearest, one_of
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.tags import grammar_of, image_tag, parse
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.ledger.registry import STORES, address_fault, scheme_of

ALIAS_KEYS = ("recommendedTag",)
"""Keys of a menu that hold a moving name."""


class References:
    """Looks the names of a workspace file up. `levels` are those that have a policy."""

    def __init__(self, file: WorkspaceFile, document: YamlDocument, levels: Iterable[str] | None) -> None:
        self._file = file
        self._document = document
        self._levels = None if levels is None else tuple(levels)

    def problems(self) -> Iterator[Problem]:
        """Everything that is named and not there, or named twice."""
        yield from self._workspace()
        for name, product in self._file.products.items():
            yield from self._product(name, product)
        yield from self._derived_in_circles()
        for path, place, entry in self._applications():
            yield from self._level(path, place, entry)
            yield from self._runs(path, entry)
            yield from self._target(path, entry)
        yield from self._enclaves()
        yield from twice_written(self._file, self._document)
        yield from cluster_problems(self._file, self._document)

    def _enclaves(self) -> Iterator[Problem]:
        for site, entry in self._file.sites.items():
            for name, enclave in entry.enclaves.items():
                path: Path = ("sites", site, "enclaves", name)
                lists = [((*path, "places"), enclave.places)]
                lists += [((*path, "services", each), own) for each, own in enclave.services.items()]
                for where, texts in lists:
                    for index, text in enumerate(texts):
                        if not places_named(self._file, text):
                            known = self._file.environments
                            yield self._document.unknown((*where, index), f"no place {text!r}", text, known)

    def _workspace(self) -> Iterator[Problem]:
        yield from self._ledger()
        yield from self._image(("releases",), self._file.releases)
        for name, check in self._file.checks.items():
            if check.results is not None:
                yield from self._image(("checks", name, "results"), check.results)
        for name, site in self._file.environments.items():
            yield from self._unknown_level(("environments", name, "level"), site.level)
        for level in self._file.keys.receipts:
            if self._levels is not None and level not in self._levels:
                path: Path = ("keys", "receipts", level)
                yield self._document.unknown(path, f"no level {level!r}", level, self._levels, True)

    def _image(self, path: Path, text: str) -> Iterator[Problem]:
        try:
            reference = parse_reference(text)
        except ValueError as error:
            yield self._document.problem(path, str(error))
            return
        if reference.tag or reference.digest:
            message = f"{text!r} names one image, where a repository is expected"
            yield self._document.problem(path, message, "leave tag and digest out", expected="a repository")

    def _product(self, name: str, entry: ProductEntry) -> Iterator[Problem]:
        path: Path = ("products", name)
        defaults = [each for each, other in self._file.products.items() if other.default]
        if name in defaults[1:]:
            message = f"{defaults[0]!r} is the default already"
            yield self._document.problem((*path, "default"), message, "mark one product as the default")
        faults = list(grammar_problems((*path, "grammar"), entry.grammar, self._document))
        yield from faults
        grammar = None if faults else grammar_of_entry(entry.grammar)
        for part, component in entry.components.items():
            place: Path = (*path, "components", part)
            kind, source = sourced(component)
            if kind is ComponentKind.IMAGE:
                yield from self._image((*place, "image"), source)
            if grammar is not None:
                yield from self._tag((*place, "tag"), component.tag or DEFAULT_TAG[kind.value], grammar)
            base = component.derived_from
            if base is not None and not self._known(base, within=name):
                yield self._unknown((*place, "derived-from"), base if "/" in base else f"{name}/{base}")

    def _bases(self) -> dict[str, str]:
        """The component that each one was built on, by `product/component`."""
        found = {}
        for product, entry in self._file.products.items():
            for name, component in entry.components.items():
                base = component.derived_from
                if base is not None:
                    found[f"{product}/{name}"] = base if "/" in base else f"{product}/{base}"
        return found

    def _derived_in_circles(self) -> Iterator[Problem]:
        bases = self._bases()
        told: set[str] = set()
        for first in bases:
            walk = [first]
            while (base := bases.get(walk[-1])) is not None and base not in walk:
                walk.append(base)
            if base == first and first not in told:
                told.update(walk)
                product, _, name = first.partition("/")
                message = f"circular derived-from: {' -> '.join([*walk, first])}"
                place: Path = ("products", product, "components", name, "derived-from")
                yield self._document.problem(place, message, "name what it was really built on")

    def _ledger(self) -> Iterator[Problem]:
        address = self._file.ledger
        scheme, known = scheme_of(address), one_of(f"{each}:" for each in STORES)
        fault = address_fault(address) if scheme in STORES else f"{scheme!r} is not a kind of ledger"
        if fault is not None:
            expected = f"a path, or an address that begins with {known}"
            yield self._document.problem(
                ("ledger",), f"found {address!r}: {fault}", f"write {expected}", expected=expected
            )

    def _tag(self, path: Path, pattern: str, grammar: AnyGrammar) -> Iterator[Problem]:
        try:
            image_tag(parse(grammar_of(grammar).EXAMPLE, grammar), pattern)
        except ValueError as error:
            yield self._document.problem(path, str(error))

    def _known(self, component: str, within: str | None = None) -> bool:
        product, slash, name = component.partition("/")
        if not slash:
            product, name = within or "", component
        entry = self._file.products.get(product)
        return entry is not None and name in entry.components

    def _unknown(self, path: Path, component: str) -> Problem:
        """What is wrong with the name of a component: there is no such product, or it has no such component."""
        product, slash, name = component.partition("/")
        products, document = self._file.products, self._document
        if not products:
            message = "names a component, and there are no products"
            return document.problem(path, message, "describe them under products")
        if not slash:
            homes = [f"{each}/{product}" for each, entry in products.items() if product in entry.components]
            return document.unknown(path, f"{component!r} is not PRODUCT/COMPONENT", component, homes)
        if product not in products:
            return document.unknown(path, f"no product {product!r}", product, products)
        known = [f"{product}/{each}" for each in products[product].components]
        # Of the component alone: the product in front of both makes all of them look alike.
        near = nearest(name, products[product].components)
        remedy = f"did you mean {product}/{near}?" if near else f"known are {', '.join(sorted(known))}"
        return document.problem(path, f"no component {component!r}", remedy, expected=one_of(known))

    def _applications(self) -> Iterator[tuple[Path, tuple[str, str], ApplicationEntry]]:
        for environment, site in self._file.environments.items():
            for name, entry in site.applications.items():
                yield ("environments", environment, "applications", name), (environment, name), entry

    def _level(self, path: Path, place: tuple[str, str], entry: ApplicationEntry) -> Iterator[Problem]:
        site = self._file.environments[place[0]]
        level = level_of(site, entry)
        if level is None:
            message = "no level, here or in the environment"
            yield self._document.problem(path, message, "write level: and the name of a policy", True)
        yield from self._unknown_level((*path, "level"), entry.level)

    def _unknown_level(self, path: Path, level: str | None) -> Iterator[Problem]:
        if level is not None and self._levels is not None and level not in self._levels:
            yield self._document.unknown(path, f"no level {level!r}", level, self._levels)

    def _runs(self, path: Path, entry: ApplicationEntry) -> Iterator[Problem]:
        taken: dict[str, str] = {}
        for index, component in enumerate(entry.runs):
            where: Path = (*path, "runs", index)
            if not self._known(component):
                yield self._unknown(where, component)
                continue
            other = taken.setdefault(component_name(component), component)
            if other != component:
                message = f"{other!r} and {component!r} have one name in one application"
                yield self._document.problem(where, message, "split the application, or rename one")

    def _target(self, path: Path, entry: ApplicationEntry) -> Iterator[Problem]:
        place: Path = (*path, "target")
        if entry.target.menu is not None:
            yield from self._menu((*place, "menu"), entry.target.menu, entry)
        elif entry.target.gitops is not None:
            settings = entry.target.gitops.settings
            for index, setting in enumerate(settings):
                where: Path = (*place, "gitops", "settings", index)
                yield from setting_path_problems(where, setting, self._document)
                yield from self._runs_here((*where, "component"), setting, entry)
                yield from self._selector(where, setting, entry)
            yield from self._unwritten((*place, "gitops", "settings"), settings, entry)

    def _runs_here(
        self, path: Path, written: SettingEntry | MenuEntry, entry: ApplicationEntry
    ) -> Iterator[Problem]:
        names = {component_name(each): each for each in entry.runs} | {each: each for each in entry.runs}
        component = names.get(written.component)
        if component is None:
            if not all(map(self._known, entry.runs)):
                # The wrong name there may be that of this one.
                return
            message = f"{written.component!r} does not run here"
            yield self._document.unknown(path, message, written.component, names)
        elif self._known(component) and not self._is_image(component):
            yield self._document.problem(
                path, f"{component!r} is not an image", "name a component that is one"
            )

    def _is_image(self, component: str) -> bool:
        product, _, name = component.partition("/")
        return sourced(self._file.products[product].components[name])[0] is ComponentKind.IMAGE

    def _unwritten(
        self, path: Path, settings: list[SettingEntry], entry: ApplicationEntry
    ) -> Iterator[Problem]:
        written = {component_name(each.component) for each in settings}
        if written - {component_name(each) for each in entry.runs}:
            # One of them has the wrong name, which is told, and may be the one that is missing.
            return
        for component in entry.runs:
            if component_name(component) in written or not self._known(component):
                continue
            if self._is_image(component):
                message = f"no setting writes {component!r}, which runs here"
                yield self._document.problem(path, message, "add its setting")

    def _selector(self, path: Path, setting: SettingEntry, entry: ApplicationEntry) -> Iterator[Problem]:
        names = {component_name(each): each for each in entry.runs} | {each: each for each in entry.runs}
        runs = names.get(setting.component)
        if setting.template is not None and runs is not None and self._known(runs):
            product = self._file.products[runs.partition("/")[0]]
            source = component_source(runs, product)
            if next(self._tags(product, source.spelling), None) is None:
                grammar = grammar_of_entry(product.grammar)
                yield from selector_problems(path, setting, grammar, source.spelling, self._document)

    def _tags(self, product: ProductEntry, spelling: str) -> Iterator[Problem]:
        """What is wrong with how the tags of a component are spelled: told at the product."""
        found = list(grammar_problems((), product.grammar, self._document))
        yield from found or self._tag((), spelling, grammar_of_entry(product.grammar))

    def _menu(self, path: Path, menu: MenuEntry, entry: ApplicationEntry) -> Iterator[Problem]:
        yield from menu_path_problems(path, menu, self._document)
        yield from self._runs_here((*path, "component"), menu, entry)
        for alias, key in menu.aliases.items():
            if key not in ALIAS_KEYS:
                message = f"no key {key!r} of a menu holds an alias"
                yield self._document.unknown((*path, "aliases", alias), message, key, ALIAS_KEYS)
