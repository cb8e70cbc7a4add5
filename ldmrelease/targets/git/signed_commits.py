"""Commits that git signs: with the key, the format and the program of the user's own configuration.

git itself signs (`git commit-tree -S`), so that an OpenPGP, an ssh or an X.509 key, an agent and a key in hardware work
as they do for `git commit`. The configuration of the repository is not asked: it names programs (docs/decisions/0030).
"""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime

from ldmrelease.targets.git.commits import Identity, NewObjects, Note
from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.program import NO_ANSWER, NO_GIT, GitError
from ldmrelease.targets.results import Refusal, RefusedError

_BESIDE = ("[gnupg:]", "fatal: failed to write commit object", "hint:")
"""How lines begin that do not say why nothing was signed."""


def add_commit(git: Git, objects: NewObjects, tree: str, parent: str | None, note: Note) -> str:
    """A commit of a tree of `objects`; the id. One that is not signed is added to them, a signed one is stored, and
    they with it: git signs nothing else.

    Raises `Refused` (`not-signed`) where git cannot sign, `GitError` where nobody can say.
    """
    if not note.signed:
        return objects.commit(tree, parent, note)
    git.store(objects)
    git.tell("before", "commit-tree")
    oid = _signed(git, tree, ["-p", parent] if parent else [], note)
    git.tell("after", "commit-tree")
    return oid


def signing_refusal(git: Git, committer: Identity, at: datetime) -> Refusal | None:
    """Why git cannot sign a commit by that committer here; None where it can. Nothing stays of what is tried."""
    note = Note("Whether git can sign", committer, at, committer=committer, signed=True)
    empty = git.new_objects().tree([])
    with tempfile.TemporaryDirectory(prefix="ldmrelease-git-") as folder:
        try:
            _signed(git, empty, [], note, {"GIT_OBJECT_DIRECTORY": folder})
        except RefusedError as refused:
            return refused.refusal
    return None


def _signed(
    git: Git, tree: str, parents: Sequence[str], note: Note, elsewhere: Mapping[str, str] | None = None
) -> str:
    try:
        told = git.run(
            "commit-tree", "-S", *parents, tree,
            stdin=note.message.encode(errors="surrogateescape"), env={**_people(note), **(elsewhere or {})},
        )  # fmt: skip
    except GitError as error:
        if error.status in {NO_ANSWER, NO_GIT}:
            raise
        raise RefusedError("not-signed", committer=note.committer.email, found=_why(error.message)) from None
    return told.decode().strip()


def _people(note: Note) -> dict[str, str]:
    moment = f"{int(note.at.timestamp())} +0000"
    return {
        "GIT_AUTHOR_NAME": note.author.name,
        "GIT_AUTHOR_EMAIL": note.author.email,
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_NAME": note.committer.name,
        "GIT_COMMITTER_EMAIL": note.committer.email,
        "GIT_COMMITTER_DATE": moment,
    }


def _why(message: str) -> str:
    lines = [each.strip() for each in message.splitlines() if each.strip()]
    telling = [each for each in lines if not each.lower().startswith(_BESIDE)]
    return "; ".join(telling or lines) or "git did not say why"
