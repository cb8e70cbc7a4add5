"""Changes of the trust document: made as text, so that comments and layout stay, and read again before they count."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import unified_diff
from pathlib import Path
from typing import Any

from msgspec import Struct

from ldmrelease.config.replacement import Replacement, replace_files
from ldmrelease.config.trust import Trust, load_trust, parse_trust
from ldmrelease.config.trust_signatures import signatures_file, spell_signatures
from ldmrelease.config.workspace.agreement import TrustChange
from ldmrelease.config.yaml import read
from ldmrelease.domain import canonical
from ldmrelease.targets.results import ABSENT, Refusal
from ldmrelease.targets.yamledit.edit_settings import edit_settings
from ldmrelease.targets.yamledit.entries import put, spell_keys
from ldmrelease.trust.root_chain import (
    TrustVersion,
    link_fault,
    may_sign,
    missing_signatures,
    signers,
    with_signature,
)
from ldmrelease.trust.signer import KeyPlace, KeyProblem, load_signer
from ldmrelease.trust.verify import Rejected, valid_key


class Proposal(Struct, frozen=True):
    """A file as it is and as it would be. `version` is the trust document's new one; `signed`: it is signed as it is,
    so that the changes are all that is new.
    """

    file: Path
    before: bytes
    after: bytes
    version: int
    changes: tuple[TrustChange, ...]
    signed: bool = False

    @property
    def difference(self) -> str:
        """A unified diff of the two."""
        old, new = self.before.decode().splitlines(), self.after.decode().splitlines()
        return "\n".join(unified_diff(old, new, self.file.name, self.file.name, lineterm=""))


def propose(file: Path, changes: Sequence[TrustChange]) -> Proposal | Refusal:
    """The trust document with these changes and the next version. Raises `BadInput` where it cannot be read."""
    trust = load_trust(file)
    version = next_version(trust) if changes else trust.version
    raised = [TrustChange(("version",), trust.version, version)] if version != trust.version else []
    after: bytes | Refusal = trust.document.data
    for each in (*raised, *changes) if changes else ():
        assert isinstance(after, bytes)
        after = _changed(after, each, trust.document.file)
        if isinstance(after, Refusal):
            return after
    assert isinstance(after, bytes)
    return Proposal(file, trust.document.data, after, version, tuple(changes), trust.unsigned is None)


def _changed(data: bytes, change: TrustChange, file: str) -> bytes | Refusal:
    if change.after is None:
        return edit_settings(data, {spell_keys(change.path): ABSENT}, file)
    return put(data, change.path, change.after, file)


def next_version(trust: Trust) -> int:
    """The version that a changed document has: one more than the newest that is signed."""
    newest = trust.chain.newest
    return newest.version + 1 if newest is not None else trust.version + (trust.chain.broken is None)


class SignedDocument(Struct, frozen=True):
    """A document with what is known of its signatures: `by` are the names of the keys that have signed, `missing` is
    how many more persons have to, `not_by_us` is why the own key has not.
    """

    trust: Trust
    by: tuple[str, ...]
    missing: int
    not_by_us: str = ""


def adopt(
    proposal: Proposal, keys: Sequence[KeyPlace], *, at: datetime | None = None, first: bool = False
) -> SignedDocument:
    """Write the new document in place of the old one, whole or not at all, and sign it.

    It is signed by those of the keys that are its root keys, `at` that time; not where the old document was not signed,
    unless this is the `first` version that anybody signs: others have changed it, and nobody has looked at that. Raises
    `FileChanged`; `BadInput` where the result would not be a trust document, such as with a key that it has.
    """
    write(proposal)
    if not proposal.signed and not first:
        return standing(
            load_trust(proposal.file), "it had changes before that nobody has signed: look at them first"
        )
    return sign(proposal.file, keys, at=at)


def write(proposal: Proposal) -> None:
    """Write the new document in place of the old one, unsigned. Raises `FileChanged`, `BadInput`."""
    replace_files([Replacement(proposal.file, proposal.before, proposal.after)], load_trust)


def edited(file: Path, before: bytes, after: bytes) -> Proposal:
    """A document that somebody has changed, under the next version. Raises `BadInput` where it is not one."""
    old, new = load_trust(file), parse_trust(read.parse(after, file.name), file.parent)
    changes = tuple(
        each for each in _differences((), canonical.parse(old.payload), canonical.parse(new.payload))
    )
    if not changes and after == before:
        return Proposal(file, before, after, old.version, ())
    version = next_version(old) if changes else old.version
    if new.version != version:
        raised = _changed(after, TrustChange(("version",), new.version, version), file.name)
        assert isinstance(raised, bytes)
        after = raised
    return Proposal(file, before, after, version, changes)


def sign(file: Path, keys: Sequence[KeyPlace], *, at: datetime | None = None) -> SignedDocument:
    """Add the signatures of keys to the document as it is, of those that count `at` that time.

    Raises `BadInput`, `FileChanged`.
    """
    reasons = [_sign(file, each, at) for each in keys]
    told = [each for each in reasons if each] or ([] if keys else ["the workspace names no key `me`"])
    return standing(load_trust(file), "; ".join(told))


def _sign(file: Path, key: KeyPlace, at: datetime | None) -> str:
    """Sign by one key; why not where it does not count."""
    own = signatures_file(file)
    # Read before the chain is: whoever signs meanwhile is not overwritten.
    was = own.read_bytes() if own.exists() else None
    trust = load_trust(file)
    version, before = trust.as_version, trust.chain.newest
    try:
        signer = load_signer(key)
    except KeyProblem as error:
        return str(error)
    if all(each.keyid != signer.keyid for each in may_sign(before, version)):
        return f"{signer.source} is not a root key"
    if at is not None and any(each.keyid == signer.keyid for each in version.roots):
        valid = valid_key(signer.keyid, trust.keyring, at=at)
        if isinstance(valid, Rejected):
            return f"{signer.source} does not count now: {valid.code}"
    versions = with_signature(trust.chain, version, signer)
    fault = link_fault(before, versions[-1])
    if fault is not None and fault.code != "signatures-missing":
        return fault.detail
    replace_files([Replacement(own, was, spell_signatures(versions))])
    return ""


def unsigned_changes(trust: Trust) -> tuple[TrustChange, ...]:
    """What the document says otherwise than its newest signed version, value by value; all where there is none."""
    newest = trust.chain.newest
    before = canonical.parse(newest.payload) if newest is not None else {}
    return tuple(_differences((), before, canonical.parse(trust.payload)))


def _differences(path: tuple[str, ...], before: Any, after: Any) -> Iterator[TrustChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _differences((*path, name), before.get(name), after.get(name))
    elif before != after:
        yield TrustChange(path, before, after)


def standing(trust: Trust, not_by_us: str = "") -> SignedDocument:
    """What is known of a document's signatures; `not_by_us` is why the own key has not signed."""
    now = next((each for each in trust.versions if each.digest == trust.digest), trust.as_version)
    before = next((each for each in trust.chain.versions if each.version == now.version - 1), None)
    by = tuple(each.name for each in signers(now, may_sign(before, now)))
    return SignedDocument(trust, by, max(0, missing_signatures(before, now)), not_by_us)


def signed_versions(trust: Trust) -> Iterator[tuple[TrustVersion, tuple[str, ...]]]:
    """The versions whose signatures are known, each with the names of the keys that have signed it."""
    before: TrustVersion | None = None
    for each in trust.versions:
        yield each, tuple(key.name for key in signers(each, may_sign(before, each)))
        before = each
