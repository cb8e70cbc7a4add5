"""What is wanted, what was decided and what runs, at every place, as it is now.

The ledger is read by the calling thread alone; trees, registries and clusters are asked in threads of their own,
so that a slow one holds nobody up. Nothing is written.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.deployments.concurrency import Job, run_concurrently
from ldmrelease.services.inventory.comparison import Comparer, LiveComponent, PlaceAnswers, PodsAnswer
from ldmrelease.services.inventory.controller_rows import with_controllers
from ldmrelease.services.inventory.controllers import PlaceControllers
from ldmrelease.services.inventory.drift import Drift
from ldmrelease.services.inventory.pods import read_pods
from ldmrelease.services.inventory.trees import DesiredState, TargetFailure, Trees
from ldmrelease.services.needs import LiveComparison
from ldmrelease.targets import registry
from ldmrelease.targets.results import Change, Refusal
from ldmrelease.trees.interface import NotUnderstood

if TYPE_CHECKING:
    from ldmrelease.services.inventory.switched_off import SwitchedOffApplication

_RENDERING = 0.8
"""Of the time limit: what is rendered by then can be compared by the end of it."""
_TREE, _PODS, _CONTROLLERS = "tree", "pods", "controllers"
# A tag that moved did so without a change of the tree.
_BY_SOMEBODY = ("undecided", "reverted", "absent-image", "not-a-tag", "foreign-image", "tag-differs")
NOT_LOOKED_UP = "author_not_looked_up"
"""The value of a drift that says why nobody knows who made it."""
_Key = tuple[str, Place]
_Answer = DesiredState | PodsAnswer | PlaceControllers
_Tell = Callable[[_Key, _Answer], None]


class UnavailablePlace(Struct, frozen=True):
    """A place that could not be looked at, or not at all of it."""

    place: Place
    why: tuple[TargetFailure, ...]


class UnrenderedPlace(Struct, frozen=True):
    """A place that is known by its settings alone, as far as its tree was not rendered."""

    place: Place
    why: tuple[NotUnderstood, ...]

    @property
    def is_late(self) -> bool:
        """Whether there was not enough time for it."""
        return any(each.late for each in self.why)


class LiveAnswers(Struct, frozen=True):
    """What was heard of places: a row for each setting or container, what of trees was not rendered, and which
    applications of places are switched off in them."""

    rows: list[LiveComponent]
    unrendered: tuple[UnrenderedPlace, ...] = ()
    switched_off: "tuple[SwitchedOffApplication, ...]" = ()


def live(
    context: LiveComparison,
    applications: Sequence[Application],
    timeout: float,
    rendered_with: Mapping[str, str] | None = None,
) -> LiveAnswers:
    """What these places say, asked all at once.

    timeout: for how many seconds each environment may be asked; what it has not said by then is unheard.
    rendered_with: the variables of this process, where trees are to be rendered, by the programs on its `PATH`.
    """
    until = time.monotonic() + timeout * _RENDERING
    workspace = context.workspace
    trees = Trees(
        workspace.root, context.topology, workspace.insecure, rendered_with, until, context.connections
    )
    heard = _ask(context.workspace, trees, applications, timeout)
    rows = Comparer(context)
    found = [
        row
        for each in applications
        for row in with_controllers(trees, each, heard[each.place], tuple(rows.of(each, heard[each.place])))
    ]
    states = {place: each.tree for place, each in heard.items() if isinstance(each.tree, DesiredState)}
    return LiveAnswers(
        _with_authors(trees, applications, found, timeout),
        tuple(UnrenderedPlace(place, each.unrendered) for place, each in states.items() if each.unrendered),
        tuple(off for each in states.values() for off in each.switched_off),
    )


def unreachable_places(rows: Iterable[LiveComponent]) -> list[UnavailablePlace]:
    """The places where somebody did not answer, each once."""
    return [
        UnavailablePlace(place, why)
        for place, why in {each.place: each.unheard for each in rows}.items()
        if why
    ]


def _ask(
    workspace: Workspace, trees: Trees, applications: Sequence[Application], timeout: float
) -> dict[Place, PlaceAnswers]:
    """Two threads for each environment: one for what is committed, one for its cluster."""
    jobs: dict[str, Job[_Key, _Answer]] = {}
    for name, own in _by_environment(applications).items():
        committed = [each for each in own if _has_tree(each)]
        running = [each for each in own if each.workloads is not None]
        if committed:
            jobs[f"{name} {_TREE}"] = partial(_tree_job, trees, committed)
        if running:
            jobs[f"{name} {_PODS}"] = partial(_pods_job, workspace, running)
    answers = run_concurrently(jobs, timeout)
    return {each.place: _heard(each, answers, timeout) for each in applications}


def _tree_job(trees: Trees, applications: Sequence[Application], tell: _Tell) -> None:
    trees.read(applications, lambda place, answer: tell((_TREE, place), answer))


def _pods_job(workspace: Workspace, applications: Sequence[Application], tell: _Tell) -> None:
    read_pods(
        workspace.root,
        workspace.topology,
        applications,
        lambda place, answer: tell((_PODS, place), answer),
        lambda place, answer: tell((_CONTROLLERS, place), answer),
    )


def _heard(application: Application, answers: Mapping[_Key, _Answer], timeout: float) -> PlaceAnswers:
    late = f"no answer within {timeout:g} s"
    tree: _Answer | None = None
    pods: _Answer | None = None
    controllers = answers.get((_CONTROLLERS, application.place), PlaceControllers())
    if _has_tree(application):
        where = registry.where(application.target)
        tree = answers.get((_TREE, application.place), Unavailable(where, late, passes=True))
    if application.workloads is not None:
        context = application.workloads.cluster.context
        pods = answers.get((_PODS, application.place), Unavailable(context, late, passes=True))
    assert not isinstance(tree, tuple | PlaceControllers)
    assert not isinstance(pods, DesiredState | PlaceControllers)
    assert isinstance(controllers, PlaceControllers)
    return PlaceAnswers(tree, pods, controllers)


def _with_authors(
    trees: Trees, applications: Sequence[Application], rows: list[LiveComponent], timeout: float
) -> list[LiveComponent]:
    """The same, with who changed the trees that say what nobody has decided, or that this was not looked up."""
    paths: dict[Place, list[str]] = {}
    for row in rows:
        found = [str(each.values["path"]) for each in row.drift if _has_author(each)]
        if found:
            paths.setdefault(row.place, []).extend(found)
    jobs: dict[str, Job[tuple[Place, str], Change | TargetFailure]] = {}
    for name, own in _by_environment([each for each in applications if each.place in paths]).items():
        jobs[name] = partial(trees.changes, [(each, paths[each.place]) for each in own])
    changes = run_concurrently(jobs, timeout)
    return [replace(row, drift=tuple(_with_author(row, each, changes) for each in row.drift)) for row in rows]


def _has_author(drift: Drift) -> bool:
    return drift.code in _BY_SOMEBODY and "path" in drift.values


def _with_author(
    row: LiveComponent, drift: Drift, changes: Mapping[tuple[Place, str], Change | TargetFailure]
) -> Drift:
    if not _has_author(drift):
        return drift
    match changes.get((row.place, str(drift.values["path"]))):
        case Change() as change:
            who = {"by": change.author, "time": change.time, "commit": change.commit}
        case Unavailable() as unavailable:
            who = {NOT_LOOKED_UP: f"{unavailable.where}: {unavailable.reason}"}
        case Refusal() as refusal:
            who = {NOT_LOOKED_UP: refusal.code}
        case None:
            who = {NOT_LOOKED_UP: "time limit"}
    return replace(drift, values=drift.values | who)


def _by_environment(applications: Iterable[Application]) -> dict[str, list[Application]]:
    found: dict[str, list[Application]] = {}
    for each in applications:
        found.setdefault(each.place.environment, []).append(each)
    return found


def _has_tree(application: Application) -> bool:
    return application.target.capabilities.has_tree
