"""What was made: a workspace, a key, a demonstration, a file."""

import msgspec

from ldmrelease.answers.spellings import DigestText, TimeText
from ldmrelease.answers.trust_signatures import SignaturesAnswer, TrustChangeAnswer


class WorkspaceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A new workspace: its folder, and the files in it."""

    folder: str
    ledger: str
    written: tuple[str, ...]


class KeyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was made or shown; `file` holds it, `public` is what the trust document needs. `known_as` and `person`
    are what it is called in the trust document, and whose it is, where that has it."""

    name: str
    kind: str
    keyid: str
    file: str
    not_before: TimeText
    public: str
    known_as: str | None = None
    person: str | None = None


class TrustAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the trust document: the version that it makes, and whether it was `written`; `signatures` are what
    that has then.
    """

    file: str
    version: int
    written: bool
    signatures: SignaturesAnswer | None
    changes: tuple[TrustChangeAnswer, ...]
    difference: str


class AdoptedTrustAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The trust document by which a ledger is used from now on; `before` is where it was, null where it had none."""

    file: str
    version: int
    digest: DigestText
    before: str | None


class PlayedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A command of a demonstration."""

    command: str
    exit_code: int


class DemoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A demonstration that was played: its workspace, and the commands with their exit codes."""

    folder: str
    commands: tuple[PlayedAnswer, ...]


class UnreadFileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a tree that could not be read."""

    file: str
    line: int | None
    reason: str


class RefreshAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What patterns read from trees, compared with what was recorded: whether that `changed`, and was `written`."""

    file: str
    changed: bool
    written: bool
    unread: tuple[UnreadFileAnswer, ...]
    difference: str
