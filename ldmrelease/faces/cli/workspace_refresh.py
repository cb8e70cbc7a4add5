"""`ldmrelease workspace refresh`: what patterns read from trees, recorded anew."""

from pathlib import Path

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.workspace import RefreshAnswer, UnreadFileAnswer
from ldmrelease.config.workspace.patterns.asked import AskedTree, asked_trees
from ldmrelease.domain.errors import Unavailable
from ldmrelease.faces.cli.options import NoAnswer, UsageError, on_terminal
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.inventory.tree_refresh import Open, Refresh, committed, refresh, write
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal
from ldmrelease.trees.files import Folder, Tree


def refresh_trees(file: Path, folder: Path | None, output: Output, *, dry_run: bool, yes: bool) -> None:
    """Show what changed, ask, write it, and print what was done. Raises `UsageError`, `NoAnswer`, typer.Exit."""
    open_ = committed(Access(file.parent)) if folder is None else _checkout(file, folder)
    found = refresh(file, open_)
    if isinstance(found, Refusal | Unavailable):
        raise UsageError(refusal_words(found))
    writing = found.before != found.after and not dry_run and (found.differs or found.before is None)
    if writing and not yes:
        _confirm(found)
    if writing:
        write(found)
    answer = _answer(found, written=writing)
    emit(answer, output, lambda: _text(answer, shown=writing and not yes))
    for each in answer.unread:
        place = each.file if each.line is None else f"{each.file}:{each.line}"
        say(f"not read: {printable(place)}: {printable(each.reason)}", err=True)
    if answer.unread:
        raise typer.Exit(ExitCode.UNDECIDED)


def _checkout(file: Path, folder: Path) -> Open:
    names = [each.name for each in asked_trees(file)]
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", "name a checkout of the tree")
    if len(names) > 1:
        raise UsageError(f"--tree is for one tree, and the workspace has {len(names)}", "leave it out")

    def open_(_asked: AskedTree) -> tuple[Tree, str]:
        return Folder(folder), "a checkout"

    return open_


def _confirm(found: Refresh) -> None:
    say("\n".join(map(printable, found.difference.splitlines())), err=True)
    if not on_terminal():
        raise UsageError("nobody can be asked", "say --yes")
    if not typer.confirm(f"write {found.file.name}?", err=True):
        raise NoAnswer(ExitCode.REFUSED, "not-confirmed", "not confirmed: nothing was written")


def _answer(found: Refresh, *, written: bool) -> RefreshAnswer:
    return RefreshAnswer(
        file=str(found.file),
        changed=found.differs,
        written=written,
        unread=tuple(UnreadFileAnswer(file=e.file, line=e.line, reason=e.reason) for e in found.unread),
        difference=found.difference if found.differs else "",
    )


def _text(answer: RefreshAnswer, *, shown: bool) -> str:
    name = Path(answer.file).name
    if not answer.changed:
        return f"nothing to do: {name} says what the trees say"
    lines = [] if shown else [printable(each) for each in answer.difference.splitlines()]
    told = f"{name} was written" if answer.written else f"{name} would be written"
    return "\n".join([*lines, f"{told}; `ldmrelease trust agree` shows what follows from it"])
