"""`gate merge` by a bundle: the images of a change, and what a ledger elsewhere has decided about their releases.

The workspace is there, since it says what the tree's lines mean; its ledger, its registries and its clusters are not.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain.bundle import Bundle, BundleRelease
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Application
from ldmrelease.services.bundles.ask import BundleFinding, BundleQuestions
from ldmrelease.services.gate.image_release import NoRelease, TagReader, WantedImage
from ldmrelease.services.gate.image_verdict import JudgedImage, Judgement, judged_by, refused, undecided
from ldmrelease.services.gate.merge import MergeGate, TreeJudge, merge_decided
from ldmrelease.services.gate.merge_trees import MergeQuestion, open_merge
from ldmrelease.services.releases.components import ProductComponent
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.targets.connections import Connections
from ldmrelease.targets.image_setting import ImageSetting


class NotInBundle(Struct, frozen=True):
    """An image that could be one of ours, and that the bundle does not know: by its digest or its tag."""

    component: str
    digest: str


def gate_merge_by_bundle(
    workspace: Workspace,
    questions: BundleQuestions,
    bundle: Bundle,
    question: MergeQuestion,
    environ: Mapping[str, str],
    *,
    render: bool = True,
) -> MergeGate:
    """What a bundle says of every image of a change. Raises `UnusableChange`, `GitError`."""
    connections = Connections(workspace.root, None)
    trees = open_merge(workspace.topology, workspace.root, connections, question)
    releases = BundledReleases(workspace, bundle, questions)
    judge = BundleJudge(workspace, questions, releases)
    return merge_decided(trees, workspace, lambda _: TreeJudge(judge, releases), environ, render=render)


class BundledReleases(TagReader):
    """Names the releases of images as far as a bundle knows them."""

    def __init__(self, workspace: Workspace, bundle: Bundle, questions: BundleQuestions) -> None:
        super().__init__(workspace.topology)
        self._bundle, self._questions = bundle, questions

    def named(self, application: Application, setting: ImageSetting | None) -> str | None:
        """`product/tag` of the release that an image is said to be; None for none."""
        component = self._component(application, setting)
        if setting is None or component is None:
            return None
        if setting.digest is not None:
            found = self._questions.releases_of(component.product, component.source.name, setting.digest)
            if found:
                return found[-1].release.name
        tag = self._tag(component, setting.tag)
        return f"{component.product}/{tag.name}" if tag is not None else None

    def of(self, image: WantedImage) -> BundleRelease | NoRelease | NotInBundle:
        """The release that has this image."""
        setting, component = image.setting, self._asked(image)
        if isinstance(component, NoRelease):
            return component
        if setting.tag is None:
            return self._of_digest(image.application, component, setting.digest or "")
        if self._tag(component, setting.tag) is None:
            return NoRelease("unreadable-tag", {"tag": setting.tag, "product": component.product})
        return self._of_tag(component, setting)

    def _of_digest(
        self, application: Application, component: ProductComponent, digest: str
    ) -> BundleRelease | NoRelease | NotInBundle:
        found = self._questions.releases_of(component.product, component.source.name, digest)
        running = self._questions.running(application.place, digest)
        chosen = [each for each in found if running is not None and each.release.name == running.release]
        names = list(dict.fromkeys(each.release.name for each in chosen or found))
        if len(names) > 1:
            return NoRelease("ambiguous", {"digest": digest, "releases": names})
        return (chosen or found)[-1] if found else NotInBundle(component.source.name, digest)

    def _of_tag(
        self, component: ProductComponent, setting: ImageSetting
    ) -> BundleRelease | NoRelease | NotInBundle:
        found = self._spelled(component, setting.tag or "")
        if not found:
            return NotInBundle(component.source.name, setting.digest or setting.tag or "")
        if setting.digest is None:
            return found[-1]
        having = [each for each in found if component.source.name in each.components_of(setting.digest)]
        if having:
            return having[-1]
        part = found[-1].release.component(component.source.name)
        expected = part.digest if part is not None else None
        about = {"tag": setting.tag, "digest": setting.digest, "expected": expected}
        return NoRelease("tag-differs", about)

    def _spelled(self, component: ProductComponent, tag: str) -> Sequence[BundleRelease]:
        """The pins of the release whose image has this tag, oldest first."""
        return [
            each
            for each in self._bundle.releases
            if each.release.product == component.product
            and (part := each.release.component(component.source.name)) is not None
            and part.spelling == tag
        ]

    def pinned(self, found: BundleRelease) -> Pinned | None:
        """The release as the ledger has pinned it."""
        product = self._topology.product(found.release.product)
        if product is None:
            return None
        tag = parse(found.release.tag, product.grammar, product.aliases)
        return Pinned(found.release, found.digest, tag, revision=found.revision)


class BundleJudge:
    """Says of images what a bundle says."""

    def __init__(self, workspace: Workspace, questions: BundleQuestions, releases: BundledReleases) -> None:
        self._workspace, self._questions, self._releases = workspace, questions, releases

    def judge(self, image: WantedImage) -> JudgedImage:
        """What becomes of an image."""
        found = self._releases.of(image)
        if isinstance(found, NoRelease):
            return refused(found.code, found.values)
        place = image.application.place
        if isinstance(found, NotInBundle):
            return undecided("not-in-bundle", {"component": found.component, "digest": found.digest})
        intent = Intent.PROMOTE if image.setting.alias is None else Intent.ALIAS
        said = self._questions.of_release(place, found.digest, intent)
        pinned = self._releases.pinned(found)
        if said.decision is None or said.code == "lapsed":
            return self._without(image, said, pinned)
        return judged_by(self._workspace, image, pinned, said.decision)

    def _without(self, image: WantedImage, said: BundleFinding, pinned: Pinned | None) -> JudgedImage:
        """Where nothing is decided: what runs there already may stay."""
        if said.code == "held":
            return refused("held", said.values, pinned)
        part = pinned.release.component(image.setting.component) if pinned is not None else None
        if part is not None and self._questions.running(image.application.place, part.digest) is not None:
            return JudgedImage(Judgement.ALLOWED, (), pinned)
        code = "lapsed" if said.code == "lapsed" else "no-decision"
        return undecided(code, {"release": said.release, **said.values}, pinned)
