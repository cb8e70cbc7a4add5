"""Folders and files of this machine that a workspace names and that are not there."""

from collections.abc import Iterator
from pathlib import Path

from ldmrelease.config.workspace.schema import ComponentEntry, EnvironmentEntry, WorkspaceFile
from ldmrelease.config.yaml.problems import Problem, shown
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path as Field
from ldmrelease.domain.images import LAYOUT_SCHEME
from ldmrelease.ledger.registry import STORES, ledger_file, located, scheme_of
from ldmrelease.targets.git.local_repository import layout_of

_Named = tuple[Field, str]
_OF_GIT = ("repository", "configuration")


def missing_folders(file: WorkspaceFile, document: YamlDocument, root: Path) -> Iterator[Problem]:
    """Each with the line that names it. Release artifacts are written, so their folder need not be there."""
    yield from _missing_ledger(file, document, root)
    for named in (_sources(file), _sites(file)):
        local = [(path, text) for path, text in named if is_local(text)]
        for path, text in local:
            if path[-1] in _OF_GIT and (root / text).exists() and layout_of(root / text) is None:
                remedy = "clone it there, or name its folder or URL"
                yield document.problem(path, f"{text} is not a git repository", remedy)
        absent = [(path, text) for path, text in local if not (root / text).exists()]
        # Where none is there, nothing was built or fetched on this machine yet, and the names may be right.
        for path, text in absent if absent != local else ():
            message = f"{text} is not there"
            yield document.problem(path, message, "name a folder or file that is, or make it")


def _missing_ledger(file: WorkspaceFile, document: YamlDocument, root: Path) -> Iterator[Problem]:
    if scheme_of(file.ledger) not in STORES:
        return
    there = ledger_file(located(file.ledger, root))
    if there is not None and not there.exists():
        remedy = "name it, or restore a backup with `ldmrelease ledger import`"
        yield document.problem(("ledger",), f"there is no ledger at {shown(there)}", remedy)


def repositories(file: WorkspaceFile) -> Iterator[_Named]:
    """The git repositories that a workspace names, each with the field that does."""
    yield from (each for each in (*_sources(file), *_sites(file)) if each[0][-1] in _OF_GIT)


def is_local(text: str) -> bool:
    """Whether a repository is a folder of this machine, and not an address."""
    return "://" not in text and "@" not in text.partition("/")[0] and ":" not in text.partition("/")[0]


def _sources(file: WorkspaceFile) -> Iterator[_Named]:
    for product, entry in file.products.items():
        for name, component in entry.components.items():
            yield from _source(("products", product, "components", name), component)


def _sites(file: WorkspaceFile) -> Iterator[_Named]:
    for name, site in file.environments.items():
        yield from _site(("environments", name), site)


def _source(path: Field, entry: ComponentEntry) -> Iterator[_Named]:
    if entry.image is not None and entry.image.startswith(LAYOUT_SCHEME):
        yield (*path, "image"), entry.image.removeprefix(LAYOUT_SCHEME)
    for field in ("configuration", "build"):
        if (text := getattr(entry, field)) is not None:
            yield (*path, field), text


def _site(path: Field, site: EnvironmentEntry) -> Iterator[_Named]:
    if site.kubeconfig is not None:
        yield (*path, "kubeconfig"), site.kubeconfig
    for name, entry in site.applications.items():
        target: Field = (*path, "applications", name, "target")
        if entry.target.gitops is not None:
            yield (*target, "gitops", "repository"), entry.target.gitops.repository
        if entry.target.menu is not None and entry.target.menu.repository is not None:
            yield (*target, "menu", "repository"), entry.target.menu.repository
        if entry.target.kubernetes is not None and entry.target.kubernetes.manifests is not None:
            yield (*target, "kubernetes", "manifests"), entry.target.kubernetes.manifests
