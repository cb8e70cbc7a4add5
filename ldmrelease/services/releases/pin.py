"""Pin a release: from a product's tag to digests (LDM-564 2.1), in memory; `store_pin` makes it durable."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.release import (
    ARTIFACT_TYPE,
    EMPTY_CONFIG,
    MANIFEST_TYPE,
    Component,
    Release,
    artifact_manifest,
    release_digest,
)
from ldmrelease.domain.streams import pin_stream
from ldmrelease.domain.tags import Kind, Tag, parse
from ldmrelease.domain.topology import ComponentKind, Product
from ldmrelease.ledger import LedgerReader
from ldmrelease.services.needs import PinLookup, Recording, ReleaseLookup, ReleaseSources
from ldmrelease.services.repository_scope import require_scope
from ldmrelease.services.signing import require_agreed_products

if TYPE_CHECKING:
    from ldmrelease.registry.repository import Repository


_LEAST_OF_A_DIGEST = 7
"""Characters that tell a digest apart among those of one tag."""


class Pinned(Struct, frozen=True):
    """A release bound to digests. `revision` is 0 where nothing is stored yet.

    `listing` is the EUPS build's `product sha1` list, the bytes behind the content digest. `versions` is its
    `product version` list, where it was just found: whoever asks for a stored one reads it by the pin's digest of it.
    """

    release: Release
    digest: str
    tag: Tag
    listing: bytes | None = None
    revision: int = 0
    versions: bytes | None = None

    @property
    def kind(self) -> Kind:
        """What its tag is: a release, too, where a moving tag is pinned with a fixed build of every component."""
        return Kind(self.release.kind) if self.tag.kind is Kind.moving else self.tag.kind

    @property
    def stored(self) -> bool:
        """The ledger has this pin."""
        return self.revision > 0


class Unpinnable(Struct, frozen=True):
    """Why a tag cannot be pinned: `code` and values."""

    code: str
    values: dict[str, Any]


def pin(
    context: ReleaseSources,
    product: Product,
    text: str,
    builds: Mapping[str, Tag] | None = None,
) -> Pinned | Unpinnable:
    """Resolve every component of a product's tag now. Writes nothing.

    builds: by component, the build of a cycle that is meant; of the others it is the newest.
    Raises `UnavailableError` where a source did not answer, `BadList`.
    """
    tag = parse(text, product.grammar, product.aliases)
    if not tag.parsed or tag.name is None or tag.kind is Kind.alias:
        return Unpinnable("unreadable", {"tag": text, "grammar": str(product.grammar), "reason": tag.reason})
    from ldmrelease.services.releases import builds as search  # noqa: PLC0415 - not to read a pin

    found: list[search.FoundBuild] = []
    for each in search.find_builds(context, product, tag, builds or {}):
        if isinstance(each, search.NoSuchBuild):
            return Unpinnable("no-such-build", {"component": each.component, "tag": each.tag})
        if isinstance(each, search.FoundBuild):
            found.append(each)
        elif each is not None:
            return Unpinnable(each.code, each.values)
    if not found:
        return Unpinnable("nothing-found", {"tag": text, "product": product.name})
    kind = tag.kind
    if search.has_builds(product, tag) and not any(each.moving for each in found):
        kind = Kind.release
    listed = next((each.found for each in reversed(found) if each.found.listing is not None), None)
    listing, versions = (listed.listing, listed.versions) if listed is not None else (None, None)
    release = _release(product, tag, kind, [each.found.component for each in found])
    return Pinned(release, release_digest(release), tag, listing, versions=versions or None)


def _release(product: Product, tag: Tag, kind: Kind, found: list[Component]) -> Release:
    names = {each.name for each in found}
    missing = tuple(each.name for each in product.components if each.name not in names)
    content = next((each.digest for each in found if each.kind is ComponentKind.BUILD), None)
    assert tag.name is not None
    return Release(product.name, tag.name, str(kind), tuple(found), missing, content)


def stored_pin(context: PinLookup, product: Product, text: str) -> Pinned | None:
    """The newest stored pin of a tag whose signature counts, None where there is none.

    text: a tag; behind an `@`, which no tag has, the revision of it that is meant, by its number or the beginning of
        its digest.
    """
    text, at, which = text.partition("@")
    tag = parse(text, product.grammar, product.aliases)
    if tag.name is None:
        return None
    found = context.pins.revisions(product.name, tag.name)
    found = [each for each in found if not at or _is_meant(each.body, which)]
    return _read_pin(context.ledger, found[-1].body, tag) if found else None


def stored_release(context: ReleaseLookup, name: str) -> Pinned | None:
    """The same of `product/tag`; None for a product that the workspace does not have."""
    product, _, tag = name.partition("/")
    known = context.topology.product(product)
    return stored_pin(context, known, tag) if known is not None else None


def _is_meant(pin: Pin, which: str) -> bool:
    if which.isascii() and which.isdecimal() and len(which) < _LEAST_OF_A_DIGEST:
        return pin.revision == int(which)
    digest = which.removeprefix("sha256:")
    return len(digest) >= _LEAST_OF_A_DIGEST and pin.digest.startswith(f"sha256:{digest}")


def _read_pin(ledger: LedgerReader, act: Pin, tag: Tag) -> Pinned:
    release = canonical.decode(ledger.blob(act.document), Release)
    listing = ledger.blob(release.content) if release.content else None
    return Pinned(release, act.digest, tag, listing, act.revision)


def find_or_pin(context: ReleaseSources, product: Product, text: str) -> Pinned | Unpinnable:
    """The stored pin, or a new one in memory: where nothing is stored, or what is stored was open."""
    stored = stored_pin(context, product, text)
    if stored is not None and stored.release.complete:
        return stored
    found = pin(context, product, text)
    if stored is not None and isinstance(found, Pinned) and found.digest == stored.digest:
        return stored
    return found


def pin_events(
    context: Recording, pinned: Pinned, reason: str | None
) -> tuple[list[NewEvent], dict[str, bytes], dict[str, int]]:
    """What makes a pin durable: the event, the blobs, and the stream version that it goes with."""
    release, document = pinned.release, pinned.release.document()
    stream = pin_stream(release.product, release.tag)
    revision = context.ledger.version(stream) + 1
    act = Pin(
        release.product,
        release.tag,
        pinned.digest,
        canonical.digest(document),
        revision,
        release.complete,
        release.content,
        context.now(),
        reason,
        _digests(release),
        canonical.digest(pinned.versions) if pinned.versions is not None else None,
    )
    require_agreed_products(context.workspace, (release.product,))
    require_scope(context, context.signers.me, "pin", release.repositories)
    blobs = {act.document: document}
    if release.content and pinned.listing is not None:
        blobs[release.content] = pinned.listing
    if act.versions is not None and pinned.versions is not None:
        blobs[act.versions] = pinned.versions
    return [new_event(act)], blobs, {stream: revision - 1}


def push_release(repository: "Repository", pinned: Pinned) -> None:
    """Put the release artifact into its repository: a copy, for whoever attaches statements to it.

    What has no components was only written in a menu, and nobody has anything to say of it.
    """
    if not pinned.release.components:
        return
    tag = f"{pinned.release.product}-{pinned.release.tag}"
    there = repository.resolve(tag)
    if there is not None and there.digest == pinned.digest:
        return
    document = pinned.release.document()
    repository.put_blob(EMPTY_CONFIG)
    repository.put_blob(document)
    repository.put_manifest(artifact_manifest(document), MANIFEST_TYPE, tag)


__all__ = [
    "ARTIFACT_TYPE",
    "Pinned",
    "Unpinnable",
    "find_or_pin",
    "pin",
    "pin_events",
    "push_release",
    "stored_pin",
    "stored_release",
]


def _digests(release: Release) -> tuple[str, ...]:
    """Every digest by which a cluster may report an image of the release."""
    return tuple(sorted({digest for each in release.images for digest in each.identity.digests()}))
