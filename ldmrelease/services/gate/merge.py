"""A change of a GitOps tree: every image that it asks for, and whether it may enter its place. Nothing is written."""

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Application
from ldmrelease.services.gate.changed_settings import (
    ChangedSetting,
    ScalarAt,
    UnreadSetting,
    changed_settings,
)
from ldmrelease.services.gate.image_release import ImageReleases, WantedImage
from ldmrelease.services.gate.image_verdict import ImageJudge, JudgedImage, Judgement
from ldmrelease.services.gate.merge_trees import MergeQuestion, open_merge
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.needs import MergeGating
from ldmrelease.targets.git.merges import ProposedMerge
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Refusal


class MergedImage(Struct, frozen=True):
    """An image that a change asks for, and what becomes of it. `before` and `after` are what the setting says; None
    where it says nothing."""

    application: Application
    component: str
    product: str | None
    before: ImageSetting | None
    after: ImageSetting | None
    previous_release: str | None
    judged: JudgedImage
    parts: tuple[ScalarAt, ...]
    moved: str | None = None
    older: bool = False


class UnreadPart(Struct, frozen=True):
    """A setting of a place that cannot be read with the change."""

    application: Application
    component: str
    why: Refusal | Unavailable


class MergeGate(Struct, frozen=True):
    """What a gate says of a change."""

    merge: ProposedMerge
    images: tuple[MergedImage, ...]
    unread: tuple[UnreadPart, ...]


def gate_merge(context: MergeGating, requester: str, question: MergeQuestion) -> MergeGate:
    """Decide about every image of a change. Raises `UnusableChange`, `GitError`."""
    trees = open_merge(context.topology, context.workspace.root, context.connections, question)
    proposed = context.reached_by(trees.connections(trees.merge.after))
    names = ImageNames(context)
    releases = ImageReleases(proposed, names)
    judge = ImageJudge(proposed, releases, requester)
    found = list(changed_settings(trees, trees.applications(context.topology)))
    images = tuple(_judged(each, judge, releases) for each in found if isinstance(each, ChangedSetting))
    unread = tuple(
        UnreadPart(each.application, each.component, each.why)
        for each in found
        if isinstance(each, UnreadSetting)
    )
    return MergeGate(trees.merge, images, unread)


def _judged(change: ChangedSetting, judge: ImageJudge, releases: ImageReleases) -> MergedImage:
    judged = JudgedImage(Judgement.ALLOWED)
    if change.after is not None:
        judged = judge.judge(WantedImage(change.application, change.after))
    previous = releases.named(change.application, change.before)
    run = (each for each in change.application.runs if each.endswith(f"/{change.component}"))
    return MergedImage(
        change.application,
        change.component,
        next((each.partition("/")[0] for each in run), None),
        change.before,
        change.after,
        previous,
        judged,
        change.parts,
        change.moved,
        releases.is_older(change.application, change.before, change.after),
    )
