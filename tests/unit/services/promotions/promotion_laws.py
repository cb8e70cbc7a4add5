"""What holds of promotions whatever happens; checked event by event, and at every write to a target.

**One receipt each**: a promotion gets one receipt for each component at each place, after its confirmation there was
allowed, and while it claims the place.
**No step twice**: no step is done twice under one claim, and what a claim is taken for (all but the claim itself
and its release) is done once in a promotion. No value is written twice by one promotion, and none is put back
twice, unless somebody has changed it by hand in between.
**Never an unclaimed write**: every write is under a fence whose epoch is a claim of that promotion at that place in
the ledger; a text changes only once that claim has reached the target; a fence never goes back. The claim is the
latest one, it stands, and its promotion has not ended. (A later claim that is in the ledger and has not reached the
target yet keeps nobody from writing: what its holder will restore is read behind its fence. Whoever slept before it
moved a fence may still move it, when its claim is over: it writes no text after that, since it appends in between.)
**Only what was admitted**: what a promotion writes is its own release, after a decision on entry allowed it. What it
puts back is what its claim has recorded, and that was admitted there, or seen to run there by an observation; where
nothing was admitted or seen before it, its claim is the first that saw the place.
**An ended promotion stays ended**: nothing follows in its stream, and it writes nothing any more.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.evidence import ReceiptSigned
from ldmrelease.domain.events.place import Observation, PlaceClaimed, PlaceReleased
from ldmrelease.domain.events.promotion import (
    DecisionMade,
    DecisionStage,
    PromotionEnded,
    Request,
    StepCompleted,
    StepIntended,
)
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId, promotion_of
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.targets.memory_files import MemoryState
from ldmrelease.trust.dsse import Envelope, read_envelope
from ldmrelease.trust.records import EventRecord, Records

OF_A_CLAIM = (StepKind.CLAIM, StepKind.FREE)


def fence_at(state: MemoryState, place: Place) -> Fence | None:
    """What a place's fence says; whether its key counts is what the targets look at."""
    kept = state.fences.get(place)
    envelope = read_envelope(kept) if kept is not None else None
    return canonical.decode(envelope.payload, Fence) if isinstance(envelope, Envelope) else None


class Held(Struct):
    """The latest claim of a place."""

    promotion: str
    epoch: int
    stands: bool = True


class Laws:
    """The laws over one ledger and its targets, as far as they have been read."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.ended: dict[str, PromotionEnded] = {}
        self.receipts: Counter[tuple[str, Place, str]] = Counter()
        self._claims: dict[Place, Held] = {}
        self._epochs: set[tuple[str, Place, int]] = set()
        self._done: Counter[tuple[Any, ...]] = Counter()
        self._verdicts: dict[tuple[str, Place, DecisionStage], Verdict] = {}
        self._applying: set[tuple[str, Place]] = set()
        self._before: dict[tuple[str, Place], str] = {}
        self._writes: Counter[tuple[str, Place, str]] = Counter()
        self._written_by: dict[tuple[Place, str], str] = {}
        self._observed: set[tuple[Place, str]] = set()
        self._known: set[Place] = set()
        self._known_before: dict[str, frozenset[Place]] = {}
        self._read = 0

    def catch_up(self, ledger: LedgerReader, records: Records) -> None:
        """Read what has come since. Every event counts, apart from the one that began the ledger."""
        for event in ledger.events(after=self._read):
            self._read = event.sequence
            if event.kind == EventKind.CREATED:
                continue
            told = records.verify(event)
            assert isinstance(told, EventRecord), f"{event.kind} at {event.sequence}: {told}"
            promotion = promotion_of(event.stream)
            assert promotion not in self.ended, f"{event.kind} behind the end of {promotion}"
            self._take(told, promotion or "")

    def _take(self, told: EventRecord[Any], promotion: str) -> None:
        match told.body:
            case Request() as body:
                self.tags[promotion] = body.tag
                self._known_before[promotion] = frozenset(self._known)
            case DecisionMade() as body:
                self._verdicts[promotion, body.place, body.stage] = body.verdict
            case PlaceClaimed() as body:
                self._claimed(body, told.event.sequence)
            case PlaceReleased() as body:
                held = self._claims.get(body.place)
                if held is not None and held.epoch == body.epoch:
                    held.stands = False
            case StepIntended(step) if StepId.parse(step).kind is StepKind.APPLY:
                self._applying.add((promotion, StepId.parse(step).place))
            case StepCompleted() as body:
                self._completed(promotion, body)
            case ReceiptSigned() as body:
                self._receipt(body)
                self._known.add(body.place)
            case Observation() as body:
                self._known.add(body.place)
                self._observed |= {(body.place, each.spelling) for each in body.images if each.digest}
            case PromotionEnded() as body:
                self.ended[promotion] = body

    def _claimed(self, body: PlaceClaimed, epoch: int) -> None:
        held = self._claims.get(body.place)
        free = held is None or not held.stands or held.promotion == body.promotion
        assert free or body.takeover, f"{body.promotion} claims what {held} holds"
        assert body.promotion not in self.ended, f"{body.promotion} claims {body.place} after its end"
        self._claims[body.place] = Held(body.promotion, epoch)
        self._epochs.add((body.promotion, body.place, epoch))

    def _completed(self, promotion: str, body: StepCompleted) -> None:
        step = StepId.parse(body.step)
        held = self._claims.get(step.place)
        assert held is not None, f"{body.step} without a claim"
        assert (held.promotion, held.stands) == (promotion, True), f"{body.step} of {promotion} under {held}"
        once = (held.epoch,) if step.kind in OF_A_CLAIM else ()
        self._done[(promotion, body.step, *once)] += 1
        assert self._done[(promotion, body.step, *once)] == 1, f"{body.step} of {promotion} twice"
        if step.kind is StepKind.CLAIM and (promotion, step.place) not in self._applying:
            self._before[promotion, step.place] = body.result["before"]["image.tag"]

    def _receipt(self, body: ReceiptSigned) -> None:
        self.receipts[body.promotion, body.place, body.component] += 1
        assert self.receipts[body.promotion, body.place, body.component] == 1, f"two receipts: {body}"
        confirmed = self._verdicts.get((body.promotion, body.place, DecisionStage.CONFIRM))
        assert confirmed is Verdict.ALLOWED, f"a receipt of what is {confirmed}: {body}"
        held = self._claims[body.place]
        assert (held.promotion, held.stands) == (body.promotion, True), f"a receipt under {held}: {body}"

    def wrote_by_hand(self, place: Place, tag: str) -> None:
        """Somebody has changed a place past every fence: what is written after that is written anew."""
        self._written_by.pop((place, tag), None)
        for each in [each for each in self._writes if each[1] == place]:
            del self._writes[each]

    def wrote(self, old: MemoryState, new: MemoryState) -> None:
        """A target was changed by the program; the ledger has been read up to now."""
        (place,) = (each for each in new.fences if old.fences.get(each) is not new.fences[each])
        before, now = fence_at(old, place), fence_at(new, place)
        assert now is not None
        assert (now.promotion, place, now.epoch) in self._epochs, f"{now} was never claimed"
        assert before is None or before.epoch <= now.epoch, (
            f"the fence of {place} goes back from {before} to {now}"
        )
        assert self._claims[place].epoch >= now.epoch
        changed = [name for name in new.texts if new.texts[name] is not old.texts.get(name)]
        if changed:
            assert changed == [str(place)], f"{changed} under the fence of {place}"
            self._require_standing(place, now)
            self._wrote_text(place, before, now, tag_of(old, place), tag_of(new, place))

    def _require_standing(self, place: Place, now: Fence) -> None:
        """A claim that is in the ledger and has not reached the target yet keeps nobody from writing."""
        latest = self._claims[place]
        if latest.epoch == now.epoch:
            assert latest.stands, f"{now.promotion} writes {place}, which it has released"
            assert now.promotion not in self.ended, f"{now.promotion} writes {place} after its end"

    def _wrote_text(self, place: Place, before: Fence | None, now: Fence, old: str, new: str) -> None:
        promotion = now.promotion
        reached = before is not None and (before.promotion, before.epoch) == (promotion, now.epoch)
        assert reached, f"{place} is written before its claim {now} has reached it: {before}"
        kind = "apply" if new == self.tags[promotion] else "restore"
        self._writes[promotion, place, kind] += 1
        assert self._writes[promotion, place, kind] == 1, f"{kind} of {promotion} at {place} twice"
        if kind == "apply":
            entered = self._verdicts.get((promotion, place, DecisionStage.ENTER))
            assert entered is Verdict.ALLOWED, f"{new} is written to {place} and is {entered}"
            self._written_by[place, new] = promotion
            return
        assert old == self.tags[promotion], (
            f"{promotion} puts {new} back at {place} over {old}, which is not its own"
        )
        assert new == self._before[promotion, place], f"{promotion} puts {new} back, which was not there"
        admitted = any(self.receipts[each, place, "release"] for each, tag in self.tags.items() if tag == new)
        first = place not in self._known_before[promotion]
        assert first or admitted or (place, new) in self._observed, (
            f"{promotion} puts {new} back, which was never admitted"
        )
        by = self._written_by.get((place, new))
        if by is not None:
            self.require_admitted(place, new, by)

    def require_admitted(self, place: Place, tag: str, by: str) -> None:
        """What was put back had been promoted there: it has to have its receipts, or those of the same release from an
        earlier promotion to this place. `by`, which wrote it last, may have failed over what nobody had decided about,
        and then have left it, as it must not put that back."""
        earlier = any(self.receipts[each, place, "release"] for each, own in self.tags.items() if own == tag)
        assert self.receipts[by, place, "release"] == 1 or earlier, (
            f"{tag} is put back at {place}: {by} never confirmed it, nor did anybody before"
        )


def tag_of(state: MemoryState, place: Place) -> str:
    """The tag that the text of a place names."""
    return state.texts[str(place)][-1].content.decode().split('"')[1]
