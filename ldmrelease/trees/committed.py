"""A tree as committed: the files of a revision, read from the repository and not from a checkout."""

from ldmrelease.targets.git.git_repository import Git, is_commit_id
from ldmrelease.targets.git.program import GitError
from ldmrelease.trees.values import LARGEST_FILE, UnreadableFile

_FILES = (b"100644", b"100755")
_ELSEWHERE = (b"120000", b"160000")
_NOT_IN_PATHS = {b"", b".", b"..", b".git"}


class CommittedTree:
    """The files of a revision. Links and submodules are left out. Raises `GitError` where git cannot say."""

    def __init__(self, git: Git, revision: str) -> None:
        self._git = git
        self.revision = revision
        self._blobs = _listing(git, revision)

    def files(self) -> frozenset[str]:
        """All files."""
        return frozenset(self._blobs)

    def differing(self, other: "CommittedTree") -> frozenset[str]:
        """The files of either that the other one has otherwise, or not at all."""
        mine, theirs = self._blobs, other._blobs
        return frozenset(each for each in mine.keys() | theirs.keys() if mine.get(each) != theirs.get(each))

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises `UnreadableFile`."""
        if path not in self._blobs:
            raise UnreadableFile(path, "no such file")
        oid, size = self._blobs[path]
        if size > LARGEST_FILE:
            raise UnreadableFile(path, f"{size:,} bytes; at most {LARGEST_FILE:,} are read")
        try:
            return self._git.content(oid)
        except GitError as error:
            raise UnreadableFile(path, error.message) from None


def links(git: Git, revision: str) -> dict[str, str]:
    """The links and submodules of a revision, each with its object: a checkout may have files there that are in no
    tree. Raises `GitError`."""
    found = {}
    for line in git.run("ls-tree", "-r", "-z", "--full-tree", revision).split(b"\0"):
        about, _, path = line.partition(b"\t")
        fields = about.split()
        if fields and fields[0] in _ELSEWHERE:
            found[path.decode(errors="surrogateescape")] = fields[2].decode()
    return found


def _listing(git: Git, revision: str) -> dict[str, tuple[str, int]]:
    """The files with their objects and sizes; those of a commit's id are listed once for all places that ask."""
    found = git.listings.get(revision)
    if found is None:
        found = {path: (oid, size) for path, oid, size in _listed(git, revision)}
        if is_commit_id(revision):
            git.listings[revision] = found
    return found


def _listed(git: Git, revision: str) -> list[tuple[str, str, int]]:
    found = []
    for line in git.run("ls-tree", "-r", "-l", "-z", "--full-tree", revision).split(b"\0"):
        about, _, path = line.partition(b"\t")
        fields = about.split()
        # git lets a tree have entries that lead out of it.
        leads_out = not _NOT_IN_PATHS.isdisjoint(path.split(b"/"))
        if len(fields) == 4 and fields[0] in _FILES and not leads_out:
            found.append((path.decode(errors="surrogateescape"), fields[2].decode(), int(fields[3])))
    return found
