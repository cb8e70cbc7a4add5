"""What the notes of a release say: features, compatibility, known issues, deprecations, and work since the last one."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from ldmrelease.config.release_notes import KIND, SUFFIX, ReleaseNotesFile, read_release_notes
from ldmrelease.domain.statement_facts import CompatibilityFact
from ldmrelease.domain.tags import order_key, parse
from ldmrelease.domain.topology import Product
from ldmrelease.milestones.catalogue import Catalogue, Feature, Milestone
from ldmrelease.services.evidence.manual import EvaluatedEvidence, evaluate_all
from ldmrelease.services.milestones.tickets import Ticket, UnreadRange, tickets_between
from ldmrelease.services.needs import EvidenceSources, ReleaseLookup
from ldmrelease.services.releases.compare import Comparison, compare
from ldmrelease.services.releases.document_files import document_path
from ldmrelease.services.releases.pin import Pinned, stored_pin

STATED = "stated"
"""A feature that the workspace says a release brings, and that no result of a test speaks about."""


class FeatureResult(Struct, frozen=True):
    """What the results of a verification campaign say of a feature in a release's content: `verified`, `failed`, ..."""

    code: str
    state: str
    milestone: str | None = None


class FeatureResults(Protocol):
    """Says which features were verified in a release's content. A campaign fills it in."""

    def results(self, pinned: Pinned) -> Iterable[FeatureResult]:
        """What is known of each feature that somebody has looked at."""


class NotedFeature(Struct, frozen=True):
    """A feature that the release brings. `milestone` is the first that claims it; `state` is what tests say, or
    `STATED`.
    """

    feature: Feature
    milestone: Milestone | None
    state: str


class NotedInterface(Struct, frozen=True):
    """A schema or protocol: the range of versions that the release needs, the version that it brings, and the one that
    the release before brought. `signed`: it is from a statement that counts; else from the workspace's file.
    """

    name: str
    requires: str | None
    provides: str | None
    before: str | None
    signed: bool


class ReleaseNotes(Struct, frozen=True):
    """The notes of a release. `since` is the release before, None for the first of its kind; `unread` are
    repositories whose commits between the two could not be read.
    """

    pinned: Pinned
    since: Pinned | None
    written: ReleaseNotesFile
    features: tuple[NotedFeature, ...]
    interfaces: tuple[NotedInterface, ...]
    comparison: Comparison | None
    tickets: tuple[Ticket, ...]
    unread: tuple[UnreadRange, ...]


def release_notes(
    context: EvidenceSources,
    pinned: Pinned,
    since: Pinned | None,
    catalogue: Catalogue,
    results: FeatureResults | None = None,
) -> ReleaseNotes:
    """The notes of a release, against an earlier one. Writes nothing.

    Raises `BadInput` for a file that cannot be read, `UnavailableError` where a registry cannot be asked.
    """
    written = read_release_notes(notes_file(context, pinned), catalogue)
    tickets, unread = tickets_between(context, since, pinned) if since is not None else ((), ())
    return ReleaseNotes(
        pinned,
        since,
        written,
        tuple(_features(written, catalogue, results.results(pinned) if results is not None else ())),
        tuple(_interfaces(context, pinned, since, written)),
        compare(since, pinned) if since is not None else None,
        tickets,
        unread,
    )


def notes_file(context: EvidenceSources, pinned: Pinned) -> Path:
    """Where people write what the notes of a release say: beside its other documents."""
    path = Path(document_path(context.workspace, pinned.release, KIND))
    return context.workspace.root / path.with_suffix(SUFFIX)


def release_before(context: ReleaseLookup, pinned: Pinned) -> Pinned | None:
    """The last release of the same kind that is pinned and comes before in the order of tags; None for the first."""
    product = context.topology.product(pinned.release.product)
    mine = order_key(pinned.tag)
    if product is None or mine is None:
        return None
    earlier = []
    for _, text in context.pins.tags(product.name):
        tag = parse(text, product.grammar, product.aliases)
        key = order_key(tag)
        if key is not None and (tag.kind, tag.group) == (pinned.tag.kind, pinned.tag.group) and key < mine:
            earlier.append((key, text))
    for _, text in sorted(earlier, reverse=True):
        found = _complete(context, product, text)
        if found is not None:
            return found
    return None


def _complete(context: ReleaseLookup, product: Product, text: str) -> Pinned | None:
    found = stored_pin(context, product, text)
    return found if found is not None and found.release.components else None


def _features(
    written: ReleaseNotesFile, catalogue: Catalogue, results: Iterable[FeatureResult]
) -> Iterator[NotedFeature]:
    """In the order of the catalogue: what tests say, and what the workspace says that the release brings."""
    told = {each.code: each for each in results}
    stated = {*written.features, *_of_milestones(written, catalogue)}
    shown: set[str] = set()
    for milestone, feature in catalogue.features():
        known = told.get(feature.code)
        if feature.code in shown or (feature.code not in stated and known is None):
            continue
        shown.add(feature.code)
        claims = catalogue.milestone(known.milestone) if known is not None and known.milestone else milestone
        yield NotedFeature(feature, claims, known.state if known is not None else STATED)


def _of_milestones(written: ReleaseNotesFile, catalogue: Catalogue) -> Iterator[str]:
    for each in catalogue.milestones:
        if each.code in written.milestones:
            yield from (one.code for one in each.features)


def _interfaces(
    context: EvidenceSources, pinned: Pinned, since: Pinned | None, written: ReleaseNotesFile
) -> Iterator[NotedInterface]:
    signed = _signed(evaluate_all(context, pinned))
    earlier = _signed(evaluate_all(context, since)) if since is not None else CompatibilityFact()
    own = written.compatibility
    stated = CompatibilityFact(dict(own.requires), dict(own.provides))
    for name in sorted({*signed.requires, *signed.provides, *stated.requires, *stated.provides}):
        is_signed = name in signed.requires or name in signed.provides
        said = signed if is_signed else stated
        yield NotedInterface(
            name, said.requires.get(name), said.provides.get(name), earlier.provides.get(name), is_signed
        )


def _signed(evidence: Iterable[EvaluatedEvidence]) -> CompatibilityFact:
    """What all statements that count say together; of two about one interface the later counts."""
    requires: dict[str, str] = {}
    provides: dict[str, str] = {}
    for each in evidence:
        fact = each.seen.fact
        if fact.counted and fact.compatibility is not None:
            requires |= fact.compatibility.requires
            provides |= fact.compatibility.provides
    return CompatibilityFact(requires, provides)
