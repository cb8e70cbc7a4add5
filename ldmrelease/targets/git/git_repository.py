"""A repository: what is read there, and how objects and refs are written.

Objects first, then the refs, all of them or none. A kill in between leaves objects that nobody refers to, which git
itself collects.
"""

import re
import shutil
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.targets.git.commits import NewObjects, TreeEntry, tree_entries
from ldmrelease.targets.git.local_repository import Opened, is_partial
from ldmrelease.targets.git.object_reader import Object, ObjectReader
from ldmrelease.targets.git.program import DAMAGED, GitError, call, call_server
from ldmrelease.targets.results import Change, RefusedError

Observer = Callable[[str, str], None]
"""Called with ("before" or "after", what) around everything that changes a repository."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs(/(?!\.)[^\0-\x20\x7f~^:?*\[\\/]+(?<!\.)(?<!\.lock))+")
"""What can be the name of a ref (git-check-ref-format(1)), and no other expression for a revision."""
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How the pointer begins that Git LFS commits in place of a file (docs/spec.md of Git LFS)."""
_TREE, _LINK, _SUBMODULE = "040000", "120000", "160000"


class GitBlob(Struct, frozen=True):
    """A file of a tree: its object, its mode and its bytes."""

    oid: str
    mode: str
    content: bytes


class Git:
    """A repository on this machine.

    opened: how it was found, and our directory for it, which goes when this does.
    blobs: files that were read at commits, which never change; shared by all that read the same repository.
    objects: a folder for new objects beside the repository's own, where that one is not to have them.
    """

    def __init__(self, opened: Opened, observer: Observer | None = None, objects: Path | None = None) -> None:
        self.opened = opened
        self.observer = observer
        self.blobs: dict[tuple[str, str], GitBlob] = {}
        self.listings: dict[str, dict[str, tuple[str, int]]] = {}
        self.env = {"GIT_COMMON_DIR": str(opened.common)}
        if objects is not None:
            own = str(opened.common / "objects")
            self.env |= {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": own}
        self._where = f"--git-dir={opened.layout.git_directory}"
        self._reader = ObjectReader([self._where], self.env)
        weakref.finalize(self, shutil.rmtree, opened.common, ignore_errors=True)

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """What the command prints. Raises `GitError`, and `Refused` (`locked`) for a lock that is held."""
        return call([self._where, *arguments], stdin=stdin, env=self.env | dict(env or {}))

    def change(
        self, what: str, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> bytes:
        """Run a command that changes something, with the observer told before and after."""
        self.tell("before", what)
        output = self.run(*arguments, stdin=stdin, env=env)
        self.tell("after", what)
        return output

    def ask_server(self, *arguments: str, silence: float | None = None) -> bytes:
        """What a command prints that talks to a server, and ends with us. Raises as `run` does.

        silence: for how many seconds it may tell of no progress.
        """
        return call_server([self._where, *arguments], env=self.env, silence=silence)

    def tell(self, phase: str, what: str) -> None:
        """Tell the observer, if there is one."""
        if self.observer is not None:
            self.observer(phase, what)

    def tips(self, refs: Sequence[str]) -> dict[str, str | None]:
        """Where refs point now, each by its full name; None: there is no such ref. Raises `GitError`."""
        found = dict.fromkeys(refs) | self._oids([ref for ref in refs if is_ref(ref)])
        # git takes a name for the end of a longer one, and may have resolved it to another ref.
        longer = [each for ref, oid in found.items() if oid is not None for each in _longer(ref)]
        return self._listed(refs) if any(self._oids(longer).values()) else found

    def may_hold_below(self, ref: str) -> bool:
        """Whether a ref may stand in the folder of that name; False without a process of git, which every place would
        need: a loose ref would be a file there, a packed one a line of one file (gitrepository-layout(5))."""
        common = self.opened.layout.common
        if not is_ref(ref) or (common / "reftable").exists() or (common / ref).is_dir():
            return True
        try:
            # After the folder: a ref is packed before its file goes.
            return f" {ref}/".encode() in (common / "packed-refs").read_bytes()
        except FileNotFoundError:
            return False

    def entries(self, revision: str, folder: str = "") -> list[TreeEntry]:
        """What a folder holds at a revision, in git's order; nothing where it is none. Raises `GitError`."""
        held = self._tree(self._tree_of(revision))
        for part in folder.encode(errors="surrogateescape").split(b"/") if folder else ():
            entry = next((each for each in held if each.name == part and each.mode == _TREE), None)
            if entry is None:
                return []
            held = self._tree(entry.oid)
        return held

    def content(self, oid: str) -> bytes:
        """The bytes of a blob. Raises `GitError` where it is not there."""
        return self._object(oid, "blob").content

    def sizes(self, oids: Sequence[str]) -> dict[str, int]:
        """The bytes that each object has, before it is read. Raises `GitError` where one is not there."""
        told = self.run(
            "cat-file", "--batch-check=%(objectsize)", stdin="".join(f"{each}\n" for each in oids).encode()
        )
        found = dict(zip(oids, told.decode().splitlines(), strict=True))
        missing = next((each for each, size in found.items() if not size.isdigit()), None)
        if missing is not None:
            raise GitError(
                "cat-file", DAMAGED, f"there is no object {missing} in {self.opened.layout.git_directory}"
            )
        return {each: int(size) for each, size in found.items()}

    def contents(self, oids: Sequence[str]) -> dict[str, bytes]:
        """The bytes of blobs that are there. Raises `GitError`."""
        found = zip(oids, self._reader.read_all(oids), strict=True)
        return {oid: each.content for oid, each in found if each is not None and each.kind == "blob"}

    def new_objects(self) -> NewObjects:
        """Objects to be stored here."""
        return NewObjects(self.opened.algorithm)

    def store(self, objects: NewObjects) -> None:
        """Store them, each for good. Raises `GitError`."""
        self.change("unpack-objects", "unpack-objects", "-q", stdin=objects.pack())

    def require_commit(self, oid: str) -> None:
        """Raise `GitError` unless the commit is there, and is what its id says."""
        self._object(oid, "commit")

    def commit(self, revision: str) -> Object:
        """The commit. Raises `GitError` where it is not there, or not what its id says."""
        return self._object(revision, "commit")

    def _tree_of(self, revision: str) -> str:
        """The id of a revision's tree; read here and not by git, which would not look whether the commit is genuine."""
        name = revision
        while (found := self._reader.read(name)) is not None and found.kind in {"commit", "tag"}:
            # The first line of either names what it is of.
            name = found.content.partition(b"\n")[0].partition(b" ")[2].decode(errors="replace")
        if found is None or found.kind != "tree":
            where = self.opened.layout.git_directory
            raise GitError("cat-file", DAMAGED, f"there is no tree of {revision} in {where}")
        return found.oid

    def _tree(self, name: str) -> list[TreeEntry]:
        found = self._object(name, "tree")
        try:
            return list(tree_entries(found.content, len(found.oid) // 2))
        except ValueError:
            raise GitError("cat-file", DAMAGED, f"{name} is no tree that can be read") from None

    def _object(self, name: str, kind: str) -> Object:
        found = self._reader.read(name)
        if found is None or found.kind != kind:
            raise GitError(
                "cat-file", DAMAGED, f"there is no {kind} {name} in {self.opened.layout.git_directory}"
            )
        return found

    def _oids(self, names: Sequence[str]) -> dict[str, str | None]:
        """What each name names; None: nothing."""
        found = zip(names, self._reader.read_all(names), strict=True)
        return {name: None if each is None else each.oid for name, each in found}

    def _listed(self, refs: Sequence[str]) -> dict[str, str | None]:
        listing = self.run("for-each-ref", "--format=%(objectname) %(refname)", "--", *refs).decode()
        found = {name: oid for oid, _, name in (line.partition(" ") for line in listing.splitlines())}
        return {ref: found.get(ref) for ref in refs}


def _longer(ref: str) -> tuple[str, ...]:
    """The names that git may mean by that of a ref (gitrevisions(7))."""
    return (
        f"refs/{ref}", f"refs/tags/{ref}", f"refs/heads/{ref}", f"refs/remotes/{ref}", f"refs/remotes/{ref}/HEAD",
    )  # fmt: skip


def is_commit_id(revision: str) -> bool:
    """Whether a revision is an object's id, which names the same for ever."""
    return _COMMIT.fullmatch(revision) is not None


def is_ref(name: str) -> bool:
    """Whether it can be the full name of a ref, and is no other expression for a revision."""
    return _REF.fullmatch(name) is not None and ".." not in name and "@{" not in name


def read_blob(git: Git, revision: str, file: str) -> GitBlob:
    """The file at a revision; at a commit's id it is read once. Raises `Refused`: `no-file`, or `not-a-file` (a link,
    a directory)."""
    if (revision, file) in git.blobs:
        return git.blobs[revision, file]
    found = _blob_there(git, revision, file)
    if is_commit_id(revision):
        git.blobs[revision, file] = found
    return found


def _blob_there(git: Git, revision: str, file: str) -> GitBlob:
    folder, _, name = file.rpartition("/")
    wanted = name.encode(errors="surrogateescape")
    entry = next((each for each in git.entries(revision, folder) if each.name == wanted), None)
    if entry is None:
        _require_own_folders(git, revision, folder, file)
        raise RefusedError("no-file", file=file, revision=revision)
    if entry.mode in {_TREE, _LINK, _SUBMODULE}:
        raise RefusedError("not-a-file", file=file, revision=revision, found=entry.mode)
    try:
        content = git.content(entry.oid)
    except GitError:
        if not is_partial(git.opened.layout):
            raise
        where = str(git.opened.layout.directory)
        raise RefusedError("not-in-partial-clone", where=where, file=file, revision=revision) from None
    if content.startswith(_LFS_POINTER):
        raise RefusedError("lfs-pointer", file=file, revision=revision)
    return GitBlob(entry.oid, entry.mode, content)


def _require_own_folders(git: Git, revision: str, folder: str, file: str) -> None:
    """Raise `Refused` (`not-a-file`) where a folder is a link or a submodule: a checkout may have the file there."""
    while folder:
        above, _, name = folder.rpartition("/")
        wanted = name.encode(errors="surrogateescape")
        found = next((each for each in git.entries(revision, above) if each.name == wanted), None)
        if found is not None and found.mode in {_LINK, _SUBMODULE}:
            raise RefusedError("not-a-file", file=file, revision=revision, found=found.mode)
        folder = above


def tree_with(git: Git, objects: NewObjects, revision: str, files: Mapping[str, TreeEntry]) -> str:
    """The tree of a revision with files replaced, by their paths; every other entry is taken over as it stands."""
    inside: dict[str, dict[str, TreeEntry]] = {"": {}}
    for file, entry in files.items():
        folder, _, name = file.rpartition("/")
        inside.setdefault(folder, {})[name] = entry
    # The deepest folders first: each is an entry of the one that it is in.
    for folder in sorted(_with_parents(inside), key=_depth, reverse=True):
        own = {each.name: each for each in inside.get(folder, {}).values()}
        entries = [own.get(each.name, each) for each in git.entries(revision, folder)]
        oid = objects.tree(entries)
        if not folder:
            return oid
        above, _, name = folder.rpartition("/")
        entry = TreeEntry(_TREE, name.encode(errors="surrogateescape"), oid)
        inside.setdefault(above, {})[name] = entry
    raise AssertionError("the root is one of the folders")


def _with_parents(folders: Iterable[str]) -> set[str]:
    return {"/".join(each.split("/")[:depth]) for each in folders for depth in range(each.count("/") + 2)}


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def author_of(git: Git, revision: str) -> Change:
    """Who made a commit, and when, as it says itself. Raises `GitError`, also where it is not what its id says."""
    found = git.commit(revision)
    head = found.content.partition(b"\n\n")[0].decode(errors="replace")
    line = next((each for each in head.split("\n") if each.startswith("author ")), "")
    try:
        who, seconds, _ = line.removeprefix("author ").rsplit(" ", 2)
        moment = datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError):
        raise GitError("cat-file", DAMAGED, f"the commit {found.oid} does not say who made it") from None
    return Change(found.oid, who, times.spell(moment))
