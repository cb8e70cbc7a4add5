"""Which release the images of a product at a place are: one, or a mixture, or none that anybody knows."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import Tag, tag_pattern_match
from ldmrelease.domain.topology import Place
from ldmrelease.services.gate.gating import ReleaseGating
from ldmrelease.services.gate.image_release import ImageReleases, NoRelease, WantedImage
from ldmrelease.services.gate.managed_images import ManagedImage
from ldmrelease.services.gate.sync_problems import SyncProblem, errored, failed, missing
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.releases.pin import Pinned, pin
from ldmrelease.services.releases.store import pinned_by_digest
from ldmrelease.targets.image_setting import ImageSetting


class CommonRelease(Struct, frozen=True):
    """The release of a product's images at a place, None where there is none; and by image, what is wrong with it and
    what it is called where that is another release."""

    pinned: Pinned | None
    problems: dict[ManagedImage, tuple[SyncProblem, ...]]
    names: dict[ManagedImage, str]


class ReleaseFinder:
    """Finds releases by digests. `asked`: the release that somebody says the manifests are of."""

    def __init__(self, context: ReleaseGating, asked: Pinned | None = None) -> None:
        self._context, self._asked = context, asked
        self._names = ImageNames(context)
        self._releases = ImageReleases(context, self._names)
        self._last = context.ledger.head().size
        self._stored: dict[str, Pinned] = {}
        self._tags: dict[str, str] = {}

    def find(self, place: Place, product: str, images: Sequence[ManagedImage]) -> CommonRelease:
        """The one release that has all of these images. Raises what the ledger raises."""
        problems: dict[ManagedImage, list[SyncProblem]] = {each: [] for each in images}
        candidates: dict[ManagedImage, tuple[str, ...]] = {}
        for each in images:
            found = self._candidates(each, problems[each])
            if found:
                candidates[each] = found
        digest = self._common(place, product, candidates)
        pinned = self._pinned(product, digest) if digest is not None else None
        names: dict[ManagedImage, str] = {}
        if pinned is None and candidates:
            found_names = [self._tags[found[0]] for found in candidates.values()]
            pinned = self._of_builds(product, list(candidates), found_names)
        if pinned is None and candidates:
            names = {each: self._tags[found[0]] for each, found in candidates.items()}
            mixed = failed("mixed-releases", place=str(place), releases=_by_image(names))
            for each in candidates:
                problems[each].append(mixed)
        for each in images:
            problems[each] += self._spelling_problems(each, pinned)
        return CommonRelease(pinned, {each: tuple(found) for each, found in problems.items()}, names)

    def _candidates(self, image: ManagedImage, problems: list[SyncProblem]) -> tuple[str, ...]:
        """The digests of the releases that an image may be of."""
        if self._asked is not None and self._asked.release.product == image.product:
            return self._of_asked(self._asked, image, problems)
        if image.reference is None:
            command = ("ldmrelease", "resolve", "-f", "FILE", "--release", "RELEASE")
            problems.append(missing("no-release", command, component=image.component))
            return ()
        if image.digest is None:
            return self._of_tag(image, problems)
        pins = self._names.pins(image.product, image.component, image.digest)
        self._tags |= {each.digest: each.release for each in pins}
        found = tuple(dict.fromkeys(each.digest for each in pins))
        return found or self._of_new_tag(image, problems)

    def _of_asked(self, asked: Pinned, image: ManagedImage, problems: list[SyncProblem]) -> tuple[str, ...]:
        self._keep(asked)
        problems += unlike(asked.release, image)
        return () if asked.release.component(image.component) is None else (asked.digest,)

    def _of_tag(self, image: ManagedImage, problems: list[SyncProblem]) -> tuple[str, ...]:
        """Of an image without a digest: it is refused, and its release is told where its tag spells one."""
        pinned = self._spelled_by(image, None, problems)
        part = pinned.release.component(image.component) if pinned is not None else None
        problems.insert(0, _no_digest(image, part.digest if part is not None else None))
        return (pinned.digest,) if pinned is not None else ()

    def _of_new_tag(self, image: ManagedImage, problems: list[SyncProblem]) -> tuple[str, ...]:
        """Of a digest that no pin has: the release that its tag spells, if that has it now."""
        pinned = self._spelled_by(image, image.digest, problems)
        if pinned is not None:
            return (pinned.digest,)
        if not problems:
            command = ("ldmrelease", "release", "pin", "RELEASE", "--product", image.product)
            problems.append(
                missing("unknown-digest", command, component=image.component, digest=image.digest)
            )
        return ()

    def _spelled_by(
        self, image: ManagedImage, digest: str | None, problems: list[SyncProblem]
    ) -> Pinned | None:
        """The release that a tag spells, with this digest where there is one."""
        application = self._context.topology.application(image.place)
        if image.tag is None or application is None:
            return None
        setting = ImageSetting(image.component, "", 0, image.tag, digest)
        try:
            found = self._releases.of(WantedImage(application, setting))
        except UnavailableError as error:
            problems.append(errored("unavailable", where=error.where, reason=error.reason or str(error)))
            return None
        if isinstance(found, NoRelease):
            problems.append(failed(found.code, **found.values))
            return None
        self._keep(found)
        return found

    def _keep(self, pinned: Pinned) -> None:
        self._stored[pinned.digest] = pinned
        self._tags[pinned.digest] = pinned.release.name

    def _common(
        self, place: Place, product: str, candidates: dict[ManagedImage, tuple[str, ...]]
    ) -> str | None:
        """The release that all of them may be of: the one that is meant by the rule that names what runs."""
        if not candidates:
            return None
        first, *others = candidates.values()
        common = [each for each in first if all(each in other for other in others)]
        for image in candidates:
            if image.digest is not None:
                named = self._names.of(
                    place,
                    product,
                    image.component,
                    image.digest,
                    image.tag,
                    self._last + 1,
                    self._last,
                )
                if named.pin is not None and named.pin.digest in common:
                    return named.pin.digest
        return common[0] if common else None

    def _pinned(self, product: str, digest: str) -> Pinned:
        if digest not in self._stored:
            tag = self._tags[digest].removeprefix(f"{product}/")
            self._stored[digest] = pinned_by_digest(self._context, product, tag, digest)
        return self._stored[digest]

    def _of_builds(
        self, product: str, images: Sequence[ManagedImage], names: Collection[str]
    ) -> Pinned | None:
        """The one release of which all images are builds, though nobody has pinned just these together."""
        known = self._context.topology.product(product)
        if known is None or len(set(names)) != 1 or not all(each.tag and each.digest for each in images):
            return None
        builds: dict[str, Tag] = {}
        for each in images:
            source = known.component(each.component)
            tag = (
                tag_pattern_match(source.spelling, each.tag or "", known.grammar)
                if source is not None
                else None
            )
            if tag is None:
                return None
            builds[each.component] = tag
        name = next(iter(names)).removeprefix(f"{product}/")
        found = pin(self._context, known, name, builds)
        if not isinstance(found, Pinned):
            return None
        for each in images:
            part = found.release.component(each.component)
            if part is None or each.digest not in part.identity.digests():
                return None
        return found

    def _spelling_problems(self, image: ManagedImage, pinned: Pinned | None) -> Iterable[SyncProblem]:
        application = self._context.topology.application(image.place)
        if pinned is None or image.digest is None or image.tag is None or application is None:
            return ()
        part = pinned.release.component(image.component)
        if part is None or image.digest not in part.identity.digests():
            # The digest is of no image of the release, which is said already: the tag may be right about it.
            return ()
        spelled = self._releases.spelled(application, ImageSetting(image.component, "", 0, image.tag))
        if spelled in (None, pinned.release.name):
            return ()
        values = {"spelled": spelled, "release": pinned.release.name}
        return (failed("tag-of-another", tag=image.tag, **values),)


def unlike(release: Release, image: ManagedImage) -> Iterator[SyncProblem]:
    """In what an image is not that of the release that is asked for."""
    part = release.component(image.component)
    if part is None:
        known = sorted(each.name for each in release.images)
        yield failed("not-in-release", component=image.component, release=release.name, known=known)
    elif image.reference is not None and image.digest is None:
        yield _no_digest(image, part.digest)
    elif image.digest is not None and image.digest not in part.identity.digests():
        values = {"found": image.digest, "expected": part.digest, "release": release.name}
        yield failed("other-release", **values)


def _no_digest(image: ManagedImage, digest: str | None) -> SyncProblem:
    reference = image.reference
    assert reference is not None
    if digest is None:
        return failed("no-digest", image=str(reference))
    return failed("no-digest", image=str(reference), write=f"{reference}@{digest}")


def _by_image(names: dict[ManagedImage, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for image, name in names.items():
        parts = found.setdefault(name, [])
        if image.component not in parts:
            parts.append(image.component)
    return found
