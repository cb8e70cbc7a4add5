"""Changes of the trust document: made as text, so that comments and layout stay, and read again before they count."""

from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from msgspec import Struct

from ldmrelease.config.replacement import Replacement, replace_files
from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.config.trust_signatures import signatures_file, spell_signatures
from ldmrelease.config.workspace.agreement import TrustChange
from ldmrelease.targets.results import ABSENT, Refusal
from ldmrelease.targets.yamledit.edit_settings import edit_settings
from ldmrelease.targets.yamledit.entries import put, spell_keys
from ldmrelease.trust.root_chain import link_fault, may_sign, missing_signatures, signers, with_signature
from ldmrelease.trust.signer import KeyProblem, Signer, load_signer


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


def adopt(proposal: Proposal, key: Path | None) -> SignedDocument:
    """Write the new document in place of the old one, whole or not at all, and sign it.

    It is signed by the key of a file where that is a root key of it; not where the old document was not signed: others
    have changed it, and nobody has looked at that. Raises `FileChanged`; `BadInput` where the result would not be a
    trust document, such as with a key that it has.
    """
    replace_files([Replacement(proposal.file, proposal.before, proposal.after)], load_trust)
    if not proposal.signed:
        return standing(
            load_trust(proposal.file), "the document had changes that nobody has signed: look at them first"
        )
    return sign(proposal.file, key)


def sign(file: Path, key: Path | None) -> SignedDocument:
    """Add the signature of a key to the document as it is, if it counts. Raises `BadInput`, `FileChanged`."""
    trust = load_trust(file)
    version, before = trust.as_version, trust.chain.newest
    signer, reason = _usable(key)
    if signer is None:
        return standing(trust, reason)
    if all(each.keyid != signer.keyid for each in may_sign(before, version)):
        return standing(trust, f"{signer.source} is not a root key")
    versions = with_signature(trust.chain, version, signer)
    fault = link_fault(before, versions[-1])
    if fault is not None and fault.code != "signatures-missing":
        return standing(trust, fault.detail)
    own = signatures_file(file)
    was = own.read_bytes() if own.exists() else None
    replace_files([Replacement(own, was, spell_signatures(versions))])
    return standing(load_trust(file))


def _usable(key: Path | None) -> tuple[Signer | None, str]:
    if key is None:
        return None, "the workspace names no key `me`"
    try:
        return load_signer(key), ""
    except KeyProblem as error:
        return None, str(error)


def standing(trust: Trust, not_by_us: str = "") -> SignedDocument:
    """What is known of a document's signatures; `not_by_us` is why the own key has not signed."""
    now = next((each for each in trust.versions if each.digest == trust.digest), trust.as_version)
    before = next((each for each in trust.chain.versions if each.version == now.version - 1), None)
    by = tuple(each.name for each in signers(now, may_sign(before, now)))
    return SignedDocument(trust, by, max(0, missing_signatures(before, now)), not_by_us)
