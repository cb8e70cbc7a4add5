"""Which releases run at a place now, by its last observation that counts, with what the ledger has about them."""

from collections.abc import Iterator

from ldmrelease.domain.facts import RunningRelease, StatementFact
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workspace_facts import InterfaceFact
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.evidence.collect import collect, evaluate_statements, subjects_of
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.releases.store import pinned_by_digest

WORKSPACE = "workspace"
"""The source of versions that the workspace states."""


def gather(inquiry: Inquiry) -> tuple[RunningRelease, ...]:
    """The releases of the product that run at the place, with their metrics; asked for where something is compared."""
    asked = (
        each.rule == "metric" and each.parameters.get("no_worse_than") is not None
        for each in inquiry.requirements
    )
    if not any(asked):
        return ()
    about, place = inquiry.release, inquiry.question.place
    product = about.pinned.release.product
    return tuple(
        RunningRelease(name, digest, tuple(each for each in statements if each.metrics is not None))
        for name, digest, statements in about.once(_RunningByPlace).at(place)
        if name.partition("/")[0] == product
    )


def interfaces(inquiry: Inquiry) -> tuple[InterfaceFact, ...]:
    """Versions of schemas and protocols in the environment: what the workspace says it has, and what the releases that
    run there are said to provide, apart from the one that this one is in place of.
    """
    about, here = inquiry.release, inquiry.question.place
    topology, known = about.context.topology, about.once(_RunningByPlace)
    stated = topology.provides.get(here.environment, {})
    found = [InterfaceFact(name, version, WORKSPACE) for name, version in stated.items()]
    for each in topology.applications:
        if each.place.environment == here.environment:
            found += _provided(
                known, each.place, about.pinned.release.product if each.place == here else None
            )
    return tuple(
        sorted(dict.fromkeys(found), key=lambda each: (each.interface, each.source, each.place or ""))
    )


def _provided(known: "_RunningByPlace", place: Place, replaced: str | None) -> Iterator[InterfaceFact]:
    for name, _, statements in known.at(place):
        if name.partition("/")[0] == replaced:
            continue
        counted = [each for each in statements if each.counted and each.compatibility is not None]
        latest = max(counted, key=lambda each: (each.received, each.evidence), default=None)
        if latest is not None and latest.compatibility is not None:
            for interface, version in latest.compatibility.provides.items():
                yield InterfaceFact(interface, version, name, str(place), latest.roles)


class _RunningByPlace:
    """What runs at places, each looked at once for all that ask."""

    def __init__(self, about: ReleaseInquiry) -> None:
        self._about = about
        self._names = ImageNames(about.context)
        self._at: dict[Place, tuple[tuple[str, str, tuple[StatementFact, ...]], ...]] = {}

    def at(self, place: Place) -> tuple[tuple[str, str, tuple[StatementFact, ...]], ...]:
        """`product/tag`, digest and statements of each release. An image that no release has stands for itself."""
        if place not in self._at:
            releases = dict(self._releases(place))
            self._at[place] = tuple(
                (name, digest, self._statements(name, digest, pinned))
                for (name, digest), pinned in sorted(releases.items())
            )
        return self._at[place]

    def _releases(self, place: Place) -> Iterator[tuple[tuple[str, str], bool]]:
        latest = latest_observation(self._about.context, place)
        for image in latest.observation.images if latest is not None else ():
            named = self._names.of_observed(place, image, latest.sequence) if latest is not None else None
            if named is not None and named.pin is not None:
                yield (named.pin.release, named.pin.digest), True
            else:
                yield (f"{image.product}/{image.spelling}", image.digest), False

    def _statements(self, name: str, digest: str, pinned: bool) -> tuple[StatementFact, ...]:
        """What the ledger has: no registry is asked about another release than the one in question."""
        about = self._about
        product, _, tag = name.partition("/")
        if not pinned or about.context.topology.product(product) is None:
            return ()
        release = pinned_by_digest(about.context, product, tag, digest)
        subjects = subjects_of(about.context.workspace, release)
        taken = collect(about.context, subjects, ask_registries=False)
        facts = (each.fact for _, each in evaluate_statements(about.context, release, taken, about.now))
        return tuple(sorted(facts, key=lambda each: (each.received, each.evidence, each.blob)))
