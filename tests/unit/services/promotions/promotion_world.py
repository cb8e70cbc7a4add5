"""A world of three places to play promotions in: everything real but images, targets and time, which are in memory.

It is made once (keys, pins, images) and begun anew from there in a few milliseconds. Whoever acts is a process of
its own: with its own context and name, and an end or a pause at any of its effects.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct

from ldmrelease.checks import registry as check_kinds
from ldmrelease.config.workspace.load import Workspace
from ldmrelease.domain.canonical import digest
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.kinds import PROMOTER
from ldmrelease.domain.events.registry import role_types
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.level import Additions, Level, Requirement
from ldmrelease.domain.streams import promotion_of
from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile, Setting
from ldmrelease.domain.topology import (
    Application,
    Check,
    ComponentKind,
    ComponentSource,
    Place,
    Product,
    Topology,
)
from ldmrelease.ledger import transfer
from ldmrelease.ledger.errors import ClockWentBack
from ldmrelease.ledger.log import EventRow
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.registry import referrers
from ldmrelease.registry.sample import put_sample_image
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.promotions import commands
from ldmrelease.services.promotions.steps import publish
from ldmrelease.services.releases.pin import Pinned, pin, stored_pin
from ldmrelease.services.releases.store import store_pin
from ldmrelease.services.signers import Signers
from ldmrelease.targets.connections import Connections
from ldmrelease.targets.memory_files import MemoryFiles, MemoryState
from ldmrelease.trust.keyring import EVERYWHERE, Keyring, Role, make_key
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.records import Records
from ldmrelease.trust.signer import Signer, generate
from tests.unit.services.promotions import scripted_check
from tests.unit.services.promotions.memory_registry import MemoryRegistries

BEGIN = datetime(2023, 4, 20, 12, tzinfo=UTC)
SOAK = timedelta(hours=1)
DEV, TEST, SUMMIT = PLACES = (Place("dev", "app"), Place("test", "app"), Place("summit", "app"))
RELEASES = ("1.0.0", "1.1.0", "1.2.0")
AT_FIRST = "0.9.0"
BY_HAND = "0.9.1"
TARGETS = ("development", "dev/app", "development", "dev/app", "test/app", "operations")
"""What can be asked for, the oftener the sooner it is let in."""
PEOPLE = ("ann", "ben")
PRODUCT = Product(
    "app",
    "semver",
    (ComponentSource("server", ComponentKind.IMAGE, "oci:images/server", "{git}"),),
    default=True,
)


class Crash(BaseException):
    """The process has ended, at one of its effects."""


class Moment(Struct, frozen=True):
    """One of the moments before or after an effect of a process: number `at` from 1, of those with this `phase` and
    `effect`, such as `before` a `write`, or of all.
    """

    at: int
    phase: str = ""
    effect: str = ""

    def counts(self, phase: str, effects: str) -> bool:
        """Whether it is one of these; several events that are appended together are one effect."""
        return self.phase in ("", phase) and (not self.effect or self.effect in effects.split(","))


class Fault(Struct, frozen=True):
    """What happens to a process at a moment: it ends, or sleeps while `meanwhile` is done."""

    moment: Moment
    meanwhile: Callable[[], None] | None = None


class Signing(Signers):
    """Keys that are in memory: one for each person, one for receipts, and one for all that the program signs."""

    def __init__(self, me: Signer, program: Signer) -> None:
        super().__init__({})
        self._me, self._program = me, program

    def named(self, purpose: str) -> Signer:
        """See `Signers`."""
        return self._me if purpose == "me" else self._program


class WatchedFiles(MemoryFiles):
    """Texts in memory; `watch` is told of every change that is made under a fence, before anybody else sees it."""

    def __init__(self, watch: Callable[[MemoryState, MemoryState], None]) -> None:
        super().__init__()
        self._watch = watch

    def advance(self, old: MemoryState, new: MemoryState) -> bool:
        """See `MemoryFiles`."""
        done = super().advance(old, new)
        if done:
            self._watch(old, new)
        return done

    def put_back(self, state: MemoryState) -> None:
        """Everything is what it was."""
        self._state = state


class Process:
    """Somebody's run of the program, somewhere."""

    def __init__(self, name: str, fault: Fault | None) -> None:
        self.name = name
        self._fault = fault
        self._passed = 0
        self._dead = False

    def effect(self, phase: str, effects: str) -> None:
        """It is about to change something, or has just done so."""
        if self._fault is not None and self._fault.moment.counts(phase, effects):
            self._passed += 1
            if self._passed == self._fault.moment.at:
                self._strike(self._fault)
        if self._dead:
            raise Crash

    def _strike(self, fault: Fault) -> None:
        if fault.meanwhile is None:
            self._dead = True
        else:
            fault.meanwhile()


class World:
    """Three places, a ledger, a registry, and a clock that stands until it is moved."""

    def __init__(self, made: Made, watch: Callable[[World, MemoryState, MemoryState], None]) -> None:
        self.now = BEGIN
        self._made = made
        self._running: list[Process] = []
        self._processes = 0
        self.ledger = made.begin_ledger(self.tell)
        self.registries = made.registries.copy(self.tell)
        self.records = Records(self.ledger.genesis, made.workspace.keyring)
        self.files = WatchedFiles(lambda old, new: watch(self, old, new))
        for each in PLACES:
            self.write_by_hand(each, AT_FIRST)

    def tell(self, phase: str, what: str) -> None:
        """Whoever runs now is at one of its effects."""
        if self._running:
            self._running[-1].effect(phase, what)

    def write_by_hand(self, place: Place, tag: str) -> None:
        """Somebody edits the text of a place."""
        text = f'image:\n  tag: "{tag}"\n'.encode()
        self.files.put(str(place), text, "Cat <cat@x>", "2023-04-20T12:00:00Z")

    def pass_time(self, minutes: int) -> None:
        """The clock goes on."""
        self.now += timedelta(minutes=minutes)

    def promotions(self) -> list[str]:
        """Everything that was asked for, oldest first."""
        events = self.ledger.events(kinds=[EventKind.REQUESTED])
        return [found for each in events if (found := promotion_of(each.stream)) is not None]

    def context(self, person: str) -> Context:
        """What a process of a person opens."""
        return self._made.context(person, self.ledger, self.files, self.registries, self.records, self)

    @contextmanager
    def process(self, person: str, fault: Fault | None = None) -> Iterator[Context]:
        """A process of its own; a crash ends it and nothing else."""
        self._processes += 1
        process = Process(f"{person}:{self._processes}:1", fault)
        self._running.append(process)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(commands, "this_holder", lambda: process.name)
                yield self.context(person)
        except (Crash, ClockWentBack):
            # Who slept between the clock and its append comes with a time that is over: that ends the process, too.
            pass
        finally:
            self._running.pop()

    @contextmanager
    def cut_to(self, size: int) -> Iterator[None]:
        """Meanwhile the ledger is a copy that has its first `size` events alone; targets and images are the same."""
        kept, written = self.ledger, self.registries
        self.ledger = copied(kept, self.tell, size)
        self.registries = written.copy(self.tell)
        try:
            yield
        finally:
            self.ledger, self.registries = kept, written


def copied(ledger: MemoryLedger, tell: Callable[[str, str], None], size: int | None = None) -> MemoryLedger:
    """A copy of a ledger, with as many of its events as are asked for."""
    text = io.BytesIO()
    ledger.export(text)
    text.seek(0)
    uuid, records = transfer.read_text(text)
    kept = [
        each for each in records if size is None or not isinstance(each, EventRow) or each.sequence <= size
    ]
    return MemoryLedger(uuid, kept, projectors=PROJECTORS, observer=tell)


class Made:
    """What every world begins with: keys, policies, images, and a ledger that has the pins of all releases."""

    def __init__(self) -> None:
        self.signers = {name: generate(KeyKind.ED25519) for name in PEOPLE}
        self.program = generate()
        self.workspace = self._workspace()
        self.registries = MemoryRegistries(lambda _phase, _what: None)
        for tag in (AT_FIRST, BY_HAND, *RELEASES):
            put_sample_image(
                self.registries.open(parse_reference("oci:images/server")), tag, seed=tag, layers=(8,)
            )
        self._ledger = MemoryLedger.created(at=BEGIN, actor="ann", projectors=PROJECTORS)
        files = MemoryFiles()
        records = Records(self._ledger.genesis, self.workspace.keyring)
        context = self.context("ann", self._ledger, files, self.registries, records, None)
        for tag in RELEASES:
            found = pin(context, PRODUCT, tag)
            assert isinstance(found, Pinned), found
            store_pin(context, found, None)
        self.size = self._ledger.head().size

    def begin_ledger(self, tell: Callable[[str, str], None]) -> MemoryLedger:
        """A copy of the ledger that has the pins."""
        return copied(self._ledger, tell)

    def context(
        self,
        person: str,
        ledger: MemoryLedger,
        files: MemoryFiles,
        registries: MemoryRegistries,
        records: Records,
        world: World | None,
    ) -> Context:
        """What a process works with."""
        clock = (lambda: world.now) if world is not None else (lambda: BEGIN)
        observer = world.tell if world is not None else None
        workspace = self.workspace
        context = Context(workspace, ledger, workspace.keyring, workspace.levels, clock, observer)
        context.signers = Signing(self.signers[person], self.program)
        context.registries = registries  # type: ignore[assignment]
        context.records = records
        context.connections = Connections(workspace.root, observer)
        context.connections.memory = files
        return context

    def _workspace(self) -> Workspace:
        levels = {each.name: each for each in _levels()}
        return Workspace(
            root=Path("/nonexistent"),
            file=Path("/nonexistent/ldmrelease.yaml"),
            ledger="/nonexistent/ledger.db",
            releases="oci:releases",
            policies=Path("/nonexistent/policies"),
            trust=Path("/nonexistent/trust.yaml"),
            trust_version=1,
            trust_chain={1: ""},
            topology=_topology(),
            levels=levels,
            documents={name: _document(name) for name in levels},
            keyring=self._keyring(),
            keys={},
        )

    def _keyring(self) -> Keyring:
        everywhere = ((EVERYWHERE,), (EVERYWHERE,))
        program = (*role_types(PROMOTER), "run", "check", "observation", "receipt", "checkpoint")
        roles = (
            Role("manager", ("pin", "request"), *everywhere),
            Role("program", tuple(dict.fromkeys(program)), *everywhere),
        )
        people = [
            make_key(name, each.public_pem, name, roles=("manager",), not_before=BEGIN - SOAK)
            for name, each in self.signers.items()
        ]
        own = make_key(
            "program", self.program.public_pem, "program", roles=("program",), not_before=BEGIN - SOAK
        )
        return Keyring((*people, own), roles)


@cache
def made() -> Made:
    """Made once in a run of the tests."""
    return Made()


def _document(level: str) -> bytes:
    return f"the policy of {level}".encode()


def _levels() -> tuple[Level, Level]:
    """At `development` the test system comes after the development system; `operations` wants an hour there."""
    smoke = (Requirement("smoke", "check", {"check": "smoke", "where": "here"}),)
    after_dev = Requirement("after-dev", "after", {"environment": "dev"})
    soaked = Requirement("soaked", "after", {"level": "development", "for_": int(SOAK.total_seconds())})
    present = Requirement("present", "images")
    kinds = ("release",)
    return (
        Level(
            "development",
            1,
            digest(_document("development")),
            kinds,
            (present,),
            smoke,
            {"test": Additions((after_dev,))},
        ),
        Level("operations", 1, digest(_document("operations")), kinds, (soaked,), smoke),
    )


def _topology() -> Topology:
    levels = {DEV: "development", TEST: "development", SUMMIT: "operations"}
    return Topology(
        products=(PRODUCT,),
        applications=tuple(
            Application(
                place,
                level,
                ("app/server",),
                ImageSettingsTarget(MemoryFile(str(place)), (Setting("server", "image.tag"),)),
            )
            for place, level in levels.items()
        ),
        checks=(Check("smoke", scripted_check.NAME, ("answers",), ("true",)),),
    )


def spec(context: Context, release: str, target: str) -> PromotionSpec:
    """What somebody asks for."""
    pinned = stored_pin(context, PRODUCT, release)
    assert pinned is not None
    return PromotionSpec(pinned, target)


def quiet(_code: str, _values: dict) -> None:
    """Nobody listens."""


@contextmanager
def scripted() -> Iterator[None]:
    """Checks are scripted, and what is done by several threads is done in one order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(check_kinds.KINDS, scripted_check.NAME, scripted_check.__name__)
        patch.setattr(publish, "_AT_ONCE", 1)
        patch.setattr(referrers, "_AT_ONCE", 1)
        scripted_check.Script.passes = True
        yield
