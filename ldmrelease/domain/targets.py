"""How a place is written: settings of a values file, a notebook menu, workloads of a cluster."""

from enum import StrEnum

from msgspec import Struct

from ldmrelease.domain.workload_selection import ConfigMapFile, Workloads


class Writes(StrEnum):
    """What a setting holds: an image's tag, its digest, or the whole image reference."""

    TAG = "tag"
    DIGEST = "digest"
    IMAGE = "image"


class Setting(Struct, frozen=True):
    """One scalar of a values file that says which image of a component is wanted."""

    component: str
    path: str
    writes: Writes = Writes.TAG


class GitOpsTarget(Struct, frozen=True):
    """Settings in one file of a GitOps tree; `repository` is a directory or a remote that git knows."""

    repository: str
    branch: str
    file: str
    settings: tuple[Setting, ...]
    kind: str = "gitops"


class MenuTarget(Struct, frozen=True):
    """A notebook menu: the mapping at `path` of a values file (numReleases, pin, recommendedTag, cycle).

    `keep` bounds how many pinned releases of a kind stay live; `aliases` are the names that move by
    promotion, each with the key that holds it. With `config_map` it is text of a ConfigMap in place of a
    file of a repository.
    """

    repository: str
    branch: str
    file: str
    path: str
    component: str
    keep: dict[str, int]
    aliases: dict[str, str]
    kind: str = "menu"
    config_map: ConfigMapFile | None = None


class KubernetesTarget(Struct, frozen=True):
    """Image fields of workloads, written by server-side apply.

    `take_over` lists the field managers whose ownership of image fields may be taken; `manifests` is a folder
    of whole manifests with `component://NAME` images (whole-manifest mode), None where image fields alone are
    written. `registry` is the environment's own registry (`host[:port][/path]`), that images are run from.
    """

    workloads: Workloads
    take_over: tuple[str, ...] = ()
    manifests: str | None = None
    registry: str | None = None
    kind: str = "kubernetes"


Target = GitOpsTarget | MenuTarget | KubernetesTarget
