"""A repository on this machine, found and opened without a word from its own configuration.

Whoever may write a checkout's `.git/config` could have anything run as us: filters, hooks, monitors, aliases, an ssh
command, a credential helper, another address. So git is told to look for what work trees share (configuration, refs,
objects) in a directory of ours, where refs and objects are links to the repository's and the configuration is a copy
of the few settings that say how it is stored and how lines end. Its HEAD and index stay where they are.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ldmrelease.targets.git.program import GitError, call

_COPIED = {
    f"core.{each}"
    for each in (
        "autocrlf", "bare", "eol", "filemode", "ignorecase", "logallrefupdates", "precomposeunicode",
        "repositoryformatversion", "safecrlf", "sharedrepository", "symlinks",
    )
}  # fmt: skip
# Of the extensions these change nothing about how refs and objects are stored; git stops at one that it does not know.
_LEFT_OUT = {
    f"extensions.{each}"
    for each in ("noop", "noop-v1", "partialclone", "preciousobjects", "relativeworktrees", "worktreeconfig")
}
MIRROR_LINKS = ("objects", "refs", "packed-refs", "reftable", "logs", "shallow")
"""What is linked of a mirror, which nobody checks files out of: not `info`, whose attributes and grafts are none of
ours."""
LINKS = (*MIRROR_LINKS, "info")
_PLAIN_LINE = re.compile(
    rb"""\[([A-Za-z0-9-]+)([ ]"[^"\\\x00-\x1f]*")?\]              # [core], [remote "origin"]
      | [\t ]+([A-Za-z][A-Za-z0-9-]*)[ ]=[ ]                      # a key and
        ([!$-:<-\[\]-~]+(?:[ ][!$-:<-\[\]-~]+)*)                # its value, without quotes, comments, escapes
    """,
    re.VERBOSE,
)
_NONE = 1
"""The status of `git config` where nothing fits."""
_GIT_FILE_LIMIT = 10_000


class WorkTree(Struct, frozen=True):
    """A directory where files are checked out, and its git directory (HEAD, index)."""

    root: Path
    git_directory: Path


class Layout(Struct, frozen=True):
    """Where a repository keeps what.

    directory: as the user named it. git_directory: its HEAD and index. common: configuration, refs, objects.
    """

    directory: Path
    git_directory: Path
    common: Path

    def work_trees(self, bare: bool) -> Iterator[WorkTree]:
        """The main work tree, unless there is none, and the linked ones that still exist."""
        if not bare:
            if self.git_directory == self.common and self.directory != self.common:
                yield WorkTree(self.directory, self.common)
            elif self.common.name == ".git":
                yield WorkTree(self.common.parent, self.common)
        for each in sorted(self.common.glob("worktrees/*/gitdir")):
            link = each.parent / os.fsdecode(each.read_bytes().strip())
            # Both have to name the other: a directory that knows nothing of it is not its work tree.
            if link.is_file() and _linked(link) == each.parent.resolve():
                yield WorkTree(link.parent, each.parent)


def layout_of(directory: Path) -> Layout | None:
    """The repository whose work tree or git directory this is; None where it is neither."""
    directory = directory.resolve()
    entry = directory / ".git"
    git_directory = entry if entry.is_dir() else _linked(entry) if entry.is_file() else directory
    if git_directory is None or not os.path.lexists(git_directory / "HEAD"):
        return None
    git_directory = git_directory.resolve()
    common = git_directory
    if (pointer := git_directory / "commondir").is_file():
        common = (git_directory / os.fsdecode(pointer.read_bytes().strip())).resolve()
    if not all((common / each).is_dir() for each in ("objects", "refs")):
        return None
    return Layout(directory, git_directory, common)


def is_partial(layout: Layout) -> bool:
    """Whether objects were left out when it was cloned (`--filter`): packs are marked by what the server promised."""
    return next((layout.common / "objects" / "pack").glob("*.promisor"), None) is not None


def _linked(file: Path) -> Path | None:
    """The git directory that a `.git` file names."""
    with file.open("rb") as opened:
        content = opened.read(_GIT_FILE_LIMIT)
    if not content.startswith(b"gitdir: "):
        return None
    return (file.parent / os.fsdecode(content.removeprefix(b"gitdir: ").strip())).resolve()


class Opened(Struct, frozen=True):
    """What is known of a repository once it is open.

    common: our directory instead of its own, to be removed in the end. algorithm: the hash of its ids. bare: whether it
    has no main work tree.
    """

    layout: Layout
    common: Path
    algorithm: str
    bare: bool


def open_layout(layout: Layout, *, links: tuple[str, ...] = LINKS) -> Opened:
    """Make our directory for the repository, with `links` to its own. Raises `GitError` and OSError."""
    settings = _settings(layout.common / "config")
    algorithm = settings.get("extensions.objectformat") or "sha1"
    bare = settings.get("core.bare", "false") not in {"false", "no", "off", "0"}
    return Opened(layout, _common_directory(layout, settings, links), algorithm, bare)


def _settings(config: Path) -> dict[str, str | None]:
    """What is copied of a configuration file; a setting without a value counts as true."""
    if not config.is_file():
        return {}
    found = _plain_settings(config)
    if found is None:
        found = _listed_settings(config)
    return {name: value for name, value in found.items() if _is_copied(name)}


def _is_copied(name: str) -> bool:
    known = name in _COPIED or (name.startswith("extensions.") and name not in _LEFT_OUT)
    return known and name.count(".") == 1


def _plain_settings(config: Path) -> dict[str, str | None] | None:
    """What a file says in which every line is of the plain form that git writes; None for any other.

    A process of git for these few lines would take longer than all that is read of a place.
    """
    found: dict[str, str | None] = {}
    section = ""
    for line in config.read_bytes().removesuffix(b"\n").split(b"\n"):
        match = _PLAIN_LINE.fullmatch(line)
        if match is None:
            return None
        name, subsection, key, value = match.groups(default=b"")
        if name:
            section = "" if subsection else name.decode().lower()
        elif section:
            found[f"{section}.{key.decode().lower()}"] = value.decode()
    return found


def _listed_settings(config: Path) -> dict[str, str | None]:
    """What git reads in a file of any form."""
    file = ["--file", str(config), "--no-includes"]
    try:
        # The rest is not asked for: addresses there may have passwords.
        listed = call(["-C", "/", "config", *file, "-z", "--get-regexp", r"^(core|extensions)\."])
    except GitError as error:
        if error.status == _NONE:
            return {}
        raise
    found: dict[str, str | None] = {}
    for line in listed.decode(errors="surrogateescape").split("\0"):
        name, has_value, value = line.partition("\n")
        found[name] = value if has_value else None
    return found


def _common_directory(layout: Layout, settings: dict[str, str | None], links: tuple[str, ...]) -> Path:
    # Made anew each time: what is kept somewhere is what somebody may have put there.
    directory = Path(tempfile.mkdtemp(prefix="ldmrelease-git-"))
    for each in links:
        # Only refs can come to be packed while we are at work.
        if each == "packed-refs" or (layout.common / each).exists():
            (directory / each).symlink_to(layout.common / each)
    config = "".join(_setting(name, value) for name, value in sorted(settings.items()))
    (directory / "config").write_bytes(config.encode(errors="surrogateescape"))
    return directory


def _setting(name: str, value: str | None) -> str:
    section, _, key = name.partition(".")
    if value is None:
        return f"[{section}]\n\t{key}\n"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'[{section}]\n\t{key} = "{escaped}"\n'
