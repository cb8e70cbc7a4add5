"""What people did, as a site shows it: by release, and the holds and reviews of all places."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.release import Release
from ldmrelease.services.acts.debts import Debt
from ldmrelease.services.acts.holds import KnownHold
from ldmrelease.services.acts.release_acts import ActsReader, ReleaseActs
from ldmrelease.services.needs import ReportSources


class SiteActs(Struct, frozen=True):
    """Every hold and every review, oldest first; `of_release` is by `product/tag`, with its recalls alone of holds.

    A release that nobody did anything about has none.
    """

    holds: tuple[KnownHold, ...] = ()
    debts: tuple[Debt, ...] = ()
    of_release: dict[str, ReleaseActs] = {}


def site_acts(context: ReportSources, pins: Mapping[str, Sequence[Pin]], now: datetime) -> SiteActs:
    """What people did as of a time; `pins` are the revisions of each release by its name."""
    reader = ActsReader(context, context.topology.applications, now)
    found = {}
    for name, revisions in pins.items():
        told = _of_revisions(context, reader, revisions)
        if told != ReleaseActs():
            found[name] = told
    return SiteActs(reader.holds, reader.debts, found)


def _of_revisions(context: ReportSources, reader: ActsReader, revisions: Sequence[Pin]) -> ReleaseActs:
    """Whatever revision of the tag it is about; an approval of a content is one for all that have it."""
    found = []
    for each in revisions:
        release = canonical.decode(context.ledger.blob(each.document), Release)
        found.append(reader.acts(release, each.digest))
    recalls = {each.id: each for one in found for each in one.holds if each.body.kind is HoldKind.RECALL}
    return ReleaseActs(
        approvals=tuple({each.given.name: each for one in found for each in one.approvals}.values()),
        waivers=tuple(each for one in found for each in one.waivers),
        holds=tuple(recalls.values()),
        debts=tuple(each for one in found for each in one.debts),
    )
