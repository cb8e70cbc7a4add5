"""A bare git repository in which branches are moved, merged, squashed and rebased as forges do it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "t" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "t@example.org" for who in ("AUTHOR", "COMMITTER")},
}


class Conflict(Exception):
    """Two branches changed the same lines."""


class BareRepository:
    """One at `path`, with a branch `main` that has a file of ten lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
        lines = "".join(f"line {number}\n" for number in range(10))
        self.move("main", self._commit(self._tree("", "values.yaml", lines), [], "First"))

    def git(self, *words: str, given: str = "", check: bool = True) -> str:
        """What a command of git prints."""
        done = subprocess.run(
            ["git", "-C", str(self.path), *words],
            input=given,
            env=os.environ | _ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise Conflict(done.stdout + done.stderr)
        return done.stdout.strip()

    def tip(self, branch: str) -> str | None:
        """The commit at which a branch is."""
        return self.git("rev-parse", "-q", "--verify", f"refs/heads/{branch}", check=False) or None

    def move(self, branch: str, commit: str) -> None:
        """Set a branch, also where that loses commits."""
        self.git("update-ref", f"refs/heads/{branch}", commit)

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        self.git("update-ref", "-d", f"refs/heads/{branch}")

    def change(
        self, branch: str, text: str, base: str = "main", line: int = 3, file: str = "values.yaml"
    ) -> str:
        """One more commit on a branch, which begins at `base` where it is not there: `text` as a line of the file."""
        parent = self.tip(branch) or self.tip(base) or ""
        lines = self.git("show", f"{parent}:{file}", check=False).splitlines() or [""] * 10
        lines[line] = text
        commit = self._commit(self._tree(parent, file, "\n".join(lines) + "\n"), [parent], f"Set {text}")
        self.move(branch, commit)
        return commit

    def text(self, branch: str, file: str = "values.yaml") -> str:
        """A file as it is at a branch."""
        return self.git("show", f"{branch}:{file}")

    def merge(self, head: str, base: str, how: str) -> str:
        """Bring the commit `head` into the branch `base`. Raises Conflict."""
        ours = self.tip(base) or ""
        tree = self.git("merge-tree", "--write-tree", ours, head).splitlines()[0]
        if how == "merge":
            commit = self._commit(tree, [ours, head], "Merge")
        elif how == "squash":
            commit = self._commit(tree, [ours], "Squash")
        else:
            commit = self._replayed(ours, head)
        self.move(base, commit)
        return commit

    def merges_cleanly(self, head: str, base: str) -> bool:
        """Whether there are no conflicts."""
        try:
            self.git("merge-tree", "--write-tree", base, head)
        except Conflict:
            return False
        return True

    def _replayed(self, onto: str, head: str) -> str:
        commits = self.git("rev-list", "--reverse", "--no-merges", f"{onto}..{head}").split()
        for each in commits:
            # As if what is there had been made upon this commit's parent: that is the merge base then.
            ours = self._commit(self.git("rev-parse", f"{onto}^{{tree}}"), [f"{each}^"], "Aside")
            tree = self.git("merge-tree", "--write-tree", ours, each).splitlines()[0]
            onto = self._commit(tree, [onto], f"Rebased {each}")
        return onto

    def _tree(self, parent: str, file: str, text: str) -> str:
        blob = self.git("hash-object", "-w", "--stdin", given=text)
        kept = self.git("ls-tree", parent).splitlines() if parent else []
        entries = [each for each in kept if not each.endswith(f"\t{file}")]
        return self.git("mktree", given="\n".join([*entries, f"100644 blob {blob}\t{file}"]) + "\n")

    def _commit(self, tree: str, parents: Sequence[str], message: str) -> str:
        return self.git("commit-tree", tree, "-m", message, *(f"-p{each}" for each in parents))
