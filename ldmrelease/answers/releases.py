"""Releases: pins, their list, and what differs between two."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from ldmrelease.answers.spellings import DigestText, ReleaseName, TimeText, time_text
from ldmrelease.domain.release import Component
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.services.known_pins import PinRecord
from ldmrelease.services.releases.compare import ComparedVersion, Comparison
from ldmrelease.services.releases.listing import PinnedRelease
from ldmrelease.services.releases.pin import Pinned


class PlatformAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image for one platform: the digests of its manifest and of its config."""

    platform: str
    manifest: DigestText
    config: DigestText


class ComponentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact of a release: an image by its index, a configuration by its commit, a build by its content.

    `spelling` is the tag as `source` spells it.
    """

    name: str
    kind: ComponentKind
    source: str
    spelling: str
    digest: DigestText
    platforms: tuple[PlatformAnswer, ...]
    derived_from: str | None
    build_id: str | None


class RevisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One pin of a tag. `reason` is required from the second revision on."""

    revision: int
    digest: DigestText
    complete: bool
    pinned: TimeText
    by: str
    reason: str | None


class ReleaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A pinned release. `digest` is that of its artifact, `content` that of its EUPS build list; `missing` names
    components that are not there yet: then it is open. `revisions` are listed where they were asked for.
    `second_spelling_of` is the tag of the same version that was pinned before with these images: it names what runs.
    """

    answer: Literal["pinned", "already-pinned"]
    release: ReleaseName
    product: str
    tag: str
    kind: str
    digest: DigestText
    revision: int
    complete: bool
    missing: tuple[str, ...]
    content: DigestText | None
    components: tuple[ComponentAnswer, ...]
    revisions: tuple[RevisionAnswer, ...] = ()
    second_spelling_of: str | None = None


class ReleaseRowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A tag with its newest pin that counts. `second_spelling_of` as in `ReleaseAnswer`."""

    release: ReleaseName
    product: str
    tag: str
    kind: str
    complete: bool
    revision: int
    digest: DigestText
    pinned: TimeText
    by: str
    second_spelling_of: str | None = None


class VersionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A component as one of two releases has it."""

    source: str
    spelling: str
    digest: DigestText


class ComponentChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A component in both; null where one of the two does not have it. A tag spelled otherwise is not a difference."""

    component: str
    kind: str
    differs: bool
    before: VersionAnswer | None
    after: VersionAnswer | None


class ProductChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An EUPS product that differs, by its commits; null where one of the two lists does not have it."""

    name: str
    before: str | None
    after: str | None


class ComparisonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """From `before` to `after`. `products` are those that differ, of `listed` ones; null where one of the two has no
    list. `same` says that nothing differs but spellings.
    """

    before: ReleaseName
    after: ReleaseName
    same: bool
    components: tuple[ComponentChangeAnswer, ...]
    products: tuple[ProductChangeAnswer, ...] | None
    listed: int


Releases = list[ReleaseRowAnswer]


def release_answer(
    pinned: Pinned,
    answer: Literal["pinned", "already-pinned"] = "pinned",
    revisions: tuple[RevisionAnswer, ...] = (),
    second_spelling_of: str | None = None,
) -> ReleaseAnswer:
    """A pin with its components."""
    release = pinned.release
    return ReleaseAnswer(
        answer=answer,
        release=release.name,
        product=release.product,
        tag=release.tag,
        kind=release.kind,
        digest=pinned.digest,
        revision=pinned.revision,
        complete=release.complete,
        missing=release.missing,
        content=release.content,
        components=tuple(map(_component, release.components)),
        revisions=revisions,
        second_spelling_of=second_spelling_of,
    )


def _component(component: Component) -> ComponentAnswer:
    return ComponentAnswer(
        name=component.name,
        kind=component.kind,
        source=component.source,
        spelling=component.spelling,
        digest=component.digest,
        platforms=tuple(
            PlatformAnswer(platform=each.platform, manifest=each.manifest, config=each.config)
            for each in component.platforms
        ),
        derived_from=component.derived_from,
        build_id=component.build_id,
    )


def revision_answers(pins: Iterable[PinRecord]) -> tuple[RevisionAnswer, ...]:
    """The pins of one tag; `by` is whose key signed it."""
    return tuple(
        RevisionAnswer(
            revision=each.body.revision,
            digest=each.body.digest,
            complete=each.body.complete,
            pinned=time_text(each.event.time) or "",
            by=each.person,
            reason=each.body.reason,
        )
        for each in pins
    )


def release_rows(found: Iterable[PinnedRelease]) -> Releases:
    """The list of what is pinned."""
    return [
        ReleaseRowAnswer(
            release=f"{each.product}/{each.tag}",
            product=each.product,
            tag=each.tag,
            kind=each.kind,
            complete=each.complete,
            revision=each.revision,
            digest=each.digest,
            pinned=each.pinned,
            by=each.by,
            second_spelling_of=each.second_spelling_of,
        )
        for each in found
    ]


def comparison_answer(found: Comparison) -> ComparisonAnswer:
    """What differs between two pins."""
    products = found.products
    return ComparisonAnswer(
        before=found.before,
        after=found.after,
        same=found.same,
        components=tuple(
            ComponentChangeAnswer(
                component=each.component,
                kind=each.kind,
                differs=each.differs,
                before=_version(each.before),
                after=_version(each.after),
            )
            for each in found.components
        ),
        products=None
        if products is None
        else tuple(
            ProductChangeAnswer(name=each.name, before=each.before, after=each.after) for each in products
        ),
        listed=found.listed,
    )


def _version(version: ComparedVersion | None) -> VersionAnswer | None:
    if version is None:
        return None
    return VersionAnswer(source=version.source, spelling=version.spelling, digest=version.digest)
