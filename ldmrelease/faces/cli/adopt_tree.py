"""`ldmrelease adopt REPO`: a tree is looked through, and a workspace written for it or added to."""

import os
from collections.abc import Mapping
from pathlib import Path

import typer
from msgspec import Struct

from ldmrelease.answers.adoption import AdoptionAnswer, adoption_answer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.refusals import refusal_words
from ldmrelease.answers.sentences.text import listed
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.errors import Unavailable
from ldmrelease.faces.cli.options import UsageError, on_terminal
from ldmrelease.render.adoption import adoption_text, not_understood
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.adoption.additions import additions, additions_text
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
from ldmrelease.trees.registry import LAYOUTS

_NEXT = "Next: read ldmrelease.yaml, then `ldmrelease workspace lint` and `ldmrelease doctor` in that folder."
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
    with opened_tree(asked.repository, asked.branch, asked.folder) as opened:
        if isinstance(opened, Refusal | Unavailable):
            raise UsageError(refusal_words(opened))
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
            _show_additions(asked.folder, opened, found, proposal, output)
        else:
            _finish(asked, opened, found, proposal, output)


def _show_additions(
    folder: Path, opened: OpenedTree, found: DesiredTree, proposal: TreeProposal, output: Output
) -> None:
    """What the workspace that is there does not write: it is a person's, so what to add is shown, and not added."""
    workspace = load_workspace(folder / FILE)
    lacking = additions(proposal, workspace.topology)
    text = additions_text(lacking, TreeOfWorkspace(opened.repository, opened.branch))
    answer = adoption_answer(str(folder.resolve()), opened, found, proposal, added=text)
    for line in not_understood(answer):
        say(line, err=True)
    head = f"{FILE} lacks this; add it, then `ldmrelease trust agree`:"
    nothing = f"{FILE} has everything that is covered"
    emit(answer, output, lambda: f"{head}\n\n{text}" if text else nothing)


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
    tree = TreeOfWorkspace(opened.repository, opened.branch)
    made = write_workspace(asked.folder, proposal, tree, wall_clock(), asked.person)
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
