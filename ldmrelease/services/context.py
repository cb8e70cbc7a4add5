"""An opened workspace: its ledger, keys, levels, registries and clock, for the services to work with.

Who reads the ledger alone pays for neither registries nor clusters: their packages are imported as they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ldmrelease import logs
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.events import Event, Moved, NewEvent
from ldmrelease.domain.events.kinds import ME
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.events.registry import new_event, type_of_body
from ldmrelease.domain.gitops import GitOps
from ldmrelease.domain.images import ImageIdentity, ImageProblem, parse_reference
from ldmrelease.domain.level import Level
from ldmrelease.domain.release import Component
from ldmrelease.domain.times import whole
from ldmrelease.domain.topology import Topology
from ldmrelease.ledger import Ledger, LedgerError, LedgerReader, open_ledger
from ldmrelease.ledger.expectation import Expectation
from ldmrelease.ledger.interface import Position
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.known_pins import KnownPins
from ldmrelease.services.signers import NoKey, Signers, uncounted
from ldmrelease.services.trust_version import KnownTrust, adopted, adoption, require_in_date, require_signed
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.records import Records, entitled, sign_record
from ldmrelease.trust.signer import KeyProblem
from ldmrelease.trust.trusted_index import TrustedIndex
from ldmrelease.trust.verify import Rejected, valid_key

if TYPE_CHECKING:
    from ldmrelease.registry.opening import Registries
    from ldmrelease.registry.repository import Repository
    from ldmrelease.targets.connections import ClusterConnections, Connections
    from ldmrelease.targets.git.commits import Identity
    from ldmrelease.trust.signer import Signer

Observer = Callable[[str, str], None]
"""Told of every write: a phase (`before` or `after`) and what is written. Tests stop the process there."""


INDEX_EVERY = 2048
"""So many events at most stand behind the signed index of a ledger before whoever appends signs it anew: they are all
looked through when it is opened, in some ten milliseconds."""
_NO_INDEX = IndexCheckpoint(0, "", "", "")

UNKNOWN_REQUESTER = "unknown"
"""Who asks where the workspace has no key `me`: only what needs no signature is done for that one."""


def wall_clock() -> datetime:
    """The machine's time, in whole seconds UTC."""
    return whole(datetime.now(UTC))


class ReadContext:
    """What a service needs that only reads: it can neither append nor sign."""

    def __init__(
        self,
        workspace: Workspace,
        ledger: LedgerReader,
        keyring: Keyring,
        levels: dict[str, Level],
        clock: Callable[[], datetime],
        observer: Observer | None = None,
    ) -> None:
        self.workspace = workspace
        self.ledger = ledger
        self.keyring = keyring
        self.levels = levels
        self.clock = clock
        self.observer = observer
        self._identities: dict[tuple[str, str], ImageIdentity | ImageProblem] = {}
        self._lacking: dict[tuple[str, str, tuple[str, ...]], tuple[str, ...]] = {}

    def reading(self, ledger: LedgerReader) -> ReadContext:
        """The same with another reader of the ledger, and what is open and verified already."""
        context = ReadContext(self.workspace, ledger, self.keyring, self.levels, self.clock, self.observer)
        context._identities, context._lacking = self._identities, self._lacking
        context.registries, context.connections = self.registries, self.connections
        context.records, context.unguarded = self.records, self.unguarded
        context.pins = self.pins.reading(ledger)
        return context

    def limited_to(self, ledger: LedgerReader) -> ReadContext:
        """The same as it was when the ledger had no more than this reader sees: nothing that came later is known."""
        context = self.reading(ledger)
        context.unguarded = ledger
        context.pins = KnownPins(ledger, self.records, self.keyring)
        return context

    def reached_by(self, connections: Connections) -> ReadContext:
        """The same with other connections, such as to a tree as it would be."""
        context = self.reading(self.ledger)
        context.connections = connections
        return context

    @property
    def topology(self) -> Topology:
        """Products, applications and checks."""
        return self.workspace.topology

    @property
    def gitops(self) -> GitOps:
        """How repositories take changes."""
        return self.workspace.gitops

    def now(self) -> datetime:
        """The workspace's time: the wall's, or the one that the workspace carries."""
        return self.workspace.clock or self.clock()

    def located(self, text: str) -> str:
        """A path of the workspace as an absolute one; an address of elsewhere as it is."""
        if "://" in text or "@" in text.partition("/")[0]:
            return text
        return str((self.workspace.root / text).resolve())

    @cached_property
    def registries(self) -> Registries:
        """Opens image repositories."""
        from ldmrelease.registry.opening import Registries  # noqa: PLC0415 - see above
        from ldmrelease.registry.repository import RegistryOptions  # noqa: PLC0415 - see above

        observer = self.observer
        told = None if observer is None else (lambda phase, method, url: observer(phase, f"{method} {url}"))
        options = RegistryOptions(observer=told, insecure=frozenset(self.workspace.insecure))
        return Registries(self.workspace.root, options)

    @cached_property
    def connections(self) -> Connections:
        """What the workspace's targets are reached by, opened once."""
        from ldmrelease.targets.connections import Connections  # noqa: PLC0415 - see above

        return Connections(self.workspace.root, self.observer, self.workspace.gitops, self.topology)

    @property
    def clusters(self) -> ClusterConnections:
        """Opens the clusters of the workspace."""
        return self.connections.clusters

    @cached_property
    def unguarded(self) -> LedgerReader:
        """Reads what an append is not to rest on: whoever uses it says by other means what does."""
        return self.ledger

    @cached_property
    def records(self) -> Records:
        """Reads events as what somebody signed."""
        return Records(self.ledger.genesis, self.keyring, clock=self.workspace.clock is not None)

    @property
    def adopted(self) -> tuple[KnownTrust, ...]:
        """The trust documents by which the ledger was used."""
        return adopted(self.ledger, self.records)

    def require_trusted(self) -> NewEvent | None:
        """What is remembered of the trust document before something is done by it; None where it is known.

        Raises `UnsignedTrust`, `TrustExpired`, `TrustRolledBack`, `OtherTrust`, `OtherClock`.
        """
        require_signed(self.workspace)
        require_in_date(self.workspace, self.now())
        return adoption(self.adopted, self.workspace)

    @cached_property
    def pins(self) -> KnownPins:
        """Finds the pins that count."""
        return KnownPins(self.ledger, self.records, self.keyring)

    def identity(self, repository: Repository, digest: str) -> ImageIdentity | ImageProblem:
        """What an image's digest stands for: read once, since a digest always means the same bytes."""
        key = (repository.name, digest)
        if key not in self._identities:
            from ldmrelease.registry.image_identity import identity  # noqa: PLC0415 - see above

            self._identities[key] = identity(repository, digest)
        return self._identities[key]

    def lacking(
        self, repository: Repository, image: Component, platforms: Collection[str]
    ) -> tuple[str, ...]:
        """The parts of an image that are not there, of these platforms or of all: asked once for each digest.

        Raises `RegistryError`.
        """
        from ldmrelease.registry.presence import missing_parts  # noqa: PLC0415 - see above

        wanted = tuple(each for each in sorted(platforms) if image.identity.platform(each) is not None)
        if platforms and not wanted:
            return ()
        key = (repository.name, image.digest, wanted)
        if key not in self._lacking:
            found = missing_parts(repository, [image.identity], wanted)
            self._lacking[key] = tuple(f"{each.kind} {each.subject}" for each in found)
        return self._lacking[key]

    def release_repository(self) -> Repository:
        """Where release artifacts are."""
        return self.registries.open(parse_reference(self.workspace.releases))


class Context(ReadContext):
    """Everything that a service needs. `observer` is told of every write, anywhere."""

    ledger: Ledger

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        keyring: Keyring,
        levels: dict[str, Level],
        clock: Callable[[], datetime],
        observer: Observer | None = None,
    ) -> None:
        super().__init__(workspace, ledger, keyring, levels, clock, observer)
        self.signers = Signers(workspace.keys, workspace.agent_keys)

    @cached_property
    def person(self) -> str:
        """Who asks: the person of the key `me`; the key's fingerprint where the trust document lacks it."""
        keyid = self.signers.keyid(ME)
        key = self.keyring.find(keyid)
        return key.person if key is not None else keyid

    @cached_property
    def author(self) -> Identity:
        """Who asks, as the author of commits: with the mail address that the trust document or git knows."""
        from ldmrelease.targets.git.author import author  # noqa: PLC0415 - where something is committed

        key = self.keyring.find(self.signers.keyid(ME))
        if key is None:
            return author(self.person, None, self.workspace.root)
        return author(key.person, key.mail, self.workspace.root, unnamed=key.person == key.id)

    @property
    def requester(self) -> str:
        """Who asks, as far as that is known: a look needs no key."""
        try:
            return self.person
        except (NoKey, KeyProblem):
            return UNKNOWN_REQUESTER

    @property
    def requesting_key(self) -> Key | None:
        """The key of whoever asks; None without one that the trust document has: nobody is in its roles then."""
        try:
            return self.keyring.find(self.signers.me.keyid)
        except (NoKey, KeyProblem):
            return None

    def append(
        self,
        events: list[NewEvent],
        *,
        expect: Expectation | Mapping[str, int] | None = None,
        blobs: dict[str, bytes] | None = None,
    ) -> Moved | None:
        """Append in one transaction, now, each event signed by the key of its kind; None where it went in.

        Raises `NoKey`, what `require_trusted` does, and `KeyProblem` where an event would not count: then nothing is
        appended.
        """
        adopts = self._adoption()
        for each in events:
            self._require_counted(each)
        return self._append([*adopts, *events], expect, blobs)

    def _append(
        self,
        events: list[NewEvent],
        expect: Expectation | Mapping[str, int] | None = None,
        blobs: dict[str, bytes] | None = None,
    ) -> Moved | None:
        answer = self.ledger.append(
            events,
            at=self.now(),
            actor=self.person,
            expect=expect or {},
            blobs=blobs or {},
            sign=self._sign,
            bounds=self._counts,
        )
        if isinstance(answer, Moved):
            return answer
        self.sign_index(INDEX_EVERY)
        return None

    def sign_index(self, every: int) -> bool:
        """Have the ledger's index signed up to now where so many events stand behind the last one; whether it was.

        Not where the workspace has no key for it. That it fails undoes nothing: the next append tries again.
        """
        if self.ledger.unindexed() <= every or not self.would_count(new_event(_NO_INDEX)):
            return False
        try:
            with logs.asked("ledger", f"sign the index of {self.ledger.address}"):
                signed = self.ledger.sign_index(
                    at=self.now(), actor=self.person, sign=self._sign, bounds=self._counts
                )
        except LedgerError:
            return False
        return signed is not None

    def _counts(self, event: Event) -> bool:
        return not isinstance(self.records.verify(event), Rejected)

    def would_count(self, event: NewEvent) -> bool:
        """Whether the workspace has the key that an event needs."""
        try:
            self._require_counted(event)
        except (NoKey, KeyProblem):
            return False
        return True

    def _adoption(self) -> list[NewEvent]:
        """The trust document, where it is to be remembered, and this workspace has the key for it."""
        event = self.require_trusted()
        return [event] if event is not None and self.would_count(event) else []

    def adopt_trust(self) -> None:
        """Have the ledger remember the version of the trust document now.

        Raises `NoKey`, `KeyProblem`, and what `require_trusted` does.
        """
        event = self.require_trusted()
        if event is not None:
            self._require_counted(event)
            self._append([event])

    def _sign(self, there: Position, body: Any) -> dict[str, Any]:
        signer = self.signers.named(type_of_body(type(body)).purpose)
        # Another observation may have come in between.
        said = body.placed(there.version, signer.keyid) if isinstance(body, Observation) else body
        return sign_record(there, said, signer)

    def _require_counted(self, new: NewEvent) -> None:
        """A record by a key that is not entitled to it would be in the ledger for good, and of no effect."""
        kind = type_of_body(type(new.body))
        signer = self.signers.named(kind.purpose)
        now = self.now()
        key = valid_key(signer.keyid, self.keyring, at=now)
        found = (
            key
            if isinstance(key, Rejected)
            else entitled(new.body, new.stream, kind, key, self.keyring, at=now)
        )
        if isinstance(found, Rejected):
            raise self.key_problem(signer, replace(found, values={"type": kind.role_type, **found.values}))

    def key_problem(self, signer: Signer, refusal: Rejected) -> KeyProblem:
        """What to say where something by a key of the workspace would not count."""
        return uncounted(signer, refusal, self.keyring, self.workspace)


def open_context(
    workspace: Workspace,
    *,
    clock: Callable[[], datetime] = wall_clock,
    observer: Observer | None = None,
    damaged: bool = False,
) -> Context:
    """Open what the workspace names; `damaged` opens a ledger whose end was cut, to look at it.

    Raises the errors of the ledger and of the trust document.
    """
    ledger = open_ledger(workspace.ledger, projectors=PROJECTORS, observer=observer)
    context = Context(workspace, ledger, workspace.keyring, workspace.levels, clock, observer)
    if not damaged:
        ledger.require_whole(TrustedIndex(context.records, workspace.keyring))
    return context


class Untrusted(LdmreleaseError):
    """The ledger's rows do not carry what they claim: nothing is done on their word (exit 3)."""
