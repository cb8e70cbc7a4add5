"""A text's settings as a snapshot, alike for every store that keeps texts."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from ldmrelease.targets.results import Snapshot, required
from ldmrelease.targets.yamledit.settings import read_settings


class PathsToRead(Struct, frozen=True):
    """What is read of a text: settings, of which the `optional` ones may be absent, and what stands `beside` them."""

    settings: Sequence[str]
    optional: Collection[str] = ()
    beside: Collection[str] = ()


def snapshot_of(text: bytes, paths: PathsToRead, file: str, revision: str, blob: str = "") -> Snapshot:
    """What a text says; `file` is its name for refusals. Raises `RefusedError` where settings cannot be edited."""
    found = required(read_settings(text, paths.settings, file, paths.optional, paths.beside))
    own = set(paths.settings)
    return Snapshot(
        revision,
        blob,
        {path: each.value for path, each in found.items() if path in own},
        {path: each.line for path, each in found.items()},
        beside={path: each.value for path, each in found.items() if path not in own},
    )
