"""The signed versions of a trust document, each following from the one before: who knows one can follow to the newest.

The payload of a version is its canonical self-contained document. It is valid where a threshold of its own root keys
has signed it, and a threshold of the root keys of the version before as well, as TUF's root metadata is
(https://theupdateframework.github.io/specification, 5.3). Two keys of one person count once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain import canonical, times
from ldmrelease.trust.dsse import Envelope, pae
from ldmrelease.trust.keys import fingerprint, read_public, signed_by
from ldmrelease.trust.signer import Signer

TRUST_TYPE = "application/vnd.ldmrelease.trust.v1+json"
"""The DSSE payload type of a version of a trust document."""


class RootKey(Struct, frozen=True):
    """A key that may sign versions: its name in the document, and whose it is."""

    name: str
    keyid: str
    public_pem: str
    person: str


class _Key(Struct, frozen=True):
    public: str
    person: str
    not_before: str = field(name="not-before")


class _Root(Struct, frozen=True):
    keys: tuple[str, ...]
    threshold: int


class _Document(Struct, frozen=True):
    """What of a version the chain rests on; the rest is the trust document's own schema."""

    version: int
    keys: dict[str, _Key]
    root: _Root | None = None
    expires: str | None = None


class TrustVersion(Struct, frozen=True):
    """A version of a trust document with what was signed of it.

    `digest` is of its payload; `roots` and `threshold` say who signs it and the next one; `starts` is from when each
    key counts, by its fingerprint.
    """

    version: int
    digest: str
    payload: bytes
    roots: tuple[RootKey, ...]
    threshold: int
    starts: dict[str, datetime]
    envelopes: tuple[Envelope, ...] = ()


class Fault(Struct, frozen=True):
    """Why a version does not follow: `code` for programs, `detail` for people.

    Codes: `no-root`, `version-gap`, `signatures-missing`, `back-dated-key`.
    """

    code: str
    detail: str


class VerifiedChain(Struct, frozen=True):
    """The versions that are valid, oldest first; `broken` is the first that is not, with what is wrong with it."""

    versions: tuple[TrustVersion, ...] = ()
    broken: TrustVersion | None = None
    fault: Fault | None = None

    @property
    def newest(self) -> TrustVersion | None:
        """The highest version that is valid."""
        return self.versions[-1] if self.versions else None


def read_version(payload: bytes, envelopes: Iterable[Envelope] = ()) -> TrustVersion:
    """A version by its canonical bytes. Raises `ValueError` where they are not a trust document's."""
    canonical.parse_exactly(payload)
    document = canonical.decode(payload, _Document)
    known = {name: (key, fingerprint(read_public(key.public))) for name, key in document.keys.items()}
    named = document.root.keys if document.root is not None else ()
    unknown = [each for each in named if each not in known]
    if unknown:
        raise ValueError(f"the root key {unknown[0]!r} is not among its keys")
    if document.root is not None and document.root.threshold < 1:
        raise ValueError("the threshold of its root keys is less than 1")
    return TrustVersion(
        document.version,
        canonical.digest(payload),
        payload,
        tuple(
            RootKey(name, known[name][1], known[name][0].public, known[name][0].person)
            for name in dict.fromkeys(named)
        ),
        document.root.threshold if document.root is not None else 0,
        {keyid: _start(key.not_before) for key, keyid in known.values()},
        tuple(envelopes),
    )


def _start(text: str) -> datetime:
    return times.instant(text if "T" in text else f"{text}T00:00:00Z")


def verify_chain(versions: Sequence[TrustVersion]) -> VerifiedChain:
    """Follow versions from the first one as far as each follows from the one before."""
    before: TrustVersion | None = None
    for index, each in enumerate(versions):
        fault = link_fault(before, each)
        if fault is not None:
            return VerifiedChain(tuple(versions[:index]), each, fault)
        before = each
    return VerifiedChain(tuple(versions))


def link_fault(before: TrustVersion | None, now: TrustVersion) -> Fault | None:
    """Why a version does not follow from the one before, None where it does. The first one has none before."""
    if not now.roots:
        return Fault("no-root", f"version {now.version} names no root keys")
    if before is not None and now.version != before.version + 1:
        return Fault(
            "version-gap",
            f"version {now.version} does not follow from version {before.version}: raise it by 1",
        )
    return (_back_dated(before, now) if before is not None else None) or _unsigned(before, now)


def _back_dated(before: TrustVersion, now: TrustVersion) -> Fault | None:
    """A key that would count earlier than it did would make rows count that have not counted so far."""
    for keyid, start in now.starts.items():
        if start < before.starts.get(keyid, start):
            moment = times.spell(before.starts[keyid])
            return Fault(
                "back-dated-key",
                f"version {now.version} has the key {keyid} count before {moment}, as it did not in version "
                f"{before.version}",
            )
    return None


def _unsigned(before: TrustVersion | None, now: TrustVersion) -> Fault | None:
    for each in (now,) if before is None else (before, now):
        persons = {key.person for key in signers(now, each.roots)}
        if len(persons) < each.threshold:
            return Fault(
                "signatures-missing",
                f"version {now.version} is signed by {len(persons)} of the {each.threshold} that the root keys of "
                f"version {each.version} take",
            )
    return None


def missing_signatures(before: TrustVersion | None, now: TrustVersion) -> int:
    """How many more persons have to sign a version, at least, before it follows."""
    return max(
        each.threshold - len({key.person for key in signers(now, each.roots)})
        for each in ((now,) if before is None else (before, now))
    )


def signers(version: TrustVersion, keys: Iterable[RootKey]) -> tuple[RootKey, ...]:
    """Those of some keys that have signed a version."""
    return tuple(key for key in keys if any(_made_by(key, each, version) for each in version.envelopes))


def _made_by(key: RootKey, envelope: Envelope, version: TrustVersion) -> bool:
    # What was signed for another version has its payload, whatever it stands beside.
    if envelope.payload_type != TRUST_TYPE or envelope.payload != version.payload:
        return False
    message = pae(envelope.payload_type, envelope.payload)
    return any(
        each.keyid in (None, key.keyid) and signed_by(read_public(key.public_pem), each.value, message)
        for each in envelope.signatures
    )


def may_sign(before: TrustVersion | None, now: TrustVersion) -> Iterator[RootKey]:
    """The root keys whose signatures count for a version: its own, and those of the version before."""
    known: set[str] = set()
    for each in (*now.roots, *(before.roots if before is not None else ())):
        if each.keyid not in known:
            known.add(each.keyid)
            yield each


def with_signature(chain: VerifiedChain, now: TrustVersion, signer: Signer) -> tuple[TrustVersion, ...]:
    """The versions of a chain with one that a key has signed as well: added, or in place of one that did not follow."""
    pending = chain.broken
    envelopes = pending.envelopes if pending is not None and pending.digest == now.digest else ()
    # Who signs again replaces his signature.
    kept = [each for each in envelopes if each.signatures[0].keyid != signer.keyid]
    return (*chain.versions, replace(now, envelopes=(*kept, signer.sign(TRUST_TYPE, now.payload))))
