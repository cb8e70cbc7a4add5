"""The history of a GitOps tree: which images its values files asked for, commit by commit.

An application is a folder; `values-ENVIRONMENT.yaml` in it is what one environment says, `values.yaml` what all of them
do that say nothing else, and `Chart.yaml` has the version that images without a tag take. Charts in its `charts/` are
the application's. What a file says counts whether the application is switched on or not.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice

from msgspec import Struct, field

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.composed_selectors import CompositeSelectors, Entry
from ldmrelease.histories.line_edits import LineEdits, edited, line_edits
from ldmrelease.histories.values_settings import (
    APP_VERSION,
    SettingsReader,
    ValuesSetting,
    app_version,
    has_other_breaks,
)
from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.mainline import ChangedFile, MainlineCommit, mainline
from ldmrelease.trees.values import LARGEST_FILE, UnreadableFile

GLOBS = ("**/values.yaml", "**/values-*.yaml", "**/values-*.yml", "**/Chart.yaml")
_VALUES = re.compile(r"values(?:-(?P<environment>.+))?\.ya?ml", re.DOTALL)
_CHARTS = re.compile(r"(?P<application>.+?)/charts/(?P<chart>[^/]+)", re.DOTALL)
_CHART_FILE = "Chart.yaml"
_AT_ONCE = 500
_BYTES_AT_ONCE = 100_000_000
_LONGEST_AUTHOR = 200

Progress = Callable[[int], None]
"""Told how many commits were read."""

_Settings = dict[str, ValuesSetting]


class _Role(Struct, frozen=True):
    """What a file is to its application: of an environment, or of all; `prefix` is of a chart in it."""

    folder: str
    environment: str | None
    prefix: str
    is_chart: bool


class _File(Struct, frozen=True):
    """What a file says, and the object that it is; `has_lines` says that git and the parser count its lines alike."""

    role: _Role
    oid: str
    settings: _Settings
    has_lines: bool


class _Folder(Struct):
    """An application's folder: what each of its files says now, and what follows for each environment."""

    files: dict[str, _File] = field(default_factory=dict)
    effective: dict[str, dict[str, tuple[str, ValuesSetting]]] = field(default_factory=dict)


def read_git(
    git: Git, tip: str, *, since: datetime | None = None, progress: Progress = lambda _: None
) -> Iterator[Entry]:
    """What the branch that ends with the commit `tip` asked for, the oldest first, selectors put together.

    since: changes before are not told, but known to those that come after. A file that cannot be read comes as
    `UnreadableChange`, and says from then on what it said before. Raises `GitError`.
    """
    reader = _TreeHistory(git)
    done = 0
    walk = mainline(git, tip, GLOBS)
    while commits := list(islice(walk, _AT_ONCE)):
        reader.contents.expect(commits)
        for each in commits:
            # What was before is known to what comes after it.
            found = list(reader.commit(each))
            if not _is_before(each, since):
                yield from found
        done += len(commits)
        progress(done)


def _is_before(commit: MainlineCommit, since: datetime | None) -> bool:
    time = _time(commit.seconds)
    return since is not None and time is not None and time < since


class _Contents:
    """Reads files by their objects: many at once, where it is likely that they are needed."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._sizes: dict[str, int] = {}
        self._read: dict[str, bytes] = {}
        self._edits: dict[tuple[str, str], LineEdits | None] = {}

    def expect(self, commits: Sequence[MainlineCommit]) -> None:
        """The files of these commits are needed next."""
        files = [file for each in commits for file in each.files if file.oid is not None]
        self._sizes = self._git.sizes(sorted({each.oid for each in files if each.oid is not None}))
        self._edits.clear()
        wanted: dict[str, None] = {}
        room = _BYTES_AT_ONCE
        for each in files:
            if each.oid is None or each.oid in wanted or self.edits(each) is not None:
                continue
            size = self._sizes[each.oid]
            if size <= LARGEST_FILE:
                room -= size
                if room < 0:
                    break
                wanted[each.oid] = None
        self._read = self._git.contents(list(wanted))

    def edits(self, file: ChangedFile) -> LineEdits | None:
        """What was changed of a file; None where it has to be read."""
        if file.hunks is None:
            return None
        key = file.before, file.oid or ""
        if key not in self._edits:
            self._edits[key] = line_edits(file.hunks)
        return self._edits[key]

    def read(self, path: str, oid: str) -> bytes:
        """The bytes of a file, unless they are too many. Raises `UnreadableFile`."""
        if self._sizes[oid] > LARGEST_FILE:
            raise UnreadableFile(path, f"at most {LARGEST_FILE:,} bytes are read")
        found = self._read.pop(oid, None)
        return self._git.content(oid) if found is None else found


class _TreeHistory:
    def __init__(self, git: Git) -> None:
        self.contents = _Contents(git)
        self._reader = SettingsReader()
        self._selectors = CompositeSelectors()
        self._folders: dict[str, _Folder] = {}

    def commit(self, commit: MainlineCommit) -> Iterator[Entry]:
        """What one commit changed."""
        time = _time(commit.seconds)
        if time is None:
            reason = f"the time {commit.seconds[:40]} is in no calendar"
            yield UnreadableChange(commit.oid, None, reason, commit.oid)
            return
        touched: dict[str, set[str | None]] = {}
        gone = set[str]()
        for file in commit.files:
            role = _role(file.path)
            if role is None:
                continue
            if not _is_text(file.path):
                yield UnreadableChange(_shown(file.path), None, "the path is not UTF-8", commit.oid)
                continue
            folder = self._folders.setdefault(role.folder, _Folder())
            if file.oid is None:
                gone.add(file.path)
                folder.files.pop(file.path, None)
            else:
                before = folder.files.get(file.path)
                try:
                    now = self._file(role, file, file.oid, before)
                except UnreadableFile as error:
                    yield UnreadableChange(file.path, error.line, error.reason, commit.oid)
                    continue
                folder.files[file.path] = now
                if before is not None and _says_the_same(before.settings, now.settings):
                    continue
            touched.setdefault(role.folder, set()).add(role.environment)
        changes = (
            change
            for name, environments in touched.items()
            for change in self._changed(name, environments, commit, time)
        )
        yield from self._selectors.apply(changes, gone=frozenset(gone))

    def _file(self, role: _Role, file: ChangedFile, oid: str, before: _File | None) -> _File:
        """What a file says: by what was changed of it where that is sure, else as it is read."""
        if before is not None and before.has_lines and before.oid == file.before:
            edits = self.contents.edits(file)
            settings = None if edits is None else edited(before.settings, edits)
            if settings is not None:
                return _File(role, oid, settings, True)
        data = self.contents.read(file.path, oid)
        if role.is_chart:
            version = app_version(data, file.path)
            found = {} if version is None else {APP_VERSION: version}
        else:
            found = self._reader.values(data, file.path)
        if role.prefix:
            found = {role.prefix + key: each for key, each in found.items()}
        return _File(role, oid, found, not has_other_breaks(data))

    def _changed(
        self, name: str, environments: set[str | None], commit: MainlineCommit, time: datetime
    ) -> Iterator[SettingChange]:
        folder = self._folders[name]
        if None in environments:
            own = {each.role.environment for each in folder.files.values()}
            environments = own | set(folder.effective) | environments
        for environment in sorted(each for each in environments if each is not None):
            before = folder.effective.pop(environment, {})
            after = _effective(folder, environment)
            if after:
                folder.effective[environment] = after
            # In an order that no process has of its own: the same history is the same rows.
            for key in chain(sorted(before.keys() - after.keys()), after):
                old, new = before.get(key), after.get(key)
                if old is None or new is None or (old[0], old[1].value) != (new[0], new[1].value):
                    yield from _told(name, environment, key, old, new, commit, time)
        if not folder.files:
            del self._folders[name]


def _told(
    folder: str,
    environment: str,
    key: str,
    old: tuple[str, ValuesSetting] | None,
    new: tuple[str, ValuesSetting] | None,
    commit: MainlineCommit,
    time: datetime,
) -> Iterator[SettingChange]:
    path, setting = new or old or ("", None)
    yield SettingChange(
        time,
        environment,
        folder.rpartition("/")[2],
        key,
        new[1].value if new is not None else None,
        old[1].value if old is not None else None,
        commit.oid,
        path,
        author=_shown(commit.author)[:_LONGEST_AUTHOR] or None,
        line=setting.line if setting is not None and new is not None else None,
    )


def _effective(folder: _Folder, environment: str) -> dict[str, tuple[str, ValuesSetting]]:
    """What the environment's own files say, above what all say; nothing where it has no file there."""
    own: dict[str, tuple[str, ValuesSetting]] = {}
    common: dict[str, tuple[str, ValuesSetting]] = {}
    has_file = False
    for path, file in folder.files.items():
        role, settings = file.role, file.settings
        if role.environment == environment:
            has_file = True
            own |= {key: (path, each) for key, each in settings.items()}
        elif role.environment is None:
            # What the application's own file says of a chart in it stands above what that says itself.
            said = {key: (path, each) for key, each in settings.items()}
            common = said | common if role.prefix else common | said
    if not has_file:
        return {}
    # Helm takes a list as a whole, so an item that the environment's list does not have is not there.
    lists = {key[: key.index("[") + 1] for key in own if "[" in key}
    kept = {key: each for key, each in common.items() if not any(map(key.startswith, lists))}
    return kept | own


def _says_the_same(before: _Settings, after: _Settings) -> bool:
    return before.keys() == after.keys() and all(
        each.value == after[key].value for key, each in before.items()
    )


def _role(path: str) -> _Role | None:
    folder, _, name = path.rpartition("/")
    is_chart = name == _CHART_FILE
    values = _VALUES.fullmatch(name)
    if not folder or (values is None and not is_chart):
        return None
    environment = values["environment"] if values is not None else None
    inner = _CHARTS.fullmatch(folder)
    if inner is not None and environment is None:
        return _Role(inner["application"], None, f"{inner['chart']}.", is_chart)
    return _Role(folder, environment, "", is_chart)


def _time(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    return text.encode(errors="replace").decode()
