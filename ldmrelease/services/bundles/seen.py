"""The last bundle that was seen of each ledger: an older one, or another of the same serial, is not gated by.

A file of one user or one runner, written whole and renamed into its place. It can only refuse; who deletes it loses
what it remembers, and no more.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from ldmrelease.atomic_files import replace_file
from ldmrelease.domain import canonical
from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.trust.bundles import VerifiedBundle
from ldmrelease.trust.verify import Rejected

_LIMIT = 1024 * 1024


class SeenBundle(Struct, frozen=True):
    """The highest serial that was seen of a ledger, and the digest of that bundle's payload."""

    serial: int
    digest: str


class SeenBundles(Struct, frozen=True):
    """What was seen, by the genesis hash of each ledger; `sources` says which ledger's bundle was found where, by the
    digest of the name of that file or artifact.
    """

    ledgers: dict[str, SeenBundle]
    sources: dict[str, str]


class BadSeenFile(LdmreleaseError):
    """The file of last seen bundles cannot be read or written: nobody knows whether a bundle is older (exit 3)."""


def seen_file(environ: Mapping[str, str], home: Path) -> Path:
    """Where it is kept for a user (XDG base directory specification, `XDG_STATE_HOME`)."""
    named = environ.get("XDG_STATE_HOME", "")
    state = Path(named) if Path(named).is_absolute() else home / ".local" / "state"
    return state / "ldmrelease" / "bundles.json"


def read_seen(path: Path) -> SeenBundles:
    """What the file says; nothing where there is none. Raises `BadSeenFile`."""
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
        if len(data) > _LIMIT:
            raise BadSeenFile(f"{path}: it is too large for a file of last seen bundles")
        return canonical.decode(data, SeenBundles)
    except FileNotFoundError:
        return SeenBundles({}, {})
    except OSError as error:
        raise BadSeenFile(f"{path}: {error.strerror}") from error
    except canonical.NotCanonical as error:
        raise BadSeenFile(f"{path}: {error}; look at it, and take it away to begin anew") from error


def older_than_seen(seen: SeenBundles, verified: VerifiedBundle, source: str) -> Rejected | None:
    """Why a bundle is not the one to gate by: `older-bundle`, `other-bundle` (of the same serial), `other-ledger`."""
    bundle = verified.bundle
    before = seen.sources.get(_key(source), bundle.genesis)
    if before != bundle.genesis:
        return Rejected("other-ledger", {"found": bundle.genesis, "expected": before})
    last = seen.ledgers.get(bundle.genesis)
    if last is None or bundle.serial > last.serial:
        return None
    if bundle.serial < last.serial:
        return Rejected("older-bundle", {"serial": bundle.serial, "seen": last.serial})
    if verified.digest != last.digest:
        return Rejected("other-bundle", {"serial": bundle.serial, "digest": verified.digest})
    return None


def remember(path: Path, seen: SeenBundles, verified: VerifiedBundle, source: str) -> None:
    """Write down that a bundle was gated by; nothing is written where that is known. Raises `BadSeenFile`."""
    bundle = verified.bundle
    ledgers = {**seen.ledgers, bundle.genesis: SeenBundle(bundle.serial, verified.digest)}
    now = SeenBundles(ledgers, {**seen.sources, _key(source): bundle.genesis})
    if now == seen:
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, canonical.encode(now))
    except OSError as error:
        raise BadSeenFile(f"{path}: {error.strerror}; name another one with --seen") from error


def _key(source: str) -> str:
    """A relative path is another file in another folder."""
    if not source.startswith("oci://"):
        layout = "oci:" if source.startswith("oci:") else ""
        source = f"{layout}{Path(source.removeprefix(layout)).absolute()}"
    return canonical.digest(source.encode())
