"""`ldmrelease where --desired`: which images a GitOps tree asks for."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.refusals import refusal_words
from ldmrelease.answers.sentences.text import listed
from ldmrelease.answers.tree_images import desired_answers
from ldmrelease.config.yaml.suggestions import nearest
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.faces.cli.session import open_workspace
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.tree_images import desired_table, not_understood_lines
from ldmrelease.services.inventory.managed import managed_places
from ldmrelease.services.inventory.tree_images import DesiredTree, TreeSource, desired, open_tree, sources
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal
from ldmrelease.trees.files import Folder, Tree
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.registry import layout

_Managed = Callable[[DesiredTree], list[Place | None]]


def tell_desired(
    ctx: typer.Context, folder: Path | None, environment: str | None, output: Output, *, render: bool
) -> None:
    """Print what the trees of the workspace ask for, or the one in `folder`. Raises `UsageError`, typer.Exit."""
    images: list[tuple[TreeImage, Place | None]] = []
    notes: list[NotUnderstood] = []
    for tree, managed in _trees(ctx, folder):
        one = desired(tree, [environment] if environment else [], os.environ, render=render)
        if isinstance(one, Refusal):
            raise _refused(one)
        images += zip(one.images, managed(one), strict=True)
        notes += one.not_understood
    emit(desired_answers(images), output, lambda: desired_table(images))
    for line in not_understood_lines(notes):
        say(line, err=True)
    if notes:
        raise typer.Exit(ExitCode.UNDECIDED)


def _trees(ctx: typer.Context, folder: Path | None) -> Iterator[tuple[Tree, _Managed]]:
    """Each tree, and what tells which places manage its images."""
    if folder is not None:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a folder", "name a checkout of the tree")
        yield Folder(folder), lambda found: [None] * len(found.images)
        return
    workspace = open_workspace(ctx)
    listed_sources = sources(workspace.topology)
    if not listed_sources:
        raise UsageError("the workspace writes to no GitOps tree", "name one: --tree FOLDER")
    access = Access(workspace.root)
    for source in listed_sources:
        opened = open_tree(access, source)
        if isinstance(opened, Refusal | Unavailable):
            raise UsageError(refusal_words(opened))
        yield opened, partial(_managed, workspace.topology, source, opened)


def _managed(topology: Topology, source: TreeSource, tree: Tree, found: DesiredTree) -> list[Place | None]:
    return managed_places(topology, source, layout(found.layout).environments(tree), found.images)


def _refused(refusal: Refusal) -> UsageError:
    values = refusal.values
    if refusal.code == "no-layout":
        return UsageError(
            "the tree has none of the layouts that are known", f"these are: {listed(values['known'])}"
        )
    near = nearest(values["environment"], values["known"])
    hint = f"did you mean {near}?" if near else f"it has {listed(values['known'])}"
    return UsageError(f"the tree has no environment {values['environment']!r}", hint)
