"""What each private key of a workspace is for: its purpose, its file, and what a role has to list for it."""

from pathlib import Path

from ldmrelease.config.workspace.schema import KeysEntry
from ldmrelease.domain.events.kinds import ME, OBSERVER, PROMOTER, RUNNER
from ldmrelease.domain.events.registry import role_types

LEDGER = "ledger"
_RECEIPTS = "receipts/"

PURPOSES = (ME, RUNNER, OBSERVER, PROMOTER, LEDGER)
"""All but those of receipts, of which every level has its own."""

_SIGNS = {
    ME: role_types(ME),
    RUNNER: (*role_types(RUNNER), "check"),
    OBSERVER: role_types(OBSERVER),
    PROMOTER: role_types(PROMOTER),
    LEDGER: ("checkpoint",),
}


def receipts_purpose(level: str) -> str:
    """The purpose of a level's receipt key."""
    return f"{_RECEIPTS}{level}"


def receipts_level(purpose: str) -> str | None:
    """The level whose receipts a purpose is for; None for any other."""
    return purpose.removeprefix(_RECEIPTS) if purpose.startswith(_RECEIPTS) else None


def signed_types(purpose: str) -> tuple[str, ...]:
    """What a role has to list for the key of a purpose."""
    return _SIGNS.get(purpose, ("receipt",))


def signs_statements(purpose: str) -> bool:
    """Whether it signs what others verify with their own tools: P-256 keys do."""
    return purpose == RUNNER or receipts_level(purpose) is not None


def key_files(keys: KeysEntry, root: Path) -> dict[str, Path]:
    """The private key files that a workspace names, by purpose."""
    own = {purpose: getattr(keys, purpose) for purpose in PURPOSES}
    receipts = {receipts_purpose(level): path for level, path in keys.receipts.items()}
    return {purpose: root / path for purpose, path in {**own, **receipts}.items() if path is not None}
