"""What a bundle says of a release or an image at a place: it carries decisions, and makes none.

So what waits goes on waiting until a newer bundle says otherwise, however late it is, and a decision that has lapsed
says nothing any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain import times
from ldmrelease.domain.bundle import (
    AllowedBecause,
    AllowedImage,
    Bundle,
    BundleHold,
    BundlePlace,
    BundleRelease,
)
from ldmrelease.domain.decision import Decision, Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.topology import Place
from ldmrelease.services.decisions.decide import waits_until


class BundleVerdict(StrEnum):
    """What is said of a release or an image at a place."""

    ALLOWED = "allowed"
    WAITING = "waiting"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    """The bundle does not say: the gate stays shut."""
    UNMANAGED = "unmanaged"
    """No product declares the image."""


class BundleFinding(Struct, frozen=True):
    """What a bundle says, and why: `code` and `values`. What was decided goes before what is known to run.

    Codes: `decided`, `running` (it runs there, or is admitted there), `held`, `lapsed` (the decision was valid until
    `valid_until`), `decide-again` (it waited until `eligible_at`, which has come), `unknown-place`, `other-cluster`,
    `unknown-release`, `unknown-image`, `unmanaged`. `decision` is the one that it rests on. `eligible_at` is when what
    waits can be let in by itself.
    """

    verdict: BundleVerdict
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    release: str | None = None
    decision: Decision | None = None
    eligible_at: datetime | None = None


class BundleQuestions:
    """Answers what is asked of one bundle at one time."""

    def __init__(self, bundle: Bundle, at: datetime) -> None:
        self._bundle = bundle
        self._at = at
        self._held: dict[str, list[BundleHold]] = defaultdict(list)
        for hold in bundle.holds:
            self._held[hold.digest].append(hold)
        self._decisions = {(each.place, each.release, each.intent): each for each in bundle.decisions}
        self._by_digest: dict[str, list[tuple[BundleRelease, str]]] = defaultdict(list)
        for release in bundle.releases:
            for image in release.release.images:
                for digest in image.identity.digests():
                    self._by_digest[digest].append((release, image.name))
        self._allowed: dict[tuple[Place, str], AllowedImage] = {
            (each.place, each.digest): each
            for environment in bundle.environments
            for each in environment.allowed
        }

    def of_release(self, place: Place, release: str, intent: Intent = Intent.PROMOTE) -> BundleFinding:
        """May a release enter a place? `release` is `product/tag`, or the digest of one."""
        if self._bundle.place(place) is None:
            return BundleFinding(BundleVerdict.UNDECIDED, "unknown-place", {"place": str(place)})
        found = [each for each in self._bundle.releases if release in (each.digest, each.release.name)]
        if not found:
            return BundleFinding(BundleVerdict.UNDECIDED, "unknown-release", {"release": release})
        return self._decided(place, found[-1], intent)

    def of_image(
        self, place: Place, repository: str | None, digest: str, *, cluster: str | None = None
    ) -> BundleFinding:
        """May an image be run at a place? `repository` is the one that it is named in, None where nobody knows;
        `cluster` the UID of the cluster that it is for, None where nobody says.
        """
        there = self._bundle.place(place)
        environment = self._bundle.environment(place.environment)
        if there is None or environment is None:
            return BundleFinding(BundleVerdict.UNDECIDED, "unknown-place", {"place": str(place)})
        if cluster is not None and environment.clusters and cluster not in environment.clusters:
            values = {"found": cluster, "expected": list(environment.clusters)}
            return BundleFinding(BundleVerdict.UNDECIDED, "other-cluster", values)
        running = self.running(place, digest)
        hold = self._hold(place, [digest])
        if hold is not None and (running is None or hold.stops_what_runs):
            return _held(hold, None)
        decided = [
            self._decided(place, release)
            for release, name in self._by_digest.get(digest, ())
            if f"{release.release.product}/{name}" in there.repositories
        ]
        said = [each for each in decided if each.code not in _SAYS_NOTHING]
        if not said and running is not None:
            return running
        return _best(said or decided) if decided else _undeclared(there, repository, digest)

    def releases_of(self, product: str, component: str, digest: str) -> tuple[BundleRelease, ...]:
        """The releases of a product that have this image, in the order in which they were pinned."""
        return tuple(
            release
            for release, name in self._by_digest.get(digest, ())
            if (release.release.product, name) == (product, component)
        )

    def running(self, place: Place, digest: str) -> BundleFinding | None:
        """That an image runs at a place, or is admitted there; None where it is neither."""
        known = self._allowed.get((place, digest))
        if known is None or known.because is AllowedBecause.APPLYING:
            return None
        return BundleFinding(BundleVerdict.ALLOWED, "running", {"because": str(known.because)}, known.release)

    def _hold(self, place: Place, digests: Iterable[str]) -> BundleHold | None:
        """The hold of any of these at a place, before others one that stops what runs, too."""
        found = [hold for each in digests for hold in self._held.get(each, ()) if hold.covers(place)]
        return max(found, key=lambda each: each.stops_what_runs, default=None)

    def _decided(
        self, place: Place, release: BundleRelease, intent: Intent = Intent.PROMOTE
    ) -> BundleFinding:
        name = release.release.name
        hold = self._hold(place, _digests(release))
        if hold is not None:
            return _held(hold, name)
        decision = self._decisions.get((place, release.digest, intent))
        if decision is None:
            return BundleFinding(BundleVerdict.UNDECIDED, "unknown-release", {"release": name}, name)
        if decision.valid_until is not None and self._at > decision.valid_until:
            values = {"valid_until": times.spell(decision.valid_until)}
            return BundleFinding(BundleVerdict.UNDECIDED, "lapsed", values, name, decision)
        verdict = BundleVerdict(str(decision.verdict))
        if decision.verdict is not Verdict.WAITING:
            return BundleFinding(verdict, "decided", {}, name, decision)
        until = waits_until(decision)
        come = until is not None and self._at >= until
        return BundleFinding(verdict, "decide-again" if come else "decided", {}, name, decision, until)


_SAYS_NOTHING = {"lapsed", "unknown-release", "held"}
"""Where nothing is decided, what runs already may go on; a hold has been asked for before."""
_BEST_FIRST = (
    BundleVerdict.ALLOWED,
    BundleVerdict.WAITING,
    BundleVerdict.UNDECIDED,
    BundleVerdict.REFUSED,
)


def _best(found: Sequence[BundleFinding]) -> BundleFinding:
    """An image of several releases may enter as a part of any of them."""
    return min(found, key=lambda each: _BEST_FIRST.index(each.verdict))


def _held(hold: BundleHold, release: str | None) -> BundleFinding:
    return BundleFinding(BundleVerdict.REFUSED, "held", _told(hold), release)


def _told(hold: BundleHold) -> dict[str, str]:
    person = {"person": hold.person} if hold.person else {}
    return {"hold": hold.id, **person, "reason": hold.reason}


def _digests(release: BundleRelease) -> Iterator[str]:
    yield release.digest
    for each in release.release.images:
        yield from each.identity.digests()


def _undeclared(there: BundlePlace, repository: str | None, digest: str) -> BundleFinding:
    """An image that the bundle does not know: one of ours that is too new or too old, or nobody's."""
    for component, names in there.repositories.items():
        if repository is None or _named(names, repository):
            values = {"component": component, "digest": digest}
            return BundleFinding(BundleVerdict.UNDECIDED, "unknown-image", values)
    return BundleFinding(BundleVerdict.UNMANAGED, "unmanaged", {"repository": repository or ""})


def _named(names: Sequence[str], repository: str) -> bool:
    return any(OwnRepositories(each).has(repository) for each in names)
