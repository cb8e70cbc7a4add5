"""What GitOps controllers say of a place, at the rows of what they keep."""

from collections.abc import Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application
from ldmrelease.services.inventory.comparison import LiveComponent, PlaceAnswers
from ldmrelease.services.inventory.controllers import KeptBy
from ldmrelease.services.inventory.drift import Drift
from ldmrelease.services.inventory.sync_drift import sync_drifts
from ldmrelease.services.inventory.trees import DesiredState, Trees

_OVERRIDDEN = "overridden"
_EXPLAINED = ("not-synced", "spec-differs")
"""What follows where something is passed above the tree: the workload says that."""
_ARRIVING = ("sync-stale", "out-of-sync")
"""What is so as long as a promotion is at work."""


def with_controllers(
    trees: Trees, application: Application, heard: PlaceAnswers, rows: Sequence[LiveComponent]
) -> Sequence[LiveComponent]:
    """The rows of a place with what its controllers say: at every row of a component that is overridden, at the first
    row of what else an object keeps."""
    found = list(rows)
    for component, drift in _revised(application, heard):
        found = [_with(row, drift) if row.component == component else row for row in found]
    for kept in heard.controllers.kept:
        first = next((index for index, row in enumerate(found) if _keeps(kept, row)), 0)
        for drift in _drifts(trees, application, heard, kept):
            about = drift.values.get("component")
            for index, row in enumerate(found):
                if (row.component == about) if about is not None else index == first:
                    found[index] = _with(row, drift)
    return found


def _revised(application: Application, heard: PlaceAnswers) -> Iterator[tuple[str, Drift]]:
    """What the environment itself takes from another revision, whoever brings it."""
    where = application.target.location
    if not isinstance(heard.tree, DesiredState) or not isinstance(where, GitFile):
        return
    for each in heard.tree.revised:
        told = {"object": each.address, "line": each.line, "found": each.revision, "expected": where.branch}
        by = each.changed
        who = {"by": by.author, "time": by.time, "commit": by.commit} if by is not None else {}
        for component in each.components:
            yield component, Drift("other-revision", told | who)


def _drifts(trees: Trees, application: Application, heard: PlaceAnswers, kept: KeptBy) -> Iterator[Drift]:
    tree = heard.tree
    if not isinstance(tree, DesiredState):
        yield from sync_drifts(application, (), kept.status, _not_told)
        return
    has_seen = partial(trees.has_seen, application, tree.revision)
    yield from sync_drifts(application, tree.said, kept.status, has_seen)


def _keeps(kept: KeptBy, row: LiveComponent) -> bool:
    return row.at.partition(" ")[0] in kept.workloads


def _with(row: LiveComponent, drift: Drift) -> LiveComponent:
    if drift.code in _ARRIVING and row.promotion is not None:
        return row
    others = row.drift
    if drift.code == _OVERRIDDEN:
        others = tuple(each for each in others if each.code not in _EXPLAINED or "wanted" not in each.values)
    return replace(row, drift=(*others, drift))


def _not_told(revision: str) -> bool:
    """Where the tree did not answer, nobody can say that a controller is behind it."""
    del revision
    return True
