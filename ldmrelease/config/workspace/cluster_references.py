"""Whether what a workspace file says of clusters fits together: contexts, containers, images that can be pulled."""

from collections.abc import Iterator

from ldmrelease.config.workspace.schema import ApplicationEntry, EnvironmentEntry, WorkspaceFile
from ldmrelease.config.workspace.topology import component_name, sourced
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.images import Carrier, is_digest, parse_reference
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.domain.value_paths import parse_path
from ldmrelease.domain.workload_selection import READ_ONLY


def cluster_problems(file: WorkspaceFile, document: YamlDocument) -> Iterator[Problem]:
    """Everything about clusters that names what is not there. What needs a cluster is found when planning."""
    images = _image_sources(file)
    for name, site in file.environments.items():
        for application, entry in site.applications.items():
            path: Path = ("environments", name, "applications", application)
            yield from _context(document, path, site, entry)
            yield from _containers(document, path, entry, images)
            yield from _custom(document, path, entry)
            yield from _pullable(document, path, site, entry, images)
        if site.registry is not None:
            yield from _registry(document, ("environments", name, "registry"), site.registry)
        for index, each in enumerate(site.mirrors):
            yield from _registry(document, ("environments", name, "mirrors", index), each)
    yield from _check_images(file, document, images)


def _image_sources(file: WorkspaceFile) -> dict[str, str]:
    """The repositories of the components that are images, by `product/component`."""
    found = {}
    for product, entry in file.products.items():
        for name, component in entry.components.items():
            kind, source = sourced(component)
            if kind is ComponentKind.IMAGE:
                found[f"{product}/{name}"] = source
    return found


def _context(
    document: YamlDocument, path: Path, site: EnvironmentEntry, entry: ApplicationEntry
) -> Iterator[Problem]:
    in_cluster = entry.workloads is not None or (entry.target.menu and entry.target.menu.config_map)
    if in_cluster and site.context is None:
        remedy = "write context: and the name that `kubectl config get-contexts` gives, or in-cluster"
        yield document.problem(path[:2], "it has workloads and names no cluster", remedy, True)


def _containers(
    document: YamlDocument, path: Path, entry: ApplicationEntry, images: dict[str, str]
) -> Iterator[Problem]:
    if entry.workloads is None:
        return
    running = {component_name(each): each for each in entry.runs if each in images}
    covered = set()
    unknown = False
    for index, selection in enumerate(entry.workloads.select):
        for container, component in selection.containers.items():
            name = component_name(component)
            covered.add(name)
            if name not in running or component not in (name, running[name]):
                where: Path = (*path, "workloads", "select", index, "containers", container)
                message = f"{component!r} is not an image that runs here"
                yield document.unknown(where, message, component, running.values())
                unknown = True
    written = entry.target.kubernetes is not None
    audited = {each.kind for each in entry.workloads.select} <= {each.value for each in READ_ONLY}
    if written and audited:
        message = "Jobs are observed and not written: their template never changes"
        yield document.problem(
            (*path, "workloads", "select"),
            message,
            "write them through a tree, gitops:, or name a workload that can be written",
        )
    # A wrong name may be that of the one that is missing.
    for name in sorted(set(running) - covered) if not unknown else ():
        message = f"no container runs {running[name]!r}, which runs here"
        yield document.problem((*path, "workloads", "select"), message, "map a container to it")


def _custom(document: YamlDocument, path: Path, entry: ApplicationEntry) -> Iterator[Problem]:
    """What is wrong with the custom resources of an application."""
    for index, selection in enumerate(entry.workloads.select if entry.workloads else ()):
        where: Path = (*path, "workloads", "select", index)
        written: dict[str, str] = {}
        for container, image in (selection.images or {}).items():
            component = selection.containers[container]
            if component_name(written.setdefault(image, component)) != component_name(component):
                message = f"two components have their image at {image}"
                remedy = "name the place of each one's own"
                yield document.problem((*where, "images", container), message, remedy)
            try:
                parse_path(image)
            except ValueError as error:
                yield document.problem((*where, "images", container), str(error))
        if selection.is_custom and entry.target.kubernetes and entry.target.kubernetes.manifests:
            message = f"whole manifests are applied here, and {selection.kind} is a custom resource"
            remedy = "let another application write its images alone"
            yield document.problem((*where, "kind"), message, remedy)


def _pullable(
    document: YamlDocument,
    path: Path,
    site: EnvironmentEntry,
    entry: ApplicationEntry,
    images: dict[str, str],
) -> Iterator[Problem]:
    if entry.target.kubernetes is None or site.registry is not None:
        return
    for index, component in enumerate(entry.runs):
        source = images.get(component)
        if source is not None and source.startswith("oci:"):
            message = f"{component!r} is in {source}, where no cluster can pull from"
            remedy = "give the environment a registry: of its own"
            yield document.problem((*path, "runs", index), message, remedy)


_REGISTRY = "host[:port] or host[:port]/path"


def _registry(document: YamlDocument, path: Path, registry: str) -> Iterator[Problem]:
    try:
        reference = parse_reference(f"{registry}/x")
    except ValueError as error:
        yield document.problem(path, str(error), "write host[:port] or host[:port]/path", expected=_REGISTRY)
        return
    if reference.carrier is not Carrier.REGISTRY or f"{reference.registry}/" not in f"{registry}/":
        remedy = "write host[:port] or host[:port]/path, as registry.base.example/lsst"
        message = f"{registry!r} is not the address of a registry"
        yield document.problem(path, message, remedy, expected=_REGISTRY)


def _check_images(file: WorkspaceFile, document: YamlDocument, images: dict[str, str]) -> Iterator[Problem]:
    names = {component_name(each) for each in images} | set(images)
    for name, check in file.checks.items():
        if check.image is None or check.image in names:
            continue
        _, at, digest = check.image.partition("@")
        if not (at and is_digest(digest)):
            remedy = f"{did_you_mean(check.image, names)}, or an image by its digest"
            message = f"{check.image!r} is neither a component nor an image by its digest"
            yield document.problem(("checks", name, "image"), message, remedy)
