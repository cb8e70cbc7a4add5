"""Which commit a line of a file is of: one `git blame` for all lines of a file at a revision."""

from typing import NamedTuple

from ldmrelease.targets.git.git_repository import Git


class BlamedLine(NamedTuple):
    """A line's commit, and the revision and the file before it; None where the file began with it."""

    commit: str
    before: tuple[str, str] | None


class Blame:
    """Blames files, each at each revision once."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._read: dict[tuple[str, str], dict[int, BlamedLine]] = {}

    def line(self, revision: str, file: str, number: int) -> BlamedLine | None:
        """The line of that number, from 1; None where there is none. Raises `GitError`."""
        key = (revision, file)
        if key not in self._read:
            # Neither a filter of the repository nor a list of commits to leave out has a say here.
            said = self._git.run(
                "blame", "--porcelain", "-w", "--no-textconv", "--ignore-revs-file=", revision, "--", file
            )
            self._read[key] = _parsed(said)
        return self._read[key].get(number)


def _parsed(said: bytes) -> dict[int, BlamedLine]:
    """The porcelain format of git-blame(1): of each commit `previous` is told once, with the first of its lines."""
    commits: dict[int, str] = {}
    before: dict[str, tuple[str, str]] = {}
    commit, is_head = "", True
    for line in said.decode(errors="surrogateescape").split("\n"):
        if line.startswith("\t"):
            is_head = True
        elif is_head:
            commit, _, rest = line.partition(" ")
            numbers = rest.split(" ")
            if len(numbers) > 1:
                commits[int(numbers[1])] = commit
            is_head = False
        elif line.startswith("previous "):
            revision, _, file = line.removeprefix("previous ").partition(" ")
            before[commit] = (revision, file)
    return {number: BlamedLine(each, before.get(each)) for number, each in commits.items()}
