"""The workspace file's entries -> products, applications and checks."""

from collections.abc import Iterable, Iterator

from ldmrelease.config.workspace.controller_schema import ArgoCdEntry
from ldmrelease.config.workspace.schema import (
    DEFAULT_TAG,
    ApplicationEntry,
    CheckEntry,
    ComponentEntry,
    EnvironmentEntry,
    GrammarEntry,
    ProductEntry,
    SelectionEntry,
    WorkloadsEntry,
    WorkspaceFile,
)
from ldmrelease.config.workspace.target_schema import GitOpsEntry, MenuEntry, SettingEntry
from ldmrelease.domain.product_grammar import AnyGrammar, KindPattern, PatternGrammar
from ldmrelease.domain.targets import (
    ConfigMapKey,
    FileLocation,
    GitFile,
    ImageSettingsTarget,
    KubernetesTarget,
    MenuTarget,
    Selector,
    SelectorPart,
    Setting,
    Target,
    Writes,
)
from ldmrelease.domain.topology import (
    CHECKS_NAMESPACE,
    Application,
    Check,
    ComponentKind,
    ComponentSource,
    EnclaveBinding,
    Place,
    Product,
    Topology,
)
from ldmrelease.domain.value_addresses import key_in
from ldmrelease.domain.workload_selection import (
    ArgoCd,
    ClusterAccess,
    CustomResource,
    Selection,
    WorkloadKind,
    Workloads,
)

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


def grammar_of_entry(entry: str | GrammarEntry) -> AnyGrammar:
    """A product's grammar. The patterns have been checked."""
    if isinstance(entry, str):
        return entry
    patterns = tuple(KindPattern(kind, each) for kind, own in entry.patterns().items() for each in own)
    order, within = (None if each is None else tuple(each) for each in (entry.order, entry.within))
    return PatternGrammar(patterns, order, within)


def build_topology(file: WorkspaceFile) -> Topology:
    """What a workspace names. The file's references have been checked."""
    return Topology(
        products=tuple(_products(file)),
        applications=tuple(_applications(file)),
        checks=tuple(_check(name, each) for name, each in file.checks.items()),
        base_uri=file.base_uri.rstrip("/"),
        provides={name: dict(each.provides) for name, each in file.environments.items() if each.provides},
        enclaves=tuple(_enclaves(file)),
    )


def places_named(file: WorkspaceFile, text: str) -> tuple[Place, ...]:
    """The places that an environment's name, or ENVIRONMENT/APPLICATION, means; none where there is no such place."""
    environment, slash, application = text.partition("/")
    known = file.environments.get(environment)
    if known is None or (slash and application not in known.applications):
        return ()
    return tuple(Place(environment, each) for each in ((application,) if slash else known.applications))


def _enclaves(file: WorkspaceFile) -> Iterator[EnclaveBinding]:
    for site, entry in file.sites.items():
        for name, each in entry.enclaves.items():
            yield EnclaveBinding(
                site,
                name,
                _all_named(file, each.places),
                {service: _all_named(file, places) for service, places in each.services.items()},
            )


def _all_named(file: WorkspaceFile, texts: Iterable[str]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(place for text in texts for place in places_named(file, text)))


def _check(name: str, entry: CheckEntry) -> Check:
    return Check(
        name,
        entry.kind,
        tuple(entry.tests),
        tuple(entry.command or ()),
        entry.deadline,
        entry.image,
        entry.template,
        namespace=entry.namespace or CHECKS_NAMESPACE,
        results=entry.results,
        files=tuple(entry.files),
    )


def _products(file: WorkspaceFile) -> Iterator[Product]:
    for name, entry in file.products.items():
        components = tuple(_component(each, part) for each, part in entry.components.items())
        yield Product(name, grammar_of_entry(entry.grammar), components, entry.default, tuple(entry.aliases))


def component_source(component: str, product: ProductEntry) -> ComponentSource:
    """Where a component of a product is found."""
    name = component_name(component)
    return _component(name, product.components[name])


def _component(name: str, entry: ComponentEntry) -> ComponentSource:
    kind, source = sourced(entry)
    return ComponentSource(name, kind, source, entry.tag or DEFAULT_TAG[kind.value], entry.derived_from)


def _applications(file: WorkspaceFile) -> Iterator[Application]:
    for environment, site in file.environments.items():
        for name, entry in site.applications.items():
            workloads = _workloads(site, entry.workloads)
            yield Application(
                place=Place(environment, name),
                level=level_of(site, entry) or "",
                runs=tuple(entry.runs),
                target=_target(file, entry, site, workloads),
                observe=entry.observe or ("committed" if workloads is None else "pods"),
                observe_every=entry.observe_every or _OBSERVE_EVERY,
                cluster_uid=site.cluster_uid,
                workloads=workloads,
                registry=site.registry,
                mirrors=tuple(site.mirrors),
                argo_cd=_argo_cd(site),
            )


def cluster_of(site: EnvironmentEntry) -> ClusterAccess:
    """The way into the environment's cluster. The file's references have been checked."""
    return ClusterAccess(site.context or "", site.kubeconfig)


def _argo_cd(site: EnvironmentEntry) -> ArgoCd | None:
    if site.argo_cd is None and site.sync is None:
        return None
    entry = site.argo_cd or ArgoCdEntry.model_validate({})
    own = ClusterAccess(entry.context, entry.kubeconfig) if entry.context is not None else cluster_of(site)
    return ArgoCd(own, entry.namespace, site.sync is not None, site.argo_cd is not None)


def _workloads(site: EnvironmentEntry, entry: WorkloadsEntry | None) -> Workloads | None:
    if entry is None:
        return None
    selections = tuple(_selection(each) for each in entry.select)
    return Workloads(cluster_of(site), entry.namespace, selections, entry.deadline, entry.patience)


def _selection(entry: SelectionEntry) -> Selection:
    return Selection(
        WorkloadKind.CUSTOM if entry.is_custom else WorkloadKind(entry.kind),
        {container: component_name(name) for container, name in entry.containers.items()},
        entry.name,
        entry.labels,
        entry.annotation,
        _custom(entry),
    )


def _custom(entry: SelectionEntry) -> CustomResource | None:
    if entry.api_version is None or entry.images is None or entry.pods is None:
        return None
    return CustomResource(entry.kind, entry.api_version, dict(entry.images), dict(entry.pods))


def _target(
    file: WorkspaceFile, application: ApplicationEntry, site: EnvironmentEntry, workloads: Workloads | None
) -> Target:
    entry = application.target
    if entry.gitops is not None:
        tree = entry.gitops
        runs = {component_name(each): each for each in application.runs}
        settings = tuple(
            _setting(file, tree, each, runs[component_name(each.component)]) for each in tree.settings
        )
        location = GitFile(tree.repository, tree.branch, tree.file)
        return ImageSettingsTarget(location, settings, site.registry, tuple(site.mirrors))
    if entry.menu is not None:
        return _menu(entry.menu, site)
    if entry.kubernetes is None or workloads is None:
        raise AssertionError("the file's shape demands a target, and workloads for that of a cluster")
    own = entry.kubernetes
    return KubernetesTarget(workloads, tuple(own.take_over), own.manifests, site.registry)


def _setting(file: WorkspaceFile, tree: GitOpsEntry, entry: SettingEntry, runs: str) -> Setting | Selector:
    """runs: the component as PRODUCT/COMPONENT."""
    name = component_name(runs)
    repository = key_in(entry.repository, tree.file) if entry.repository is not None else None
    if entry.path is not None:
        path, *defaults = (key_in(each, tree.file) for each in entry.path)
        return Setting(name, path, Writes(entry.writes), repository, tuple(defaults))
    parts = []
    for part, addresses in (entry.parts or {}).items():
        path, *defaults = (key_in(each, tree.file) for each in addresses)
        parts.append(SelectorPart(part, path, tuple(defaults)))
    product = file.products[runs.partition("/")[0]]
    spelling = component_source(runs, product).spelling
    grammar = grammar_of_entry(product.grammar)
    return Selector(name, entry.template or "", _in_order(entry, parts), grammar, spelling, repository)


def _in_order(entry: SettingEntry, parts: list[SelectorPart]) -> tuple[SelectorPart, ...]:
    """As the template has them, whose last part is the one that its image is looked for beside."""
    from ldmrelease.domain.selectors import read_selector  # noqa: PLC0415 - few workspaces have such settings

    names = read_selector(entry.template or "").names
    return tuple(sorted(parts, key=lambda each: names.index(each.name)))


def _menu(menu: MenuEntry, site: EnvironmentEntry) -> MenuTarget:
    component = component_name(menu.component)
    keep = {str(kind): count for kind, count in menu.keep.items()}
    return MenuTarget(_location(menu, site), menu.path, component, keep, dict(menu.aliases), menu.defaults)


def _location(menu: MenuEntry, site: EnvironmentEntry) -> FileLocation:
    own = menu.config_map
    if own is not None:
        return ConfigMapKey(cluster_of(site), own.namespace, own.name, own.key)
    if menu.repository is None or menu.file is None:
        raise AssertionError("the file's shape demands a file of a repository, or a ConfigMap")
    return GitFile(menu.repository, menu.branch, menu.file)
