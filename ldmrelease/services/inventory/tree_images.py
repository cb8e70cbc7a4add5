"""Which images a GitOps tree asks for, of all applications of its environments, managed by us or by nobody."""

import shutil
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Topology
from ldmrelease.targets.connections import Access
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import Refusal, RefusedError
from ldmrelease.trees.committed import CommittedTree
from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import (
    SECONDS_IN_ALL,
    NotUnderstood,
    Programs,
    RenderLimits,
    TreeImage,
    TreeMenu,
    Wanted,
)
from ldmrelease.trees.registry import LAYOUTS, layout, layout_of
from ldmrelease.trees.rendering.cache import cache_folder


class TreeSource(Struct, frozen=True):
    """A branch of a repository that environments are deployed from."""

    repository: str
    branch: str


class DesiredTree(Struct, frozen=True):
    """What a tree asks for. rendered: whether by the programs that will apply it, or read without them; menus: those
    that values have, which are read alone."""

    layout: str
    rendered: bool
    environments: tuple[str, ...]
    images: tuple[TreeImage, ...]
    not_understood: tuple[NotUnderstood, ...]
    menus: tuple[TreeMenu, ...] = ()


def sources(topology: Topology) -> list[TreeSource]:
    """The trees that a workspace writes to."""
    found = {
        TreeSource(where.repository, where.branch): None
        for each in topology.applications
        if isinstance(where := each.target.location, GitFile)
    }
    return list(found)


def open_tree(access: Access, source: TreeSource) -> CommittedTree | Refusal | Unavailable:
    """The tree as committed now."""
    ref = f"refs/heads/{source.branch}"
    try:
        opened = access.repository(source.repository)
        tip = opened.tips([ref])[ref]
        if tip is None:
            return Refusal("no-branch", {"where": opened.where, "branch": source.branch})
        return CommittedTree(opened.git, tip)
    except RefusedError as refused:
        return refused.refusal
    except (GitError, OSError) as error:
        return Unavailable(source.repository, reason_of(error))


def desired(
    tree: Tree,
    environments: Collection[str],
    environ: Mapping[str, str],
    *,
    render: bool,
    exact: bool = False,
    shape: str | None = None,
    until: float | None = None,
    asked: Wanted | None = None,
) -> DesiredTree | Refusal:
    """What a tree asks for in these environments; in all of them where none is named.

    environ: the variables of this process; `PATH` says where Helm and Kustomize are, if they are. exact: render without
    looking for what decides an image (`NoSentinels`). shape: the layout that the tree has, where somebody says it.
    until: when the last rendering has to have ended, by `time.monotonic`; `SECONDS_IN_ALL` from now, where nobody says
    it. asked: of each application before it is rendered (`Programs.wanted`). Refused: `no-layout` (the tree has not
    that one, or none that is known), `no-environment` (the first of those that it lacks).
    """
    name = layout_of(tree) if shape is None else shape if layout(shape).fits(tree) else None
    if name is None:
        return Refusal("no-layout", {"known": list(LAYOUTS), "found": len(tree.files())})
    known = layout(name).environments(tree)
    unknown = [each for each in environments if each not in known]
    if unknown:
        return Refusal("no-environment", {"environment": unknown[0], "known": known})
    wanted = tuple(each for each in known if each in environments or not environments)
    with tempfile.TemporaryDirectory(prefix="ldmrelease-render-") as work:
        limits = RenderLimits(time.monotonic() + SECONDS_IN_ALL if until is None else until)
        helm, kustomize = installed(environ)
        programs = Programs(
            Path(work),
            environ,
            helm,
            kustomize,
            cache_folder(environ),
            exact=exact,
            limits=limits,
            wanted=asked,
        )
        found = layout(name).render(tree, wanted, programs) if render else None
        rendered = found is not None
        findings = list(found if found is not None else layout(name).read(tree, wanted))
    images = tuple(each for each in findings if isinstance(each, TreeImage))
    notes = tuple(each for each in findings if isinstance(each, NotUnderstood))
    menus = tuple(each for each in findings if isinstance(each, TreeMenu))
    return DesiredTree(name, rendered, wanted, images, notes, menus)


def installed(environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Where Helm and Kustomize are on the `PATH`."""
    helm, kustomize = (shutil.which(each, path=environ.get("PATH", "")) for each in ("helm", "kustomize"))
    return helm, kustomize
