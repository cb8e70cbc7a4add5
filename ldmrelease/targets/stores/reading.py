"""The settings of one text or several, alike for every store that keeps texts: by address, each in its own file."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.targets.results import Refusal, RefusedError, Snapshot, Values, require_none, required
from ldmrelease.targets.yamledit.settings import FoundSetting, edit_settings, read_settings


class PathsToRead(Struct, frozen=True):
    """What is read of texts: settings, of which the `optional` ones may be `ABSENT`, and what stands `beside` them."""

    settings: Sequence[str]
    optional: Collection[str] = ()
    beside: Collection[str] = ()


class Texts(Struct, frozen=True):
    """Texts with settings in them, as they were at one moment.

    own: the name of the one that addresses without a file are about.
    read: the text of a name; raises `RefusedError` where there is none.
    """

    own: str
    read: Callable[[str], bytes]

    def settings(self, paths: PathsToRead) -> dict[str, FoundSetting]:
        """What stands at each address. Raises `RefusedError` with everything that cannot be edited, in all files."""
        found: dict[str, FoundSetting] = {}
        refusals: list[Refusal] = []
        for file in files_of((*paths.settings, *paths.beside), self.own):
            try:
                found |= self._in_file(file, paths)
            except RefusedError as refused:
                refusals.append(refused.refusal)
        require_none(refusals)
        return found

    def snapshot(self, paths: PathsToRead, revision: str, blob: str = "") -> Snapshot:
        """What the texts say. Raises `RefusedError` where settings cannot be edited."""
        found = self.settings(paths)
        own = set(paths.settings)
        return Snapshot(
            revision,
            blob,
            {path: each.value for path, each in found.items() if path in own},
            {path: each.line for path, each in found.items()},
            beside={path: each.value for path, each in found.items() if path not in own},
        )

    def edited(self, edits: Values, optional: Collection[str] = ()) -> dict[str, bytes]:
        """The texts that the edits change, by name; `optional` ones are added. Raises `RefusedError`."""
        changed = {}
        for file in files_of(edits, self.own):
            before = self.read(file)
            addresses = self._inside(file, edits)
            inside = {each.path: edits[key] for key, each in addresses.items()}
            may_be_absent = [each.path for key, each in addresses.items() if key in optional]
            after = required(edit_settings(before, inside, file, may_be_absent))
            if after != before:
                changed[file] = after
        return changed

    def _in_file(self, file: str, paths: PathsToRead) -> dict[str, FoundSetting]:
        settings, beside = self._inside(file, paths.settings), self._inside(file, paths.beside)
        found = required(
            read_settings(
                self.read(file),
                [each.path for each in settings.values()],
                file,
                [each.path for key, each in settings.items() if key in paths.optional],
                [each.path for each in beside.values()],
            )
        )
        keys = beside | settings
        return {key: found[each.path] for key, each in keys.items() if each.path in found}

    def _inside(self, file: str, keys: Iterable[str]) -> dict[str, ValueAddress]:
        addresses = {key: ValueAddress.of(key) for key in keys}
        return {key: each for key, each in addresses.items() if (each.file or self.own) == file}


def files_of(addresses: Iterable[str], own: str) -> tuple[str, ...]:
    """The files that addresses are about, each once; `own` where one names none."""
    return tuple(dict.fromkeys(file_of(each, own) for each in addresses))


def lines_of(settings: Mapping[str, FoundSetting]) -> dict[str, int]:
    """Where each begins, by its address."""
    return {address: each.line for address, each in settings.items()}


def one_text(name: str, text: bytes) -> Texts:
    """A text that has no others beside it."""

    def read(asked: str) -> bytes:
        if asked != name:
            raise RefusedError("no-file", file=asked)
        return text

    return Texts(name, read)


def snapshot_of(text: bytes, paths: PathsToRead, file: str, revision: str, blob: str = "") -> Snapshot:
    """What one text says; `file` is its name for refusals. Raises `RefusedError` where settings cannot be edited."""
    return one_text(file, text).snapshot(paths, revision, blob)
