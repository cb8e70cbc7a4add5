"""Changes of the trust document: made as text, so that comments and layout stay, and read again before they count."""

from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from msgspec import Struct

from ldmrelease.config.replacement import Replacement, replace_files
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.agreement import TrustChange
from ldmrelease.targets.results import ABSENT, Refusal
from ldmrelease.targets.yamledit.edit_settings import edit_settings
from ldmrelease.targets.yamledit.entries import put, spell_keys


class Proposal(Struct, frozen=True):
    """A file as it is and as it would be. `version` is the trust document's new one."""

    file: Path
    before: bytes
    after: bytes
    version: int
    changes: tuple[TrustChange, ...]

    @property
    def difference(self) -> str:
        """A unified diff of the two."""
        old, new = self.before.decode().splitlines(), self.after.decode().splitlines()
        return "\n".join(unified_diff(old, new, self.file.name, self.file.name, lineterm=""))


def propose(file: Path, changes: Sequence[TrustChange]) -> Proposal | Refusal:
    """The trust document with these changes and the next version. Raises `BadInput` where it cannot be read."""
    trust = load_trust(file)
    version = trust.version + bool(changes)
    raised = TrustChange(("version",), trust.version, version)
    after: bytes | Refusal = trust.document.data
    for each in (raised, *changes) if changes else ():
        assert isinstance(after, bytes)
        after = _changed(after, each, trust.document.file)
        if isinstance(after, Refusal):
            return after
    assert isinstance(after, bytes)
    return Proposal(file, trust.document.data, after, version, tuple(changes))


def _changed(data: bytes, change: TrustChange, file: str) -> bytes | Refusal:
    if change.after is None:
        return edit_settings(data, {spell_keys(change.path): ABSENT}, file)
    return put(data, change.path, change.after, file)


def adopt(proposal: Proposal) -> None:
    """Write the new document in place of the old one, whole or not at all.

    Raises `FileChanged`; `BadInput` where the result would not be a trust document, such as with a key that it has.
    """
    replace_files([Replacement(proposal.file, proposal.before, proposal.after)], load_trust)
