"""Changes of values files as proposals: a branch of one commit that others merge into the branch that is read.

What is believed of a merge is what the settings say at the tip of the branch that is read, however it came there.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.domain.targets import GitFile
from ldmrelease.targets.connections import Access
from ldmrelease.targets.git.commits import Note, TreeEntry
from ldmrelease.targets.git.git_remote import GitRemote
from ldmrelease.targets.git.git_repository import author_of, tree_with
from ldmrelease.targets.git.merges import proposed_merge, with_own_objects
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.git.signed_commits import add_commit
from ldmrelease.targets.results import Change, Refusal, RefusedError, Values
from ldmrelease.targets.stores.expected import require_expected, written_settings
from ldmrelease.targets.stores.git_session import Session
from ldmrelease.targets.stores.reading import PathsToRead, files_of, lines_of

CHANGED = "proposal-changed"
"""The refusal of a branch that is not, or no longer, what we proposed."""
_TRIES = 5
_DECISION = "Decision: "
"""The trailer that another look at the same proposal has otherwise."""
T = TypeVar("T")


class Edits(Struct, frozen=True):
    """What a proposal is to change: the settings as wanted, and as they are expected."""

    wanted: Values
    expect: Values

    @property
    def asked(self) -> PathsToRead:
        """What is read for it."""
        return written_settings(self.wanted, self.expect)


class PushedProposal(Struct, frozen=True):
    """A branch that proposes the edits.

    commit: ours, of which the branch is made. base: the commit that it was made upon. lines: where each setting begins.
    found: it was there before. merged: the branch that is read has the edits; there may be no commit then.
    before: what the settings said where our commit was made, if it is merged; None where no commit of ours is there.
    """

    branch: str
    commit: str
    base: str
    lines: dict[str, int]
    found: bool = False
    merged: bool = False
    before: Values | None = None


def propose(
    where: GitFile,
    edits: Edits,
    access: Access,
    *,
    branch: str,
    note: Note,
    examine: Callable[[str], Refusal | Unavailable | None] = lambda _: None,
) -> PushedProposal | Refusal | Unavailable:
    """Make the branch that proposes the edits, or find it; anew where it conflicts with what came into the base.

    examine: why nothing may be proposed upon a revision. Refused: `changed-by` where a setting of the base is neither
    as expected nor as wanted; `proposal-changed` where the branch has something else than we put there.
    """
    return _answer(where, lambda: _propose(Session.open(where, access), edits, branch, note, examine))


def withdraw(where: GitFile, access: Access, branch: str, promotion: str) -> bool | Refusal | Unavailable:
    """Delete the branch; one that is gone stays so. False where it is left, as it has what others have put there."""

    def act() -> bool:
        session = Session.open(where, access)
        ref = f"refs/heads/{branch}"
        tips = session.repository.tips([session.ref, ref])
        tip, head = session.require(tips[session.ref]), tips[ref]
        if head is None:
            return True
        if not _is_of_promotion(session, tip, head, promotion):
            return False
        delete_branch(session.repository, ref, head)
        return True

    return _answer(where, act)


def _is_of_promotion(session: Session, tip: str, head: str, promotion: str) -> bool:
    """Whether all that a branch has beside its base are commits of one promotion."""
    told = session.git.run("rev-list", "--no-merges", head, f"^{tip}").decode().split()
    trailer = f"Promotion: {promotion}"
    return all(trailer in _message(session, each).splitlines() for each in told)


def delete_branch(remote: GitRemote, ref: str, tip: str) -> None:
    """Delete a ref where it still is at `tip`. Raises `GitError`."""
    if remote.url is None:
        remote.git.change("update-ref", "update-ref", "-d", ref, tip)
        return
    remote.git.tell("before", "push")
    remote.git.ask_server(
        "push", "--no-verify", f"--force-with-lease={ref}:{tip}", "--", remote.url, f":{ref}"
    )
    remote.git.tell("after", "push")
    remote.renew()


def _answer(where: GitFile, act: Callable[[], T]) -> T | Refusal | Unavailable:
    try:
        return act()
    except RefusedError as refused:
        return refused.refusal
    except (GitError, OSError) as error:
        return Unavailable(public(where.repository), reason_of(error))


def _propose(
    session: Session,
    edits: Edits,
    branch: str,
    note: Note,
    examine: Callable[[str], Refusal | Unavailable | None],
) -> PushedProposal | Refusal | Unavailable:
    ref = f"refs/heads/{branch}"
    for _ in range(_TRIES):
        tips = session.repository.tips([session.ref, ref])
        tip, head = session.require(tips[session.ref]), tips[ref]
        settings = session.texts(tip).settings(edits.asked)
        if all(settings[path].value == value for path, value in edits.wanted.items()):
            before = _before_ours(session, edits, head or tip, note)
            lines = lines_of(settings)
            return PushedProposal(branch, head or "", tip, lines, found=True, merged=True, before=before)
        changed = partial(_changed_by, session, tip)
        require_expected(session.where.file, settings, edits.wanted, edits.expect, changed)
        if head is not None:
            ours = _require_ours(session, edits, branch, tip, head, note)
            if not _conflicts(session, edits, tip, head):
                lines = lines_of(session.texts(head).settings(edits.asked))
                return PushedProposal(branch, ours, tip, lines, found=True)
        against = examine(tip)
        if against is not None:
            return against
        made = _made(session, edits, tip, note)
        if session.repository.advance({ref: head}, {ref: made}, note.at):
            lines = lines_of(session.texts(made).settings(edits.asked))
            return PushedProposal(branch, made, tip, lines)
    raise GitError("push", 1, "the branch moves faster than it can be written")


def _made(session: Session, edits: Edits, tip: str, note: Note) -> str:
    """One commit with exactly the edits upon the tip."""
    objects, entries = session.git.new_objects(), {}
    for file, content in session.texts(tip).edited(edits.wanted, edits.asked).items():
        name = Path(file).name.encode(errors="surrogateescape")
        entries[file] = TreeEntry(session.blob(tip, file).mode, name, objects.blob(content))
    made = add_commit(session.git, objects, tree_with(session.git, objects, tip, entries), tip, note)
    session.git.store(objects)
    return made


def _require_ours(session: Session, edits: Edits, branch: str, tip: str, head: str, note: Note) -> str:
    """Our commit on the branch. Raises `RefusedError` (`proposal-changed`) where it has anything else than that, and
    merges of the base."""
    git = session.git
    told = git.run("rev-list", "--no-merges", head, f"^{tip}").decode().split()
    fork = git.run("merge-base", tip, head).decode().strip()
    files = git.run("diff-tree", "-r", "-z", "--name-only", fork, head).decode(errors="surrogateescape")
    own = files_of(edits.wanted, session.where.file)
    ours = (
        len(told) == 1
        and _is_message(session, told[0], note)
        and set(files.split("\0")) - {""} <= set(own)
        and _has(session, edits, head)
    )
    if not ours:
        who = author_of(git, head)
        raise RefusedError(
            CHANGED,
            where=session.repository.where,
            branch=branch,
            found=head,
            author=who.author,
            time=who.time,
        )
    return told[0]


def _before_ours(session: Session, edits: Edits, revision: str, note: Note) -> Values | None:
    """What the settings said in the parent of our newest commit that a revision has; None where it has none.

    A merge and a rebase keep our message; of a squash the branch has to be there still.
    """
    words = ("rev-list", "--no-merges", f"--max-count={_TRIES}", "--parents", "--fixed-strings")
    told = session.git.run(*words, f"--grep={_subject(note.message)}", revision, "--").decode()
    for commit, *parents in map(str.split, told.splitlines()):
        if parents and _is_message(session, commit, note) and _has(session, edits, commit):
            # What a merged tree has as wanted may not have been there before, nor what was taken away.
            asked = PathsToRead(list(edits.wanted), list(edits.wanted), shared=list(edits.wanted))
            settings = session.texts(parents[0]).settings(asked)
            return {path: settings[path].value for path in edits.wanted}
    return None


def _subject(message: str) -> str:
    return message.partition("\n")[0]


def _is_message(session: Session, commit: str, note: Note) -> bool:
    """Whether a commit says what we say; by which decision is of the moment at which it was made."""
    return _undecided(_message(session, commit)) == _undecided(note.message)


def _message(session: Session, commit: str) -> str:
    return session.git.commit(commit).content.partition(b"\n\n")[2].decode(errors="replace")


def _undecided(message: str) -> list[str]:
    return [each for each in message.splitlines() if not each.startswith(_DECISION)]


def _has(session: Session, edits: Edits, revision: str) -> bool:
    try:
        settings = session.texts(revision).settings(edits.asked)
    except RefusedError:
        return False
    return all(settings[path].value == value for path, value in edits.wanted.items())


def _conflicts(session: Session, edits: Edits, tip: str, head: str) -> bool:
    """Whether our files changed in the base so that git cannot merge the branch."""
    fork = session.git.run("merge-base", tip, head).decode().strip()
    own = files_of(edits.wanted, session.where.file)
    if fork == tip or all(session.blob(fork, each).oid == session.blob(tip, each).oid for each in own):
        return False
    with tempfile.TemporaryDirectory(prefix="ldmrelease-merge-") as folder:
        merge = proposed_merge(with_own_objects(session.git, Path(folder)), tip, head)
        return merge is None or merge.tree is None


def _changed_by(session: Session, tip: str, path: str) -> Change:
    from ldmrelease.targets.stores.git_authors import changed_since  # noqa: PLC0415 - of a conflict alone

    return changed_since(session, tip, path)
