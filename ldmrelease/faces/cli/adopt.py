"""`ldmrelease adopt`: a workspace for a GitOps tree that is there already."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.adoption import AdoptionAnswer, adoption_answer, baseline_answer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.refusals import refusal_words
from ldmrelease.answers.sentences.text import listed
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.errors import Unavailable
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app, on_terminal
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.adoption import adoption_text, baseline_problems, baseline_text, not_understood
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.adoption.additions import additions, additions_text
from ldmrelease.services.adoption.baseline import take_baseline
from ldmrelease.services.adoption.levels import LEVELS
from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.proposal import environment_levels, propose
from ldmrelease.services.adoption.source import OpenedTree, opened_tree
from ldmrelease.services.adoption.survey import survey
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace
from ldmrelease.services.adoption.write import write_workspace
from ldmrelease.services.context import wall_clock
from ldmrelease.services.deployments.checkpoints import require_newest
from ldmrelease.services.inventory.tree_images import DesiredTree
from ldmrelease.targets.results import Refusal
from ldmrelease.trees.registry import LAYOUTS

app = new_app()

_NEXT = "Next: read ldmrelease.yaml, then `ldmrelease workspace lint` and `ldmrelease doctor` in that folder."


@app.command(
    epilog=examples(
        "ldmrelease adopt ../gitops",
        "ldmrelease adopt https://github.com/lsst-sqre/phalanx --layout phalanx -C releases --yes",
        "ldmrelease adopt --baseline",
        "ldmrelease adopt ../gitops --no-render --level lab=commissioning --yes",
    )
)
def adopt(  # noqa: PLR0913, PLR0917 - its options
    ctx: typer.Context,
    repository: Annotated[
        str | None,
        typer.Argument(metavar="REPO", help="A checkout of the tree, or the URL of its repository."),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option("--branch", help="The branch that is deployed; else what is checked out, or main."),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option("--layout", metavar="|".join(LAYOUTS), help="The shape of the tree; else it is found."),
    ] = None,
    level: Annotated[
        list[str] | None,
        typer.Option("--level", metavar="ENV=LEVEL", help="The level of an environment; repeatable."),
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--directory", "-C", metavar="DIR", help="Where the workspace is written.")
    ] = None,
    render: Annotated[
        bool, typer.Option("--render/--no-render", help="Whether helm and kustomize are asked, if installed.")
    ] = True,
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="In a workspace: record what runs as found, and pin its releases."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    person: Annotated[str, typer.Option("--person", help="Whose the key `me` is.")] = "me",
    output: OutputOption = Output.text,
) -> None:
    """Look through a GitOps tree, and write a workspace for it with its keys and an empty ledger.

    Environments, applications, images and the lines that decide them are found by rendering where helm and kustomize
    are installed, and by reading else. Levels are proposed by name. What could not be understood is told with its
    file and line. Nothing that is there is overwritten: of a workspace that is there, what it lacks is shown.
    """
    folder = directory or ctx.find_root().obj or Path()
    if baseline:
        _take_baseline(ctx, repository, directory, output)
        return
    if repository is None:
        raise UsageError("no tree is named", "name a checkout, or the URL of a repository")
    levels = _levels(level or [])
    _check_layout(shape)
    with opened_tree(repository, branch, folder) as opened:
        if isinstance(opened, Refusal | Unavailable):
            raise UsageError(refusal_words(opened))
        found = survey(opened.tree, os.environ, render=render, shape=shape)
        if isinstance(found, Refusal):
            raise UsageError(
                "the tree has not that layout"
                if shape
                else "the tree has none of the layouts that are known",
                f"these are: {listed(list(LAYOUTS))}",
            )
        _check_environments(levels, found)
        known = (folder / FILE).exists()
        if on_terminal() and not yes and not known:
            levels = _asked_levels(found, levels)
        proposal = propose(opened.tree, found, levels)
        if known:
            _show_additions(folder, opened, found, proposal, output)
            return
        _finish(folder, opened, found, proposal, person=person, yes=yes, output=output)


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


def _take_baseline(
    ctx: typer.Context, repository: str | None, directory: Path | None, output: Output
) -> None:
    if repository is not None:
        raise UsageError("--baseline is about a workspace that is there", "leave REPO out")
    if directory is not None:
        ctx.find_root().obj = directory
    context = open_context_here(ctx)
    require_newest(context)
    answer = baseline_answer(take_baseline(context))
    emit(answer, output, lambda: baseline_text(answer))
    for line in baseline_problems(answer):
        say(line, err=True)
    raise typer.Exit(answer.exit_code)


def _finish(
    folder: Path,
    opened: OpenedTree,
    found: DesiredTree,
    proposal: TreeProposal,
    *,
    person: str,
    yes: bool,
    output: Output,
) -> None:
    answer = adoption_answer(str(folder.resolve()), opened, found, proposal)
    if output is Output.text:
        say(adoption_text(answer))
    for line in not_understood(answer):
        say(line, err=True)
    if not proposal.covered:
        raise UsageError("nothing in the tree can be written", "see above why")
    if not yes and not (on_terminal() and typer.confirm(f"Write a workspace into {folder.resolve()}?")):
        raise UsageError("nothing was written", "say --yes to write it")
    tree = TreeOfWorkspace(opened.repository, opened.branch)
    made = write_workspace(folder, proposal, tree, wall_clock(), person)
    written = tuple(str(each.relative_to(folder)) for each in made.written)
    done = adoption_answer(str(folder.resolve()), opened, found, proposal, written=written)
    emit(done, output, lambda: _written_text(done))


def _written_text(answer: AdoptionAnswer) -> str:
    files = [f"  {each}" for each in answer.written]
    return "\n".join(["", f"made a workspace in {printable(answer.folder)}", *files, "", _NEXT])


def _levels(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, sign, level = each.partition("=")
        if not (name and sign and level):
            raise UsageError(f"{each!r} is not ENV=LEVEL", "write it like --level lab=commissioning")
        if level not in LEVELS:
            raise UsageError(f"there is no level {level!r}", f"the levels are {listed(LEVELS)}")
        found[name] = level
    return found


def _check_layout(shape: str | None) -> None:
    if shape is not None and shape not in LAYOUTS:
        raise UsageError(f"there is no layout {shape!r}", f"known are {listed(list(LAYOUTS))}")


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
