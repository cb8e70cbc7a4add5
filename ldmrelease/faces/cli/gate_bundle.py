"""What a gate does with a bundle in place of a ledger: it needs neither workspace nor network."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ldmrelease.answers.bundles import gated_by, unusable_answer, warnings_of
from ldmrelease.answers.gate import GateAnswer
from ldmrelease.answers.gate_sync import sync_answer
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.bundle import Bundle, BundleRelease
from ldmrelease.faces.cli.bundle_arguments import require_trust
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.render.output import say
from ldmrelease.services.bundles.ask import BundleQuestions
from ldmrelease.services.bundles.bundle_reader import BundleReader, OpenBundle, open_bundle
from ldmrelease.services.gate.bundle_sync import custom_images_of, gate_sync_by_bundle, places_of
from ldmrelease.trees.manifests.manifest_images import CustomImages, ManifestFinding
from ldmrelease.trust.verify import Rejected

if TYPE_CHECKING:
    from ldmrelease.config.workspace.model import Workspace
    from ldmrelease.services.gate.merge_trees import MergeQuestion

ReadManifests = Callable[[Iterator[CustomImages]], Iterable[ManifestFinding]]


def opened_or_shut(reader: BundleReader, source: str) -> OpenBundle | GateAnswer:
    """The bundle to decide by, with its warnings said; the answer of a gate that stays shut where there is none."""
    found = open_bundle(reader, source)
    if isinstance(found, Rejected):
        return unusable_answer(source, found, reader.now)
    for each in warnings_of(found):
        say(f"warning: {source}: {each}", err=True)
    return found


class BundleTarget(NamedTuple):
    """What manifests are for: a level, an environment or a place; the release that they are of, and the UID of the
    cluster, where somebody says them."""

    target: str
    release: str | None
    cluster: str | None


def sync_by_bundle(reader: BundleReader, source: str, asked: BundleTarget, read: ReadManifests) -> GateAnswer:
    """What a bundle says of the images of manifests. Raises `UsageError`, and what `open_bundle` raises."""
    found = opened_or_shut(reader, source)
    if isinstance(found, GateAnswer):
        return found
    return sync_by_open_bundle(found, source, reader.now, asked, read)


def sync_by_open_bundle(
    found: OpenBundle, source: str, now: datetime, asked: BundleTarget, read: ReadManifests
) -> GateAnswer:
    """The same of a bundle that is open already. Raises `UsageError`."""
    bundle = found.bundle
    places = places_of(bundle, asked.target)
    if not places:
        known = [
            name for each in bundle.environments for name in (each.name, *(str(p.place) for p in each.places))
        ]
        raise UsageError(
            f"the bundle has no target {asked.target!r}", did_you_mean(asked.target, known) or ""
        )
    foreign = _other_cluster(bundle, {each.place.environment for each in places}, asked.cluster)
    if foreign is not None:
        return unusable_answer(source, foreign, now)
    said = gate_sync_by_bundle(
        bundle,
        BundleQuestions(bundle, now),
        places,
        read(custom_images_of(places)),
        _release(bundle, asked.release) if asked.release is not None else None,
    )
    return sync_answer(said.result, said.decisions, [{} for _ in said.decisions], now, gated_by(found))


def _other_cluster(bundle: Bundle, environments: Iterable[str], cluster: str | None) -> Rejected | None:
    """That what is asked about is for another cluster than the bundle knows of these environments."""
    for name in sorted(environments):
        environment = bundle.environment(name)
        if cluster is not None and environment is not None and cluster not in environment.clusters:
            about = {"environment": name, "found": list(environment.clusters), "expected": cluster}
            return Rejected("other-cluster", about)
    return None


def merge_by_bundle(
    reader: BundleReader, source: str, workspace: "Workspace", question: "MergeQuestion", *, render: bool
) -> GateAnswer:
    """What a bundle says of the images of a change. Raises `UnusableChange`, `GitError`, and as `open_bundle`."""
    from ldmrelease.answers.gate_merges import merge_answer  # noqa: PLC0415 - `gate sync` goes without
    from ldmrelease.services.gate.bundle_merge import gate_merge_by_bundle  # noqa: PLC0415 - as above

    found = opened_or_shut(reader, source)
    if isinstance(found, GateAnswer):
        return replace(found, base=question.base, head=question.head)
    require_trust(workspace, reader.trust.digest)
    said = BundleQuestions(found.bundle, reader.now)
    gate = gate_merge_by_bundle(workspace, said, found.bundle, question, os.environ, render=render)
    return merge_answer(gate, question, reader.now, {}, (), gated_by(found))


def _release(bundle: Bundle, text: str) -> BundleRelease:
    """The release that is named by its tag, with or without its product, or by its digest."""
    named = [each for each in bundle.releases if text in (each.release.tag, each.release.name, each.digest)]
    if not named:
        known = [each.release.tag for each in bundle.releases]
        raise UsageError(f"the bundle has no release {text!r}", did_you_mean(text, known) or "")
    if len({each.release.product for each in named}) > 1:
        raise UsageError(f"{text!r} is of several products", f"write {named[0].release.name}")
    return named[-1]
