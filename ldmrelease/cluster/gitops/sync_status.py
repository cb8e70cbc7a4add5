"""What a GitOps controller says of one of its objects, in terms that Argo CD and Flux share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

VALUES_TEXT = "values-text"
"""The kind of an override whose value is a YAML text of values, which somebody who reads YAML has to take apart."""


class FieldWriter(Struct, frozen=True):
    """Who wrote a field last: the field manager, the time (RFC 3339), and whether that is no controller."""

    by: str = ""
    time: str = ""
    by_hand: bool = False


class Override(Struct, frozen=True):
    """What is passed beside the files of the tree and counts above them.

    kind: `parameter`, `values` or `image`. path: the key in a chart's values, or an image's repository. value: what it
    says, as text.
    """

    kind: str
    path: str
    value: str
    written: FieldWriter = FieldWriter()


class SyncSource(Struct, frozen=True):
    """Where an object's manifests come from.

    repository: as the object spells it. revision: the target: a branch, a tag, a commit; empty is the default branch.
    folder: in the repository; a chart's name where it has no folder. value_files: from the repository's root, None
    where it names none (then a chart's own count). overrides: what is passed above the files.
    """

    repository: str
    revision: str
    folder: str = ""
    value_files: tuple[str, ...] | None = None
    overrides: tuple[Override, ...] = ()
    revision_written: FieldWriter = FieldWriter()
    files_written: FieldWriter = FieldWriter()


class UnsyncedResource(Struct, frozen=True):
    """A resource that is not as the controller wants it: `Deployment/web`, its namespace, and what is wrong."""

    name: str
    namespace: str
    status: str


class SyncStatus(Struct, frozen=True):
    """An Application, a Kustomization or a HelmRelease as its controller last told.

    object: `Application argocd/web`. synced: `Synced`, `OutOfSync` or `Unknown`. revisions: what was compared or
    applied last, one for each source. health: `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or
    `Unknown`. operation: the phase of the last sync (`Running`, `Succeeded`, `Failed`, `Error`; empty where none was),
    with its message, its revisions (`applied`), who asked for it and when it ended. automated: whether the controller
    syncs by itself. resources: namespace and name (`Deployment/web`) of what it says that it keeps, of Argo CD alone.
    paused: what keeps it from working at all, empty where nothing does. errors: what it complains of.
    """

    controller: str
    object: str
    sources: tuple[SyncSource, ...]
    synced: str
    revisions: tuple[str, ...] = ()
    health: str = "Unknown"
    operation: str = ""
    message: str = ""
    applied: tuple[str, ...] = ()
    by: str = ""
    ended: str = ""
    automated: bool = False
    paused: str = ""
    paused_by: FieldWriter = FieldWriter()
    errors: tuple[str, ...] = ()
    unsynced: tuple[UnsyncedResource, ...] = ()
    version: str = ""
    resources: frozenset[tuple[str, str]] = frozenset()

    @property
    def has_failed(self) -> bool:
        """Whether the last sync failed, or nothing could be compared."""
        return self.operation in ("Failed", "Error") or bool(self.errors)

    @property
    def reason(self) -> str:
        """Why it has, in the controller's words."""
        return "; ".join(self.errors) or self.message

    def keeps(self, namespace: str, names: Iterable[str]) -> bool:
        """Whether it names all of these as its own: a workload may say of itself that anything keeps it."""
        return all((namespace, each) in self.resources for each in names)

    def has_applied(self, revision: str) -> bool:
        """Whether a commit is what was synced last, as far as the controller says."""
        return revision in self.applied or (self.synced == "Synced" and revision in self.revisions)


class UnreadableController(Struct, frozen=True):
    """An object of a controller that could not be read. code: `forbidden` or `absent`."""

    controller: str
    object: str
    code: str
    reason: str


def text(found: object) -> str:
    """A scalar of a manifest as text; empty where nothing is."""
    if found is None:
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def flat(values: object, above: str = "") -> Mapping[str, str]:
    """The scalars of nested values, by their dotted paths; items of lists by `[number]`."""
    if isinstance(values, Mapping):
        parts = [(f"{above}.{key}" if above else str(key), each) for key, each in values.items()]
    elif isinstance(values, list):
        parts = [(f"{above}[{index}]", each) for index, each in enumerate(values)]
    else:
        return {above: text(values)}
    return {path: value for own, each in parts for path, value in flat(each, own).items()}
