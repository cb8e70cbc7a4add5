"""The workspace file's entries -> products, applications and checks."""

from collections.abc import Iterator

from ldmrelease.config.workspace_file import (
    DEFAULT_TAG,
    ApplicationEntry,
    ComponentEntry,
    EnvironmentEntry,
    TargetEntry,
    WorkspaceFile,
)
from ldmrelease.domain.places import (
    Application,
    Check,
    ComponentKind,
    ComponentSource,
    GitOpsTarget,
    MenuTarget,
    Place,
    Product,
    Setting,
    Target,
    World,
    Writes,
)
from ldmrelease.domain.tags import Grammar

_OBSERVE_EVERY = 12 * 3600


def component_name(text: str) -> str:
    """The component's own name, of `scipipe` as of `stack/scipipe`."""
    return text.rpartition("/")[2]


def level_of(environment: EnvironmentEntry, application: ApplicationEntry) -> str | None:
    """The level of an application: its own, or else its environment's."""
    return application.level or environment.level


def sourced(entry: ComponentEntry) -> tuple[ComponentKind, str]:
    """What a component is made of, and where it is found."""
    for kind in ComponentKind:
        source = getattr(entry, kind.value)
        if source is not None:
            return kind, str(source)
    raise AssertionError("the file's shape demands a source")


def world(file: WorkspaceFile) -> World:
    """What a workspace names. The file's references have been checked."""
    return World(
        products=tuple(_products(file)),
        applications=tuple(_applications(file)),
        checks=tuple(
            Check(name, each.kind, tuple(each.tests), tuple(each.command or ()), each.deadline)
            for name, each in file.checks.items()
        ),
        base_uri=file.base_uri.rstrip("/"),
    )


def _products(file: WorkspaceFile) -> Iterator[Product]:
    for name, entry in file.products.items():
        components = tuple(_component(each, part) for each, part in entry.components.items())
        yield Product(name, Grammar(entry.grammar), components, entry.default, tuple(entry.aliases))


def _component(name: str, entry: ComponentEntry) -> ComponentSource:
    kind, source = sourced(entry)
    return ComponentSource(name, kind, source, entry.tag or DEFAULT_TAG[kind.value], entry.derived_from)


def _applications(file: WorkspaceFile) -> Iterator[Application]:
    for environment, site in file.environments.items():
        for name, entry in site.applications.items():
            yield Application(
                place=Place(environment, name),
                level=level_of(site, entry) or "",
                runs=tuple(entry.runs),
                target=_target(entry.target),
                observe=entry.observe,
                observe_every=entry.observe_every or _OBSERVE_EVERY,
                cluster_uid=site.cluster_uid,
            )


def _target(entry: TargetEntry) -> Target:
    if entry.gitops is not None:
        tree = entry.gitops
        settings = tuple(
            Setting(component_name(each.component), each.path, Writes(each.writes)) for each in tree.settings
        )
        return GitOpsTarget(tree.repository, tree.branch, tree.file, settings)
    menu = entry.menu
    if menu is None:
        raise AssertionError("the file's shape demands a target")
    component = component_name(menu.component)
    keep = {str(kind): count for kind, count in menu.keep.items()}
    return MenuTarget(menu.repository, menu.branch, menu.file, menu.path, component, keep, dict(menu.aliases))
