"""What the pages of a site are made of, looked up by what they are about."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from ldmrelease.answers.acts import owed_answers, release_acts_answer
from ldmrelease.answers.holds import hold_answer
from ldmrelease.answers.sentences.overlays import overlay_mark
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.dayobs import dayobs_of
from ldmrelease.domain.dayobs import night as night_of
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application, Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.render.pages.site.links import KnownPages, Links
from ldmrelease.services.acts.release_acts import ReleaseActs
from ldmrelease.services.evidence.collect import repositories_in
from ldmrelease.services.inventory.where import UNOBSERVED
from ldmrelease.services.needs import SiteSources
from ldmrelease.services.reports.nights import Allowance, NightLog, allowance, night_log
from ldmrelease.services.reports.promotion_records import PromotionRecord, StageRuling
from ldmrelease.services.reports.record import DeploymentRecord
from ldmrelease.services.reports.release_status import (
    ReleaseStatus,
    StatusQuestion,
    release_status,
)
from ldmrelease.services.reports.site_record import SiteRecord, TakenStatement
from ldmrelease.services.reports.stretches import Period, Stretch
from ldmrelease.trust.evaluate import EvaluatedStatement, evaluate_statement
from ldmrelease.trust.keyring import Keyring


class SiteData:
    """A site's record, with what several pages look up in it. `period` is what its reports are about."""

    def __init__(self, context: SiteSources, record: SiteRecord, period: Period) -> None:
        self.record = record
        self.period = period
        self.keyring: Keyring = context.keyring
        self.workspace: Workspace = context.workspace
        self._ledger: LedgerReader = context.ledger
        self.status = release_status(self.deployments, StatusQuestion())
        self.status_of: dict[str, list[ReleaseStatus]] = defaultdict(list)
        for each in release_status(self.deployments, StatusQuestion(everything=True)):
            self.status_of[each.release].append(each)
        self.promotions_of: dict[str, list[PromotionRecord]] = defaultdict(list)
        for promotion in self.deployments.promotions.values():
            self.promotions_of[promotion.name].append(promotion)
        self.stretches_of: dict[str, list[Stretch]] = defaultdict(list)
        for place in self.deployments.places.values():
            for stretch in place.stretches:
                if stretch.image.release is not None:
                    self.stretches_of[stretch.image.release].append(stretch)
        self.running = {each.place: self._told(each) for each in self.deployments.topology.applications}
        self.nights = tuple(self._nights())
        self.known = KnownPages(
            record.pins,
            [str(each) for each in self.deployments.places],
            self.deployments.promotions,
            [each.night for each in self.nights],
            self.people,
            {
                each.id: overlay_mark(each.overlay.kind, each.overlay.name)
                for each in self.deployments.promotions.values()
                if each.overlay is not None
            },
        )
        self.holds = tuple(hold_answer(each, record.now) for each in record.acts.holds)
        self.debts = owed_answers(record.acts.debts, record.now)
        self.acts_of = {
            name: release_acts_answer(name, record.acts.of_release.get(name, ReleaseActs()), record.now)
            for name in record.pins
        }

    @property
    def deployments(self) -> DeploymentRecord:
        """What was deployed."""
        return self.record.deployments

    @property
    def people(self) -> list[str]:
        """Everybody who has a key, asked for something or pinned something."""
        asked = (each.by for each in self.deployments.promotions.values())
        pinned = (each.by for revisions in self.record.pins.values() for each in revisions)
        keys = (each.person for each in self.keyring.signatories)
        return sorted({*keys, *asked, *pinned})

    def links(self, page: str) -> Links:
        """Links from the page at an address."""
        return Links(page, self.known)

    def decisions(self) -> Iterator[tuple[PromotionRecord, StageRuling]]:
        """Every decision of every promotion; one that was made again with the same bytes is told once."""
        told: set[str] = set()
        for promotion in self.deployments.promotions.values():
            for each in promotion.decisions:
                if each.decision not in told:
                    told.add(each.decision)
                    yield promotion, each

    def decision(self, digest: str) -> Decision:
        """A decision that the ledger keeps. Raises `Damaged`."""
        return canonical.decode(self._ledger.blob(digest), Decision)

    def release(self, document: str) -> Release:
        """The release of a pin's document. Raises `Damaged`."""
        return canonical.decode(self._ledger.blob(document), Release)

    def allowance(self, place: Place, promotion: str | None) -> Allowance | None:
        """Why a promotion was let in at a place, as it is known now."""
        until = Period(self.record.now, self.record.now, closed=True)
        return allowance(self.deployments, place, promotion, until)

    def evaluated(self, taken: TakenStatement, name: str | None) -> EvaluatedStatement:
        """A statement as it counted when it was taken in, by the trust document; `name` is the release it is about."""
        revisions = self.record.pins.get(name or "", ())
        repositories: dict[str, tuple[str, ...]] = {}
        for each in revisions:
            repositories |= repositories_in(self.release(each.pin.document), each.pin.digest)
        return evaluate_statement(
            self._ledger.blob(taken.blob),
            blob=taken.blob,
            keyring=self.keyring,
            received=taken.time,
            now=taken.time,
            repository=None,
            checks={each.name: each.tests for each in self.deployments.topology.checks},
            subjects=repositories,
        )

    def _told(self, application: Application) -> tuple[str, ...]:
        """The releases that run at a place as of the record; that it is unobserved, where nobody has looked lately."""
        place = self.deployments.places[application.place]
        if place.last is None:
            return (UNOBSERVED,)
        is_late = self.record.now - place.last > timedelta(seconds=application.observe_every)
        images = [each.image for each in place.stretches if each.last]
        names = [(each.release or each.spelling or each.digest).rpartition("/")[2] for each in images]
        return tuple(dict.fromkeys(f"{name} {UNOBSERVED}" if is_late else name for name in names)) or (
            "nothing seen",
        )

    def _nights(self) -> Iterator[NightLog]:
        """The nights of the period in which anything was seen, the newest first."""
        begin, _ = night_of(dayobs_of(self.period.end))
        while begin >= self.period.begin:
            name = dayobs_of(begin)
            log = night_log(self.deployments, name, Period(*night_of(name)))
            if log.images or log.waits:
                yield log
            begin -= timedelta(days=1)
