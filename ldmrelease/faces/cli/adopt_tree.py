"""`ldmrelease adopt REPO`: a tree is looked through, and a workspace written for it or added to."""

import os
from collections.abc import Mapping
from pathlib import Path

import typer
from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.answers.adoption import AdoptionAnswer, adoption_answer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.sentences.text import listed
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.errors import Unavailable
from ldmrelease.faces.cli.options import UsageError, confirmed, on_terminal
from ldmrelease.render.adoption import adoption_text, not_understood
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.adoption.appending import Appended, appended, with_known_levels, write_appended
from ldmrelease.services.adoption.levels import LEVELS
from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.proposal import environment_levels, propose
from ldmrelease.services.adoption.source import OpenedTree, opened_tree
from ldmrelease.services.adoption.survey import survey
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace
from ldmrelease.services.adoption.write import write_workspace
from ldmrelease.services.context import wall_clock
from ldmrelease.services.inventory.tree_images import DesiredTree
from ldmrelease.targets.results import Refusal
from ldmrelease.trees.parsed import ParsedTree
from ldmrelease.trees.registry import LAYOUTS

_NEXT = "Next: read ldmrelease.yaml, then `ldmrelease workspace lint` and `ldmrelease doctor` in that folder."
_ADD = f"Add this to {FILE}?"
_NOTHING_WRITTEN = "\ndry run: nothing was written"


class AskedAdoption(Struct, frozen=True):
    """What was typed: the tree and its branch, its shape where it was said, levels by environment, the environments
    that it is about (none: all), the folder of the workspace, whose the key `me` is, and what may be done."""

    repository: str
    branch: str | None
    shape: str | None
    levels: Mapping[str, str]
    environments: tuple[str, ...]
    folder: Path
    person: str
    render: bool
    yes: bool
    dry_run: bool


def adopt_tree(asked: AskedAdoption, output: Output) -> None:
    """Look through the tree, tell what was found, and write what may be written. Raises `UsageError`, `BadInput`."""
    with opened_tree(asked.repository, asked.branch, asked.folder) as found_there:
        if isinstance(found_there, Refusal | Unavailable):
            raise UsageError(refusal_words(found_there))
        opened = replace(found_there, tree=ParsedTree(found_there.tree))
        found = survey(
            opened.tree, os.environ, render=asked.render, shape=asked.shape, environments=asked.environments
        )
        if isinstance(found, Refusal):
            raise _refused(found, asked.shape)
        _check_environments(asked.levels, found)
        known = (asked.folder / FILE).exists()
        levels = asked.levels
        if on_terminal() and not (asked.yes or asked.dry_run or known):
            levels = _asked_levels(found, levels)
        proposal = propose(opened.tree, found, levels, asked.environments)
        if known:
            _add(asked, opened, found, proposal, output)
        else:
            _finish(asked, opened, found, proposal, output)


def _add(
    asked: AskedAdoption, opened: OpenedTree, found: DesiredTree, proposal: TreeProposal, output: Output
) -> None:
    """What the workspace that is there does not write: it is shown, and added where somebody says so."""
    workspace = load_workspace(asked.folder / FILE)
    known = with_known_levels(proposal, workspace.levels)
    named = TreeOfWorkspace(opened.repository, opened.branch, opened.commit)
    new = appended(asked.folder, known, workspace.topology, named, opened.tree)
    text = new.entries if new is not None else ""
    answer = adoption_answer(str(asked.folder.resolve()), opened, found, proposal, added=text)
    for line in not_understood(answer):
        say(line, err=True)
    if new is None:
        emit(answer, output, lambda: f"{FILE} has everything that is covered")
        return
    if output is Output.text:
        say(_lacks(new))
    writes = new.fault is None and not asked.dry_run and (asked.yes or (on_terminal() and confirmed(_ADD)))
    if writes:
        write_appended(asked.folder, new)
    done = replace(answer, written=tuple(sorted(new.files)) if writes else ())
    emit(done, output, lambda: _added_text(done, new.fault, asked))


def _lacks(new: Appended) -> str:
    if not new.entries:
        return f"{FILE} has everything that is covered, but for what its patterns read from the tree"
    return f"{FILE} lacks this:\n\n{new.entries}\n"


def _added_text(answer: AdoptionAnswer, fault: str | None, asked: AskedAdoption) -> str:
    if answer.written:
        return f"written: {', '.join(answer.written)}; read it, then `ldmrelease trust agree`"
    if fault is not None:
        return f"nothing was written: {fault}; put it where it is to be, then `ldmrelease trust agree`"
    if asked.dry_run:
        return "dry run: nothing was written"
    return "nothing was written; say --yes to add it"


def _finish(
    asked: AskedAdoption, opened: OpenedTree, found: DesiredTree, proposal: TreeProposal, output: Output
) -> None:
    answer = adoption_answer(str(asked.folder.resolve()), opened, found, proposal)
    if output is Output.text:
        say(adoption_text(answer))
    for line in not_understood(answer):
        say(line, err=True)
    if asked.dry_run:
        emit(answer, output, lambda: _NOTHING_WRITTEN)
        return
    if not proposal.covered:
        raise UsageError("nothing in the tree can be written", "see above why")
    _require_consent(asked)
    made = write_workspace(
        asked.folder,
        proposal,
        TreeOfWorkspace(opened.repository, opened.branch, opened.commit),
        opened.tree,
        wall_clock(),
        asked.person,
        asks_tree=found.layout == "phalanx",
    )
    written = tuple(str(each.relative_to(asked.folder)) for each in made.written)
    done = adoption_answer(str(asked.folder.resolve()), opened, found, proposal, written=written)
    emit(done, output, lambda: _written_text(done))


def _require_consent(asked: AskedAdoption) -> None:
    question = f"Write a workspace into {asked.folder.resolve()}?"
    if not asked.yes and not (on_terminal() and typer.confirm(question)):
        raise UsageError("nothing was written", "say --yes to write it, or --dry-run to look")


def _written_text(answer: AdoptionAnswer) -> str:
    files = [f"  {each}" for each in answer.written]
    return "\n".join(["", f"made a workspace in {printable(answer.folder)}", *files, "", _NEXT])


def _refused(refusal: Refusal, shape: str | None) -> UsageError:
    if refusal.code == "no-environment":
        known = listed(refusal.values["known"])
        return UsageError(f"the tree has no environment {refusal.values['environment']!r}", f"it has {known}")
    none = "the tree has not that layout" if shape else "the tree has none of the layouts that are known"
    return UsageError(none, f"these are: {listed(list(LAYOUTS))}")


def _check_environments(levels: Mapping[str, str], found: DesiredTree) -> None:
    unknown = [each for each in levels if each not in found.environments]
    if unknown:
        raise UsageError(
            f"the tree has no environment {unknown[0]!r}", f"it has {listed(found.environments)}"
        )


def _asked_levels(found: DesiredTree, levels: Mapping[str, str]) -> dict[str, str]:
    """The levels of environments whose name says nothing, as somebody at the terminal says them."""
    say(f"The tree has the layout {found.layout}; if that is wrong, stop here and say --layout.")
    said = dict(levels)
    for name, each in environment_levels(found, levels).items():
        while not each.known and said.get(name) not in LEVELS:
            said[name] = typer.prompt(f"Level of {name} ({listed(LEVELS)})", default=each.level)
    return said
