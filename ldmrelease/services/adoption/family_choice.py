"""Which family a setting of a tree in Phalanx's shape is of, and what a family has to leave out.

A family is about what names make of one another: `IMAGE.tag` in the values of an environment is the tag of the
repository at `IMAGE.repository`, there or in the chart's own values.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.tree_questions import Files
from ldmrelease.services.adoption.families import (
    FamilyAnswers,
    MadeSetting,
    SettingFamily,
    TreeStep,
    excepting,
    exceptions,
)
from ldmrelease.services.adoption.model import ScalarAddress
from ldmrelease.services.adoption.placed_settings import (
    OWN_FILE,
    PlacedSetting,
    image_path,
    name_key,
    own_path,
    repository_and_path,
    version_key,
)

SWITCHES = (
    "environments/values-{environment}.yaml#applications.{%s}",
    "environments/values.yaml#applications.{%s}",
)
"""What says whether an application is on: in its environment, or else in all."""
_ITEM = re.compile(r"\[([^\[\]]*[^\[\]0-9][^\[\]]*)\]")
"""An item of a list by its name."""
_MOST_EXCEPTIONS = 6
_FEWEST = 2
"""Settings that a family of names is made for: one alone is written out."""


class _ChartValues(Struct, frozen=True):
    """The values of a chart: where they are here, and with names left open, beside what is said about the chart.
    prefix: what leads to them in the environment's values; steps: what tells which chart it is."""

    file: str
    values: str
    about: str
    prefix: str
    steps: tuple[TreeStep, ...] = ()


class FamilyChoice:
    """Chooses families for settings. variable: what stands for the application whose values they are in; switch: asked
    first, what says which are on."""

    def __init__(self, files: Files, variable: str, switch: tuple[TreeStep, ...]) -> None:
        self._files, self._answers = files, FamilyAnswers(files)
        self._name, self._switch = variable, switch

    def families(
        self, settings: Sequence[PlacedSetting], places: Mapping[tuple[str, str], str]
    ) -> tuple[list[SettingFamily], set[tuple[str, str]]]:
        """The families of these settings, and the places of which some setting is of none. places: all that the
        families are asked about, each with its file."""
        chosen: dict[SettingFamily, list[PlacedSetting]] = defaultdict(list)
        literal: dict[SettingFamily, list[PlacedSetting]] = defaultdict(list)
        for each in settings:
            family = self._of_names(each)
            if family is None:
                literal[self._literal(each)].append(each)
            else:
                chosen[family].append(each)
        found: list[SettingFamily] = []
        for family, own in chosen.items():
            exact = self._exact(_listed(family, own), own, places)
            if exact is not None and len(exact.exceptions) <= _most_exceptions(own):
                found.append(exact)
                continue
            for each in own:
                literal[self._literal(each)].append(each)
        lost: set[tuple[str, str]] = set()
        for family, own in literal.items():
            exact = self._exact(family, own, places)
            if exact is None or len(exact.exceptions) > _MOST_EXCEPTIONS:
                lost |= {(each.environment, each.place) for each in own}
            else:
                found.append(exact)
        return found, lost

    def _exact(
        self, family: SettingFamily, own: Sequence[PlacedSetting], places: Mapping[tuple[str, str], str]
    ) -> SettingFamily | None:
        """The family with what it has to leave out so that it makes these settings and no other ones; None where it
        cannot."""
        wanted: dict[tuple[str, str], set[tuple[str, tuple[str, ...]]]] = defaultdict(set)
        for each in own:
            wanted[each.environment, each.place].add(each.made)
        meant: list[Mapping[str, str]] = []
        others: list[Mapping[str, str]] = []
        for place, file in places.items():
            left = set(wanted[place])
            for made in self._made(family, place, file):
                key = (made.component, made.written)
                (meant if key in left else others).append(dict(made.names))
                left.discard(key)
            if left:
                return None
        entries = exceptions(meant, others)
        return None if entries is None else excepting(family, entries)

    def _made(self, family: SettingFamily, place: tuple[str, str], file: str) -> Iterator[MadeSetting]:
        names = {"environment": place[0], "application": place[1]}
        yield from self._answers.made(family, names, file)

    def _of_names(self, each: PlacedSetting) -> SettingFamily | None:
        """The family in which the names of the image and its repository are left open; None where they say nothing."""
        image = image_path(each.setting.selector)
        if image is None:
            return None
        return next((family for family in self._candidates(each, image) if self._makes(family, each)), None)

    def _candidates(self, each: PlacedSetting, image: str) -> Iterator[SettingFamily]:
        named = self._component(each)
        if named is None:
            return
        chart = self._chart_of(each, image)
        if chart is not None:
            yield from self._of_values(each, named, chart, image)
        own = self._own()
        steps = (
            TreeStep((f"{own}#{{image}}.{version_key(each.setting.selector)}",)),
            TreeStep((f"{own}#{{image}}.{name_key(each)}",), named[1]),
        )
        yield self._body(each, named[0], steps, "{image}", ())

    def _chart_of(self, each: PlacedSetting, image: str) -> "_ChartValues | None":
        """The chart's values that say something of the image, where the environment's do not."""
        folder = f"applications/{each.application}"
        opened = f"applications/{{{self._name}}}"
        if self._says(f"{folder}/values.yaml", image, each):
            return _ChartValues(f"{folder}/values.yaml", f"{opened}/values.yaml", f"{opened}/Chart.yaml", "")
        alias, _, inside = image.partition(".")
        inner = inside or "image"
        name, number = self._dependency(folder, alias)
        for at, open_at in ((f"{folder}/charts/", f"{opened}/charts/"), ("charts/", "charts/")):
            if not self._says(f"{at}{name}/values.yaml", inner, each):
                continue
            steps: tuple[TreeStep, ...] = ()
            listed = f"{opened}/Chart.yaml#dependencies[{{number}}]"
            if name != alias and number is not None:
                steps = (TreeStep((f"{listed}.alias",), "{alias}"), TreeStep((f"{listed}.name",), "{chart}"))
            elif at == "charts/":
                steps = (TreeStep((f"{listed}.name",), "{chart}"),)
            files = [f"{open_at}{{chart}}/{each}.yaml" for each in ("values", "Chart")]
            prefix = "{alias}." if name != alias else "{chart}."
            return _ChartValues(f"{at}{name}/values.yaml", files[0], files[1], prefix, steps)
        return None

    def _dependency(self, folder: str, alias: str) -> tuple[str, str | None]:
        """The chart that an alias of an application's stands for, and where it is listed."""
        about = self._scalars(f"{folder}/Chart.yaml")
        for path, value in about.items():
            if value == alias and path.startswith("dependencies[") and path.endswith(".alias"):
                number = path.removesuffix(".alias")
                return about.get(f"{number}.name") or alias, number
        return alias, None

    def _says(self, file: str, image: str, each: PlacedSetting) -> bool:
        there = self._scalars(file)
        return f"{image}.{name_key(each)}" in there or f"{image}.tag" in there

    def _of_values(
        self, each: PlacedSetting, named: tuple[str, str], chart: "_ChartValues", image: str
    ) -> Iterator[SettingFamily]:
        """Images of which a chart's own values say something: with what switches them, where something does."""
        inner = image.partition(".")[2] if chart.prefix else image
        above, _, last = inner.rpartition(".")
        if above and f"{above}.enabled" in self._scalars(chart.file):
            files = [(self._own(), chart.prefix), (chart.values, "")]
            if chart.prefix:
                files.insert(1, (f"applications/{{{self._name}}}/values.yaml", chart.prefix))
            where = tuple(f"{file}#{start}{{switch}}.enabled" for file, start in files)
            yield self._named(each, named, chart, f"{{switch}}.{last}", f"{above}.{last}", where)
        yield self._named(each, named, chart, "{image}", inner, self._flags(chart) if chart.prefix else ())

    def _flags(self, chart: "_ChartValues") -> tuple[str, ...]:
        """Where it is said whether a chart is on: in the values of the environment, of the application, or by the
        switch of the application."""
        common = f"applications/{{{self._name}}}/values.yaml"
        flags = (f"{file}#{chart.prefix}enabled" for file in (self._own(), common))
        return (*flags, *(each % self._name for each in SWITCHES))

    def _named(
        self,
        each: PlacedSetting,
        named: tuple[str, str],
        chart: "_ChartValues",
        image: str,
        known: str,
        where: tuple[str, ...] = (),
    ) -> SettingFamily:
        """Images by the names of a chart's values. known: what `image` stands for here."""
        name = name_key(each)
        there = f"{chart.values}#{image}"
        has_name = f"{known}.{name}" in self._scalars(chart.file)
        asked = (f"{self._own()}#{chart.prefix}{image}.{name}", *([f"{there}.{name}"] if has_name else []))
        steps = (
            *chart.steps,
            TreeStep((f"{there}.{name if has_name else 'tag'}",)),
            TreeStep(asked, named[1]),
        )
        defaults = (there, f"{chart.about}#appVersion")
        return self._body(each, named[0], steps, f"{chart.prefix}{image}", defaults, where)

    def _body(
        self,
        each: PlacedSetting,
        component: str,
        steps: tuple[TreeStep, ...],
        image: str,
        defaults: tuple[str, ...],
        where: tuple[str, ...] = (),
    ) -> SettingFamily:
        selector = each.setting.selector
        key = version_key(selector)
        start = "" if self._name == "application" else f"{self._own()}#"
        further = [f"{defaults[0]}.{key}", *(defaults[1:] if key == "tag" else ())] if defaults else []
        path = (f"{start}{image}.{key}", *further)
        steps = self._switch + steps
        if selector.template is None:
            return SettingFamily(steps, component, path, where=where)
        first = tuple(self._opened(one, each).within(self._file(each)) for one in selector.parts[0].addresses)
        parts = ((selector.parts[0].name, first), (selector.parts[-1].name, path))
        return SettingFamily(steps, component, (), parts, selector.template, where=where)

    def _component(self, each: PlacedSetting) -> tuple[str, str] | None:
        """The component with its name left open, and what its repository is then."""
        name = each.setting.component.rpartition("/")[2]
        registry, found, last = each.setting.selector.repository.rpartition("/")
        if name == f"{registry}-{last}" and "/" not in registry:
            # Two registries have one of this name.
            return f"{registry}-{{component}}", f"{registry}/{{component}}"
        if name != last:
            return None
        if not found:
            return "{component}", "{component}"
        is_cycle = each.setting.selector.template is not None
        return "{component}", f"{registry}/{{component}}" if is_cycle else "{registry}/{component}"

    def _literal(self, each: PlacedSetting) -> SettingFamily:
        """The setting as it is but for its place: made where the tree says its repository where it does here."""
        selector = each.setting.selector
        own = own_path(selector)
        steps: tuple[TreeStep, ...] = ()
        at, value = selector.repository_at, None
        item = _ITEM.search(own)
        if item is not None:
            # Which item of a list has this name is asked first: the tree names them by their number.
            start, numbered = own[: item.start()], f"{own[: item.start()]}[{{number}}]"
            steps = (TreeStep((f"{self._own()}#{numbered}.name",), item[1]),)
            is_own = (
                at is not None and OWN_FILE.fullmatch(at.file) and at.path.startswith(f"{start}{item[0]}")
            )
            told = at.path if at is not None and is_own else own
            value = selector.repository if is_own else None
            paths = [f"{self._own()}#{numbered}{told.removeprefix(start).removeprefix(item[0])}"]
        elif at is not None and "[" not in at.path:
            name = at.path.rpartition(".")[2]
            above = own.rpartition(".")[0]
            paths = [f"{self._own()}#{above}.{name}" if above else f"{self._own()}#{name}"]
            paths += [] if OWN_FILE.fullmatch(at.file) else [self._opened(at, each).within("")]
            value = selector.repository
        else:
            paths = [f"{self._own()}#{own}"]
            paths += [self._opened(one, each).within("") for one in selector.parts[-1].addresses[1:]]
        texts = {
            part.name: tuple(self._opened(one, each).within(self._file(each)) for one in part.addresses)
            for part in selector.parts
        }
        steps = (*self._switch, *steps, TreeStep(tuple(dict.fromkeys(paths)), value))
        made = SettingFamily(steps, each.setting.component.rpartition("/")[2], writes=selector.writes)
        made = replace(made, where=self._switched(each, own))
        if selector.template is None:
            made = replace(made, path=next(iter(texts.values())))
        else:
            made = replace(made, parts=tuple(texts.items()), template=selector.template)
        # What says that something above is off may be read by nobody.
        return made if self._makes(made, each) else replace(made, where=())

    def _makes(self, family: SettingFamily, each: PlacedSetting) -> bool:
        place, meant = (each.environment, each.place), each.made
        return any((made.component, made.written) == meant for made in self._made(family, place, each.file))

    def _switched(self, each: PlacedSetting, path: str) -> tuple[str, ...]:
        """What says whether something above a path is on, in the order in which it is read."""
        folder = f"applications/{each.application}"
        chart = self._chart_of(each, path.rpartition(".")[0]) if "." in path else None
        files = [(f"{folder}/values-{each.environment}.yaml", self._own(), "")]
        files.append((f"{folder}/values.yaml", f"applications/{{{self._name}}}/values.yaml", ""))
        if chart is not None and chart.prefix:
            files.append(
                (
                    chart.file,
                    self._opened(ScalarAddress(chart.file, ""), each).file,
                    f"{path.partition('.')[0]}.",
                )
            )
        above = path.rpartition(".")[0]
        while above:
            found = [
                f"{opened}#{flag.removeprefix(prefix)}"
                for file, opened, prefix in files
                if (flag := f"{above}.enabled").startswith(prefix)
                # Of a chart as a whole its own values say nothing, where no condition asks them.
                and (said := flag.removeprefix(prefix)) in self._scalars(file)
                and said != "enabled"
            ]
            if found:
                own = f"{self._own()}#{above}.enabled"
                return tuple(dict.fromkeys([own, *found]))
            above = above.rpartition(".")[0]
        return ()

    def _file(self, each: PlacedSetting) -> str:
        return (
            self._own()
            if self._name == "application"
            else each.file.replace(each.environment, "{environment}")
        )

    def _own(self) -> str:
        return f"applications/{{{self._name}}}/values-{{environment}}.yaml"

    def _opened(self, address: ScalarAddress, each: PlacedSetting) -> ScalarAddress:
        """An address with the names of its place left open."""
        folder = f"applications/{each.application}/"
        file = address.file
        if file.startswith(folder):
            file = f"applications/{{{self._name}}}/{file.removeprefix(folder)}"
        return replace(
            address, file=file.replace(f"values-{each.environment}.yaml", "values-{environment}.yaml")
        )

    def _scalars(self, file: str) -> Mapping[str, str | None]:
        return self._files.get(file, {})


def _most_exceptions(own: Sequence[PlacedSetting]) -> int:
    """With how many exceptions a family is shorter than what it stands for, written out."""
    if len(set(map(repository_and_path, own))) < _FEWEST:
        return 1
    return max(_MOST_EXCEPTIONS, len(own) // 5)


def _listed(family: SettingFamily, own: Iterable[PlacedSetting]) -> SettingFamily:
    """A family whose repositories have no registry, with their names: any text would be one."""
    if family.steps[-1].value != "{component}":
        return family
    return replace(family, components=tuple(sorted({each.setting.selector.repository for each in own})))
