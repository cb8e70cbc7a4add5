"""Two promoters play against each other, and every effect may be their last: what holds all the same.

Hypothesis draws what happens: requests, resumes with and without take-over, aborts, checks that fail, edits by
hand, time; in each of them the process may end at any of its effects, before or after it, or sleep there while
somebody else does one of the others, and then go on with what it had read. Ledgers that lack their end, and ledgers
that have something behind the end of a promotion, are given to the program as well. Driver, machine, steps, policies
and signatures are the real ones; ledger, targets and registry are those in memory, of which each but the registry
passes the contract tests of its kind.

The invariants are those of `promotion_laws`: one receipt each, no step twice, never an unclaimed write, only what
was admitted is restored, an ended promotion stays ended. They are checked at every write to a target, and after
every rule.

`LDMRELEASE_MACHINE_EXAMPLES` plays more games than the unit tests do; the games of those are the same every time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.events.promotion import PromotionState, StepIntended
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId, promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.services.context import Untrusted
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.promotions.commands import abort, promote, resume
from ldmrelease.targets.memory_files import MemoryState
from tests.examples import examples
from tests.unit.services.promotions.promotion_laws import Laws, fence_at, tag_of
from tests.unit.services.promotions.promotion_world import (
    AT_FIRST,
    BY_HAND,
    DEV,
    PEOPLE,
    PLACES,
    RELEASES,
    TARGETS,
    Fault,
    Moment,
    World,
    made,
    quiet,
    scripted,
    spec,
)
from tests.unit.services.promotions.scripted_check import Script

EXAMPLES = int(os.environ.get("LDMRELEASE_MACHINE_EXAMPLES", "0"))
"""Games, each another one every time; 0 for those of the unit tests."""
FEW = examples(70)
"""Games of the unit tests: some ten seconds of one core in `make test`, two in `make unit`."""


class Request(Struct, frozen=True):
    """Somebody asks for a release."""

    person: str
    release: str
    target: str


class Resume(Struct, frozen=True):
    """Somebody carries a promotion on; `which` counts from the newest."""

    person: str
    which: int
    take_over: bool


class Abort(Struct, frozen=True):
    """Somebody aborts a promotion."""

    person: str
    which: int


class Edit(Struct, frozen=True):
    """Somebody edits a target by hand, past every fence."""

    place: Place
    tag: str


class Checks(Struct, frozen=True):
    """What checks say from now on."""

    pass_: bool


class Time(Struct, frozen=True):
    """Time passes, and places are observed: claims get quiet, and what runs somewhere soaks."""

    minutes: int


Run = Request | Resume | Abort
Act = Run | Edit | Checks | Time

_PEOPLE = st.sampled_from(PEOPLE)
_WHICH = st.sampled_from([0, 0, 0, 1, 2])
"""Counted from the newest: that is the one that somebody else is at."""
REQUESTS = st.builds(Request, _PEOPLE, st.sampled_from(RELEASES), st.sampled_from(TARGETS))
RESUMES = st.builds(Resume, _PEOPLE, _WHICH, st.sampled_from([True, True, False]))
ABORTS = st.builds(Abort, _PEOPLE, _WHICH)
RUNS = st.one_of(REQUESTS, RESUMES, ABORTS)
EDITS = st.builds(Edit, st.sampled_from(PLACES), st.sampled_from([BY_HAND, *RELEASES]))
CHECKS = st.builds(Checks, st.booleans())
TIMES = st.builds(Time, st.sampled_from([1, 11, 61]))
MEANWHILE = st.lists(st.one_of(RUNS, RUNS, TIMES, EDITS, CHECKS), min_size=1, max_size=4)
EFFECTS = (
    "claim",
    "write",
    "place.claimed",
    "step.intended",
    "step.done",
    "decision.made",
    "receipt.signed",
    "manifest",
)
_PHASES = st.sampled_from(["before", "after"])
WRITES = st.builds(Moment, st.integers(1, 2), _PHASES, st.sampled_from(["claim", "write"]))
MOMENTS = st.one_of(
    st.builds(Moment, st.integers(1, 70)),
    st.builds(Moment, st.integers(1, 3), _PHASES, st.sampled_from(EFFECTS)),
    WRITES,
)
"""Any of all, or near what decides: a walk over two places has some 140 effects."""


class Promotions(RuleBasedStateMachine):
    """The game. Its invariants are the laws of `promotion_laws`."""

    def __init__(self) -> None:
        super().__init__()
        self._scripted = scripted()
        self._scripted.__enter__()
        self.laws = Laws()
        self.world = World(made(), self.watch)
        self.watching = True

    def teardown(self) -> None:
        """Whatever happened: once nothing fails, every promotion ends or waits, and the ledger is whole."""
        try:
            self.finish()
        finally:
            self._scripted.__exit__(None, None, None)

    def finish(self) -> None:
        Script.passes = True
        for promotion in self.world.promotions():
            with self.world.process("ann") as context:
                outcome = resume(context, promotion, quiet, take_over=True)
            assert outcome.state.ended or outcome.state is PromotionState.WAITING, outcome
        self.laws.catch_up(self.world.ledger, self.world.records)
        assert self.world.ledger.verify() == ()

    def watch(self, world: World, old: MemoryState, new: MemoryState) -> None:
        """A target was written."""
        if self.watching:
            self.laws.catch_up(world.ledger, world.records)
            self.laws.wrote(old, new)

    def act(self, act: Act, fault: Fault | None = None) -> None:
        """Somebody does this; what is run is a process of its own."""
        match act:
            case Edit(place, tag):
                self.laws.wrote_by_hand(place, tag)
                self.world.write_by_hand(place, tag)
            case Checks(passes):
                Script.passes = passes
            case Time(minutes):
                self.world.pass_time(minutes)
                with self.world.process("ann") as context:
                    for each in context.topology.applications:
                        context.append([observation_event(context, observe(context, each))])
            case _:
                self.run_program(act, fault)

    def run_program(self, act: Run, fault: Fault | None) -> None:
        """Somebody gives a command."""
        ids = self.world.promotions()
        if not isinstance(act, Request) and not ids:
            return
        with self.world.process(act.person, fault) as context:
            match act:
                case Request(_, release, target):
                    promote(context, spec(context, release, target), quiet)
                case Resume(_, which, take_over):
                    resume(context, ids[-1 - which % len(ids)], quiet, take_over=take_over)
                case Abort(_, which):
                    abort(context, ids[-1 - which % len(ids)], None, quiet)

    @rule(act=REQUESTS)
    def request(self, act: Request) -> None:
        self.act(act)

    @rule(act=st.one_of(TIMES, EDITS, CHECKS))
    def change_the_world(self, act: Act) -> None:
        self.act(act)

    @precondition(lambda self: self.world.promotions())
    @rule(act=st.one_of(RESUMES, ABORTS))
    def carry_on(self, act: Act) -> None:
        self.act(act)

    @rule(act=RUNS, moment=MOMENTS)
    def crash(self, act: Act, moment: Moment) -> None:
        """The process ends at one of its effects."""
        self.act(act, Fault(moment))

    @rule(act=RUNS, moment=MOMENTS, meanwhile=MEANWHILE, ends=st.none() | MOMENTS)
    def sleep(self, act: Act, moment: Moment, meanwhile: list[Act], ends: Moment | None) -> None:
        """The process sleeps at one of its effects while others act, the last of whom may end at one of its own; then
        it goes on.
        """

        def others() -> None:
            for each in meanwhile[:-1]:
                self.act(each)
            self.act(meanwhile[-1], None if ends is None else Fault(ends))

        self.act(act, Fault(moment, others))

    @rule(act=st.one_of(REQUESTS, RESUMES), moment=WRITES, before=MEANWHILE, by=_PEOPLE)
    def is_taken_over_asleep(self, act: Act, moment: Moment, before: list[Act], by: str) -> None:
        """The process sleeps around a write while another takes its promotion over."""

        def others() -> None:
            for each in (*before, Resume(by, 0, True)):
                self.act(each)

        self.act(act, Fault(moment, others))

    @precondition(lambda self: self.world.promotions())
    @rule(act=RUNS, share=st.integers(0, 9))
    def act_on_a_cut_ledger(self, act: Act, share: int) -> None:
        """A ledger that lacks what the fence of a place saw writes nothing there, refused at once or not."""
        full = self.world.ledger.head().size
        size = max(made().size, full * share // 10)

        def act_or_be_refused() -> None:
            with suppress(Untrusted):
                self.act(act)

        self.on_a_copy(size, act_or_be_refused, lambda fence_size: fence_size > size)

    @precondition(lambda self: self.laws.ended)
    @rule(act=RESUMES, which=_WHICH)
    def act_behind_an_end(self, act: Resume, which: int) -> None:
        """Whoever has the keys and appends behind the end of a promotion moves nothing by that."""
        ended = sorted(self.laws.ended)
        promotion = ended[which % len(ended)]

        def append_and_resume() -> None:
            with self.world.process(act.person) as context:
                step = str(StepId(PLACES[0], StepKind.APPLY))
                context.append([new_event(StepIntended(step), promotion_stream(promotion))])
                try:
                    resume(context, promotion, quiet, take_over=act.take_over)
                except Untrusted:
                    return
                raise AssertionError("it was believed")

        self.on_a_copy(self.world.ledger.head().size, append_and_resume, lambda _size: True)

    @precondition(lambda self: self.laws.ended)
    @rule(person=_PEOPLE, which=_WHICH, take_over=st.booleans(), aborted=st.booleans())
    def resume_what_has_ended(self, person: str, which: int, take_over: bool, aborted: bool) -> None:
        """Nothing happens."""
        ended = sorted(self.laws.ended)
        promotion = ended[which % len(ended)]
        head, state = self.world.ledger.head(), self.world.files.state
        with self.world.process(person) as context:
            if aborted:
                abort(context, promotion, None, quiet)
            else:
                resume(context, promotion, quiet, take_over=take_over)
        assert (self.world.ledger.head(), self.world.files.state) == (head, state)

    def on_a_copy(self, size: int, act: Callable[[], None], guarded: Callable[[int], bool]) -> None:
        """Act on a copy of the ledger: the places whose fences are guarded stay what they are."""
        state, self.watching = self.world.files.state, False
        try:
            with self.world.cut_to(size):
                act()
                after = self.world.files.state
        finally:
            self.watching = True
            self.world.files.put_back(state)
        for place in state.fences:
            fence = fence_at(state, place)
            assert fence is not None
            if guarded(fence.size):
                assert fence_at(after, place) == fence, f"a ledger that lacks {fence} has moved it"
                assert tag_of(after, place) == tag_of(state, place), (
                    f"a ledger that lacks {fence} has written"
                )

    @invariant()
    def laws_hold(self) -> None:
        self.laws.catch_up(self.world.ledger, self.world.records)


TestPromotions = Promotions.TestCase
TestPromotions.settings = settings(
    max_examples=EXAMPLES or FEW,
    stateful_step_count=14,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_what_was_left_over_a_change_by_hand_may_be_put_back_where_it_was_admitted_before() -> None:
    """Found by the game: a release that ran there comes back over a change by hand, fails, and is left, as nobody has
    decided about that change. When the next release fails too, the first one is put back: it has its receipts."""
    game = Promotions()
    game.act(Time(1))
    game.act(Request("ann", RELEASES[0], str(DEV)))
    game.act(Checks(False))
    game.act(Edit(DEV, "0.9.1"))
    game.act(Request("ann", RELEASES[0], str(DEV)))
    game.act(Request("ann", RELEASES[1], str(DEV)))
    assert tag_of(game.world.files.state, DEV) == RELEASES[0]
    game.teardown()
    assert list(game.laws.ended) == game.world.promotions()


def test_a_process_that_slept_before_a_write_is_fenced_by_another_of_its_promotion() -> None:
    """Found by the game: the other went on under the same epoch, put the place back, and the sleeper wrote again."""
    game = Promotions()

    def others() -> None:
        game.act(Checks(False))
        game.act(Resume("ben", 0, True))

    game.act(Time(1))
    game.act(Request("ann", RELEASES[0], str(DEV)), Fault(Moment(1, "before", "write"), others))
    assert tag_of(game.world.files.state, DEV) == AT_FIRST
    game.teardown()
    assert list(game.laws.ended) == game.world.promotions()


@pytest.mark.parametrize("kept", [None, b"junk", "older"])
def test_a_process_that_slept_is_fenced_by_the_ledger_though_somebody_undid_the_fence(
    kept: bytes | str | None,
) -> None:
    """Whoever can write where the fence is deletes it, or puts back the one of the sleeper."""
    game = Promotions()
    files = game.world.files

    def others() -> None:
        own = files.state.fences[DEV]
        game.act(Checks(False))
        game.act(Resume("ben", 0, True))
        old = files.state
        rest = {place: each for place, each in old.fences.items() if place != DEV}
        planted = {} if kept is None else {DEV: own if kept == "older" else kept}
        files.put_back(replace(old, fences={**rest, **planted}))

    game.act(Time(1))
    game.act(Request("ann", RELEASES[0], str(DEV)), Fault(Moment(1, "before", "write"), others))
    assert tag_of(files.state, DEV) == AT_FIRST
    game.teardown()
    assert list(game.laws.ended) == game.world.promotions()
