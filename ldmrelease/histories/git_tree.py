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
from ldmrelease.histories.values_settings import APP_VERSION, SettingsReader, ValuesSetting, app_version
from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.mainline import MainlineCommit, mainline
from ldmrelease.trees.values import LARGEST_FILE, UnreadableFile

GLOBS = ("**/values.yaml", "**/values-*.yaml", "**/values-*.yml", "**/Chart.yaml")
_VALUES = re.compile(r"values(?:-(?P<environment>.+))?\.ya?ml", re.DOTALL)
_CHARTS = re.compile(r"(?P<application>.+?)/charts/(?P<chart>[^/]+)", re.DOTALL)
_CHART_FILE = "Chart.yaml"
_AT_ONCE = 200
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


class _Folder(Struct):
    """An application's folder: what each of its files says now, and what follows for each environment."""

    files: dict[str, tuple[_Role, _Settings]] = field(default_factory=dict)
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
        contents = _contents(git, commits)
        for each in commits:
            yield from (told for told in reader.commit(each, contents) if _is_since(told, since))
        done += len(commits)
        progress(done)


def _is_since(entry: Entry, since: datetime | None) -> bool:
    return since is None or isinstance(entry, UnreadableChange) or entry.time >= since


def _contents(git: Git, commits: Sequence[MainlineCommit]) -> dict[str, bytes | None]:
    """The files of commits by their objects; None of one that is too large."""
    oids = {file.oid for each in commits for file in each.files if file.oid is not None}
    sizes = git.sizes(sorted(oids))
    small = [each for each, size in sizes.items() if size <= LARGEST_FILE]
    return dict.fromkeys(oids) | git.contents(small)


class _TreeHistory:
    def __init__(self, git: Git) -> None:
        self._git = git
        self._reader = SettingsReader()
        self._selectors = CompositeSelectors()
        self._folders: dict[str, _Folder] = {}

    def commit(self, commit: MainlineCommit, contents: dict[str, bytes | None]) -> Iterator[Entry]:
        """What one commit changed."""
        time = _time(commit.seconds)
        if time is None:
            yield UnreadableChange(
                commit.oid, None, f"the time {commit.seconds[:40]} is in no calendar", commit.oid
            )
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
                try:
                    folder.files[file.path] = role, self._settings(role, file.path, contents[file.oid])
                except UnreadableFile as error:
                    yield UnreadableChange(file.path, error.line, error.reason, commit.oid)
                    continue
            touched.setdefault(role.folder, set()).add(role.environment)
        changes = (
            change
            for name, environments in touched.items()
            for change in self._changed(name, environments, commit, time)
        )
        yield from self._selectors.apply(changes, gone=frozenset(gone))

    def _settings(self, role: _Role, path: str, data: bytes | None) -> _Settings:
        if data is None:
            raise UnreadableFile(path, f"at most {LARGEST_FILE:,} bytes are read")
        if role.is_chart:
            version = app_version(data, path)
            found = {} if version is None else {APP_VERSION: version}
        else:
            found = self._reader.values(data, path)
        return {role.prefix + key: each for key, each in found.items()} if role.prefix else found

    def _changed(
        self, name: str, environments: set[str | None], commit: MainlineCommit, time: datetime
    ) -> Iterator[SettingChange]:
        folder = self._folders[name]
        if None in environments:
            own = {role.environment for role, _ in folder.files.values()}
            environments = own | set(folder.effective) | environments
        for environment in sorted(each for each in environments if each is not None):
            before = folder.effective.pop(environment, {})
            after = _effective(folder, environment)
            if after:
                folder.effective[environment] = after
            for key in chain(before.keys() - after.keys(), after):
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
    for path, (role, settings) in folder.files.items():
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
