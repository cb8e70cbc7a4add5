"""A copy of a ledger verified for somebody outside: by the trust document alone, without its workspace.

What is covered is counted, and what is not is said: events that nobody signed whom the document knows, a tail behind
the last checkpoint, which may have been cut without a trace.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ldmrelease.config.trust import Trust
from ldmrelease.domain import canonical, times
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events import Checkpoint
from ldmrelease.domain.events.evidence import ReceiptSigned, StatementReceived
from ldmrelease.domain.events.promotion import DecisionMade
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.events.trust import TrustAdopted
from ldmrelease.ledger import LedgerProblem, checkpoints
from ldmrelease.ledger.copies import LedgerCopy
from ldmrelease.services.audit.copy_events import CopyEvents, CopyProblem, CopyProblems
from ldmrelease.services.audit.copy_receipts import (
    ReadReceipt,
    pinned_releases,
    read_signed_receipt,
    receipt_faults,
)
from ldmrelease.services.named_blobs import MISSING, named_blobs
from ldmrelease.trust.checkpoints import CHECKPOINT_TYPE, verify_checkpoint
from ldmrelease.trust.dsse import Envelope, Malformed, read_wrapped
from ldmrelease.trust.records import VerifiedRecord
from ldmrelease.trust.statement_signers import StatementSigners, statement_signers
from ldmrelease.trust.verify import Rejected, verify

_EARLIEST = times.instant("1970-01-01T00:00:00Z")


class HeldCheckpoint(Struct, frozen=True):
    """A head of the ledger that was signed: in a `source` outside, or in a receipt that the copy has itself.

    `by` is whose key signed it. `outside`: whoever made the copy could not take it away.
    """

    source: str
    size: int
    by: str
    outside: bool


class Counted(Struct, frozen=True):
    """How many there are of something, and how many of them hold."""

    number: int
    good: int


class VerifiedCopy(Struct, frozen=True):
    """What became of a copy. `problems` are those that are kept of all `problem_count`.

    `events` hold where a key with the role for them signed them for where they stand; the first event, which makes the
    ledger, is signed by nobody. `rejected` are the others, by why they do not count. `statements` hold where a key of
    the trust document signed the envelope, `indexes` where their roots are those of the events before them.
    `blob_bytes` are of all `blobs`. Of `given` files from outside `checkpoints` are those that hold. `tail` is how many
    events are behind the newest of these, None without one. `adopted` are the versions and digests of trust documents
    that the ledger was used by, oldest first; `clock`: its times are those of a workspace with its own clock.
    """

    form: str
    ledger: str
    genesis: str
    size: int
    head: str
    last: str
    events: Counted
    rejected: Mapping[str, int]
    statements: Counted
    receipts: Counted
    blobs: Counted
    indexes: Counted
    blob_bytes: int
    missing: int
    given: int
    checkpoints: tuple[HeldCheckpoint, ...]
    tail: int | None
    trust_version: int
    trust_digest: str
    trust_unsigned: str | None
    adopted: tuple[TrustAdopted, ...]
    clock: bool
    problems: tuple[CopyProblem, ...]
    problem_count: int


def verify_copy(copy: LedgerCopy, trust: Trust, given: Mapping[Path, bytes], now: datetime) -> VerifiedCopy:
    """Verify everything of a copy. `given` are checkpoints and receipts that were kept outside."""
    return _Verification(copy, trust, now).verified(given)


class _Verification:
    """A verification under way."""

    def __init__(self, copy: LedgerCopy, trust: Trust, now: datetime) -> None:
        self._copy, self._trust, self._now = copy, trust, now
        self._problems = CopyProblems()
        self._events = CopyEvents(copy, trust.keyring, self._problems)
        self._blobs: set[str] = set()
        self._held: list[HeldCheckpoint] = []

    def verified(self, given: Mapping[Path, bytes]) -> VerifiedCopy:
        events, problems = self._events, self._problems
        for each in self._copy.storage_problems():
            problems.note(each, about="file")
        events.read_all()
        blobs, size = self._read_blobs()
        missing = self._note_missing()
        statements = self._count_statements()
        receipts = self._count_receipts()
        for path, data in given.items():
            self._hold_against(path, data)
        outside = [each.size for each in self._held if each.outside]
        return VerifiedCopy(
            form=self._copy.form,
            ledger=self._copy.uuid,
            genesis=events.walk.genesis,
            size=events.read,
            head=events.hash_at(events.read) or "",
            last=events.last_time,
            events=Counted(events.read, events.signed),
            rejected=dict(sorted(events.rejected.items())),
            statements=statements,
            receipts=receipts,
            blobs=blobs,
            indexes=Counted(events.indexes, events.good_indexes),
            blob_bytes=size,
            missing=missing,
            given=len(given),
            checkpoints=tuple(self._held),
            tail=events.read - max(outside) if outside else None,
            trust_version=self._trust.version,
            trust_digest=self._trust.digest,
            trust_unsigned=None if self._trust.unsigned is None else self._trust.unsigned.detail,
            adopted=tuple(body for _, _, body in events.of(TrustAdopted)),
            clock=events.clock,
            problems=tuple(problems.found),
            problem_count=problems.number,
        )

    def _read_blobs(self) -> tuple[Counted, int]:
        number = good = size = 0
        for each in self._copy.blobs():
            number += 1
            if isinstance(each, LedgerProblem):
                self._problems.note(each, about="blob")
                continue
            digest, data = each
            size += len(data)
            self._blobs.add(digest)
            found = canonical.digest(data)
            if found == digest:
                good += 1
            else:
                self._problems.note(LedgerProblem("blob", digest, digest, found), about="blob")
        return Counted(number, good), size

    def _note_missing(self) -> int:
        """What events name, and what the decisions name that they are of, and is not there."""
        missing = 0
        for sequence, what, digest in (*self._named(), *self._named_by_decisions()):
            if digest not in self._blobs:
                missing += 1
                self._problems.note(LedgerProblem(MISSING, digest, what, "nothing"), sequence)
        return missing

    def _named(self) -> Iterator[tuple[int, str, str]]:
        for sequence, body in self._events.naming():
            yield from ((sequence, what, digest) for what, digest in named_blobs(body))

    def _named_by_decisions(self) -> Iterator[tuple[int, str, str]]:
        keyrings: dict[str, str | None] = {}
        for each, _, body in self._events.of(DecisionMade):
            decision = self._decision(each, body)
            if decision is not None:
                yield each, "the policy of a decision", decision.policy
            if body.facts not in keyrings:
                keyrings[body.facts] = _keyring_in(self._copy.blob(body.facts))
            keyring = keyrings[body.facts]
            if keyring is not None:
                yield each, "the keyring of a decision", keyring

    def _decision(self, sequence: int, body: DecisionMade) -> Decision | None:
        data = self._copy.blob(body.decision)
        if data is None:
            return None
        try:
            decision = canonical.decode(data, Decision)
        except canonical.NotCanonical as error:
            self._problems.note(LedgerProblem("decision", body.decision, "a decision", str(error)), sequence)
            return None
        parts = (
            (str(body.place), str(decision.place)),
            (body.facts, decision.facts),
            (str(body.verdict), str(decision.verdict)),
        )
        for expected, found in parts:
            if expected != found:
                self._problems.note(LedgerProblem("decision", body.decision, expected, found), sequence)
        return decision

    def _count_statements(self) -> Counted:
        """A statement that does not verify now has no effect, and is no fault of the ledger: it is counted alone."""
        number = good = 0
        for _, time, body in self._events.of(StatementReceived):
            number += 1
            data = self._copy.blob(body.blob)
            read = read_wrapped(data) if data is not None else None
            if isinstance(read, Envelope):
                found = statement_signers(read, self._trust.keyring, at=times.instant(time))
                good += isinstance(found, StatementSigners)
        return Counted(number, good)

    def _count_receipts(self) -> Counted:
        releases = pinned_releases(
            self._copy, ((pin.digest, pin.document) for _, _, pin in self._events.of(Pin))
        )
        number = good = 0
        for sequence, time, body in self._events.of(ReceiptSigned):
            number += 1
            faults = list(receipt_faults(self._copy, self._trust, body, time, releases))
            faults += self._head_faults(body, time)
            for each in faults:
                self._problems.note(each, sequence, "receipt")
            good += not faults and body.envelope in self._blobs
        return Counted(number, good)

    def _head_faults(self, body: ReceiptSigned, time: str) -> list[LedgerProblem]:
        """Whether the head that a receipt names is one of this chain: it was signed by another key than the events."""
        data = self._copy.blob(body.envelope)
        read = self._receipt(data, time) if data is not None else None
        if not isinstance(read, ReadReceipt):
            return []
        found = self._not_in_chain(
            read.head.ledger, self._events.walk.genesis, read.head.size, read.head.hash
        )
        return [found] if found is not None else []

    def _receipt(self, envelope: bytes, time: str) -> ReadReceipt | Rejected:
        return read_signed_receipt(envelope, self._trust, time, (), ())

    def _not_in_chain(self, ledger: str, genesis: str, size: int, head: str) -> LedgerProblem | None:
        checkpoint = Checkpoint(ledger, genesis, size, head, self._now)
        return checkpoints.not_extending(
            checkpoint,
            ledger=self._copy.uuid,
            genesis=self._events.walk.genesis,
            size=self._events.read,
            hash_there=self._events.hash_at(size),
        )

    def _hold_against(self, path: Path, data: bytes) -> None:
        """A checkpoint, or a receipt, that was kept where the copy does not come from."""
        read = read_wrapped(data)
        if isinstance(read, Malformed):
            self._problems.note(Rejected.because(read), about=str(path))
            return
        signed = self._signed_head(read, data)
        if isinstance(signed, Rejected):
            self._problems.note(signed, about=str(path))
            return
        checkpoint, by = signed
        found = self._not_in_chain(checkpoint.ledger, checkpoint.genesis, checkpoint.size, checkpoint.head)
        if found is not None:
            self._problems.note(found, min(checkpoint.size, self._events.read + 1), str(path))
        else:
            self._held.append(HeldCheckpoint(str(path), checkpoint.size, by, outside=True))

    def _signed_head(self, read: Envelope, data: bytes) -> tuple[Checkpoint, str] | Rejected:
        time = _claimed_time(read.payload)
        # A key that has expired since has signed it all the same: whoever dates one back only finds more.
        at = min(time, self._now)
        if read.payload_type == CHECKPOINT_TYPE:
            found = verify_checkpoint(data, self._trust.keyring, at=at)
            return (found.body, found.person) if isinstance(found, VerifiedRecord) else found
        receipt = self._receipt(read.to_bytes(), times.spell(at))
        if isinstance(receipt, Rejected):
            return receipt
        head = receipt.head
        signer = verify(read, self._trust.keyring, at=at)
        by = "" if isinstance(signer, Rejected) else signer.key.person
        return Checkpoint(head.ledger, self._events.walk.genesis, head.size, head.hash, at), by


class _KeyringOf(Struct, frozen=True):
    keyring: str


def _keyring_in(facts: bytes | None) -> str | None:
    """The digest of the keyring that facts were gathered by; None where nothing says so."""
    try:
        return msgspec.json.decode(facts, type=_KeyringOf).keyring if facts is not None else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _claimed_time(payload: bytes) -> datetime:
    """When something says that it was signed; long ago where it does not say."""
    try:
        plain: Any = canonical.parse(payload)
        said = plain.get("time") or plain["predicate"]["timeVerified"]
        return times.instant(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _EARLIEST
