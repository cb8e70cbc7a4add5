"""The layout of Phalanx and of those who took it over: a chart that says which applications an environment has, and
a folder for each application with a values file per environment (phalanx.lsst.io, "Repository structure").

environments/values.yaml          which applications there are, and what holds in all environments
environments/values-NAME.yaml     what an environment has
environments/templates/           an Argo CD application for each, with what is passed to its chart
applications/NAME/                the chart of an application, with values-ENVIRONMENT.yaml
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from msgspec import Struct

from ldmrelease.trees.chart_images import images
from ldmrelease.trees.charts import Charts, Instance, parameters
from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import (
    NotUnderstood,
    OwnSetting,
    Programs,
    SwitchedOff,
    TreeFinding,
    TreeImage,
    TreeMenu,
    Wanted,
)
from ldmrelease.trees.layouts.notebook_menus import menu_at, menu_paths
from ldmrelease.trees.rendering.applications import ArgoApplication, applications, inputs_of, rendered_images
from ldmrelease.trees.rendering.cache import RenderCache
from ldmrelease.trees.rendering.helm import Helm
from ldmrelease.trees.rendering.rendering_program import NotRendered
from ldmrelease.trees.rendering.sentinels import NoSentinels, Sentinels
from ldmrelease.trees.rendering.template_lines import TemplateLines
from ldmrelease.trees.values import (
    KeyPath,
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    child,
    layered,
    mapping_at,
    read_mapping,
)

_TOP = "environments"
_COMMON = f"{_TOP}/values.yaml"
# What the chart of environments passes to those of applications (environments/templates), of what images are made of.
_PASSED = {"global.controlSystem.imageTag": ("controlSystem", "imageTag")}
_BROUGHT_ALONG = {"nublado": ("nublado-fileservers", "nublado-users")}
_REVISIONS = "revisions"
_AT_ONCE = 4
_CUT = "the image of {}, {}, is made of a piece of something: what decides it is not judged"


def fits(tree: Tree) -> bool:
    """Whether a tree has this shape."""
    files = tree.files()
    return _COMMON in files and any(each.startswith("applications/") for each in files)


def environments(tree: Tree) -> list[str]:
    """Its environments, by name."""
    start = f"{_TOP}/values-"
    files = (each for each in tree.files() if each.startswith(start) and each.endswith(".yaml"))
    return sorted(each.removeprefix(start).removesuffix(".yaml") for each in files)


def read(tree: Tree, environments: Collection[str]) -> Iterator[TreeFinding]:
    """The images of these environments, as values files and charts say."""
    charts = Charts(tree)
    for name in environments:
        try:
            environment = _Environment(name, charts)
            for application in environment.applications(tree):
                yield from _read(environment, application)
        except UnreadableFile as error:
            yield NotUnderstood(error.file, error.reason, error.line, name)


def render(tree: Tree, environments: Collection[str], programs: Programs) -> Iterator[TreeFinding] | None:
    """The same, container by container, as Helm renders them: first the applications, then each one's chart."""
    if programs.helm is None or not any(each.startswith(f"{_TOP}/templates/") for each in tree.files()):
        return None
    cache = RenderCache(programs.cache)
    sentinels = NoSentinels() if programs.exact else Sentinels(cache.secret)
    charts = Charts(tree)
    marked, exact = (
        Helm(programs.helm, tree, charts, programs.work, programs.environment, each, cache, programs.limits)
        for each in (sentinels, NoSentinels())
    )
    rendering = _Rendering(marked, exact, charts, sentinels, TemplateLines(tree, charts))
    return _render(rendering, environments, programs.wanted)


class _Rendering(Struct, frozen=True):
    """Helm with sentinels and without, and what both are about."""

    marked: Helm
    exact: Helm
    charts: Charts
    sentinels: Sentinels
    templates: TemplateLines


def revisions(tree: Tree, environment: str) -> dict[str, YamlScalar]:
    """The applications that an environment's own file takes from another revision of the repository, each with what
    says so. Raises `UnreadableFile`."""
    file = f"{_TOP}/values-{environment}.yaml"
    text = tree.read(file) if file in tree.files() else b""
    # Most say nothing of it, and are not parsed for that.
    if _REVISIONS.encode() not in text:
        return {}
    found = mapping_at(read_mapping(text, file), _REVISIONS).entries
    return {name: each for name, each in found.items() if isinstance(each, YamlScalar) and each.printed()}


def folder_of(application: str) -> str:
    """Where the chart of an application is."""
    return f"applications/{application}"


def switched_off(tree: Tree, environment: str, files: Collection[str]) -> Iterator[SwitchedOff]:
    """The applications that are off in an environment, of those that files belong to."""
    found = _Environment(environment, Charts(tree))
    on, listed = found.applications(tree), mapping_at(found.values, "applications").entries
    for name in dict.fromkeys(each.split("/")[1] for each in files if each.startswith("applications/")):
        said = listed.get(name)
        if name in on or (said is None and f"applications/{name}/Chart.yaml" not in tree.files()):
            continue
        own = f"{_TOP}/values-{environment}.yaml"
        if isinstance(said, YamlScalar):
            yield SwitchedOff(environment, name, said.file, said.path, said.line, said.printed() or "null")
        else:
            yield SwitchedOff(environment, name, own, ("applications", name))


def _render(
    rendering: _Rendering, environments: Collection[str], wanted: Wanted | None
) -> Iterator[TreeFinding]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name in environments:
            try:
                environment = _Environment(name, rendering.charts)
                passed = rendering.sentinels.marked(environment.values)
                listed = list(applications(rendering.marked.template(name, _TOP, "argocd", passed, {})))
            except (UnreadableFile, NotRendered) as error:
                yield _not_understood(error, name)
                continue
            for found in pool.map(partial(_rendered, rendering, environment, wanted), listed):
                yield from found


def _rendered(
    rendering: _Rendering, environment: "_Environment", wanted: Wanted | None, application: ArgoApplication
) -> list[TreeFinding]:
    """What Helm says of an application; where it does not, what can be read of it, and why."""
    charts, sentinels = rendering.charts, rendering.sentinels
    try:
        if wanted is not None:
            inputs = inputs_of(rendering.marked, charts, sentinels, application)
            if not wanted(environment.name, application.name, inputs):
                return []
        return list(_containers(rendering, environment.name, application))
    except (UnreadableFile, NotRendered) as error:
        found = _read(environment, application.name) if isinstance(error, NotRendered) else ()
        read = [each for each in found if not isinstance(each, TreeMenu)]
        return [_not_understood(error, environment.name, application.name), *read]


def _containers(
    rendering: _Rendering, environment: str, application: ArgoApplication
) -> Iterator[TreeFinding]:
    """The containers of an application. Raises `NotRendered` and `UnreadableFile`."""
    charts, sentinels = rendering.charts, rendering.sentinels
    found = list(rendered_images(rendering.marked, charts, sentinels, application))
    exact: dict[tuple[str, ...], list[str]] = defaultdict(list)
    if any(each.may_be_cut for each in found):
        # What a template cuts a piece out of is told by rendering it as it is.
        for each in rendered_images(rendering.exact, charts, NoSentinels(), application):
            exact[each.kind, each.name, each.container].append(each.image)
    for each in found:
        own = exact[each.kind, each.name, each.container]
        image = own.pop(0) if own else each.image
        is_known = image == each.image
        parts = each.parts if is_known else ()
        literal = rendering.templates.with_text(application.folder, image) if not parts and is_known else None
        yield TreeImage(
            environment,
            application.name,
            image,
            parts,
            each.kind,
            each.name,
            each.container,
            template=literal,
        )
        if not is_known:
            at = rendering.templates.cutting(application.folder)
            where, line = (at.file, at.line) if at is not None else (application.folder, None)
            reason = _CUT.format(f"{each.kind}/{each.name} {each.container}", image)
            yield NotUnderstood(where, reason, line, environment, application.name)


def _not_understood(
    error: UnreadableFile | NotRendered, environment: str, application: str | None = None
) -> NotUnderstood:
    if isinstance(error, NotRendered):
        return NotUnderstood(error.folder, error.reason, None, environment, application, error.late)
    return NotUnderstood(error.file, error.reason, error.line, environment, application)


def _read(environment: "_Environment", application: str) -> Iterator[TreeFinding]:
    try:
        for instance in environment.charts_of(application):
            for each in images(instance, environment.cycle):
                own = environment.own(application, (*instance.path, *each.setting))
                yield TreeImage(environment.name, application, each.image, each.parts, own=own)
        yield from environment.menus(application)
    except UnreadableFile as error:
        yield _not_understood(error, environment.name, application)


class _Environment:
    """An environment's own values. Raises `UnreadableFile`."""

    def __init__(self, name: str, charts: Charts) -> None:
        self.name = name
        self._charts = charts
        self.values: YamlMapping = layered(
            [charts.values(_COMMON), charts.values(f"{_TOP}/values-{name}.yaml")]
        )

    @property
    def cycle(self) -> YamlScalar | None:
        """The cycle of the control system, which revisions count on."""
        found = child(self.values, "controlSystem", "imageTag")
        return found if isinstance(found, YamlScalar) and found.printed() else None

    def applications(self, tree: Tree) -> list[str]:
        """The applications that are on, and have a chart in the tree."""
        listed = mapping_at(self.values, "applications").entries
        on = {
            name
            for name, value in listed.items()
            if isinstance(value, YamlScalar) and value.printed() == "true"
        }
        on |= {each for name in on for each in _BROUGHT_ALONG.get(name, ())}
        return sorted(each for each in on if f"applications/{each}/Chart.yaml" in tree.files())

    def file_of(self, application: str) -> str:
        """The application's values in this environment."""
        return f"applications/{application}/values-{self.name}.yaml"

    def own(self, application: str, path: KeyPath) -> OwnSetting | None:
        """Where the environment's own file would say something; None where it has none for the application."""
        file = self.file_of(application)
        return OwnSetting(file, path) if self._charts.has_file(file) else None

    def menus(self, application: str) -> Iterator[TreeMenu]:
        """The menus of notebook images. Raises `UnreadableFile`."""
        file, folder = self.file_of(application), f"applications/{application}"
        paths = menu_paths(self._charts.chart(folder).values) if self._charts.has_file(file) else ()
        for path in paths:
            found = menu_at(layered([self._charts.chart(folder).values, self._charts.values(file)]), path)
            if found is not None:
                defaults = OwnSetting(f"{folder}/values.yaml", path)
                yield TreeMenu(
                    self.name,
                    application,
                    file,
                    path,
                    defaults,
                    found.repository,
                    found.recommended,
                    found.dropdown,
                )

    def charts_of(self, application: str) -> list[Instance]:
        """The application's chart and those that it brings along, with their values. Raises `UnreadableFile`."""
        folder = f"applications/{application}"
        own = self._charts.values(self.file_of(application))
        passed = {
            path: value for path, name in _PASSED.items() if (value := child(self.values, *name)) is not None
        }
        return self._charts.instances(folder, [own, parameters(passed)])
