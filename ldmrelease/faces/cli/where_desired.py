"""`ldmrelease where --desired`: which images a GitOps tree asks for."""

import os
from pathlib import Path

import typer
from msgspec import Struct

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.sentences.text import listed
from ldmrelease.answers.tree_images import desired_answers
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.config.yaml.suggestions import did_you_mean, nearest
from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.faces.cli.arguments import require_product
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.faces.cli.session import open_workspace
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.tree_images import desired_table, not_understood_lines
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.inventory.desired_selection import PlacedImage, UnknownImage, selected_images
from ldmrelease.services.inventory.managed import managed_places
from ldmrelease.services.inventory.settings_of_places import settings_of_places
from ldmrelease.services.inventory.tree_images import DesiredTree, TreeSource, desired, open_tree, sources
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal
from ldmrelease.trees.files import Folder, Tree
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.registry import layout

_Found = tuple[list[PlacedImage], list[NotUnderstood]]


class DesiredQuestion(Struct, frozen=True):
    """What is asked for: what was typed, of a product, in an environment or another target."""

    what: str | None = None
    product: str | None = None
    target: str | None = None


def tell_desired(
    ctx: typer.Context, folder: Path | None, asked: DesiredQuestion, output: Output, *, render: bool
) -> None:
    """Print what the trees of the workspace ask for, or the one in `folder`. Raises `UsageError`, typer.Exit."""
    if folder is not None:
        topology = None
        images, notes = _of_folder(folder, asked, render)
    else:
        workspace = open_workspace(ctx)
        topology = workspace.topology
        require_product(topology, asked.product)
        images, notes = _of_workspace(workspace, asked, render)
    chosen = selected_images(images, topology, asked.what, asked.product)
    if isinstance(chosen, UnknownImage):
        # It may be in what was not read.
        for line in not_understood_lines(notes):
            say(line, err=True)
        raise UsageError(
            f"{chosen.what!r} is no environment, application, product, release or image that the tree asks for",
            did_you_mean(chosen.what, chosen.known),
        )
    emit(desired_answers(chosen), output, lambda: desired_table(chosen))
    for line in not_understood_lines(notes):
        say(line, err=True)
    if notes:
        raise typer.Exit(ExitCode.UNDECIDED)


def _of_folder(folder: Path, asked: DesiredQuestion, render: bool) -> _Found:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", "name a checkout of the tree")
    if asked.product is not None:
        raise UsageError(
            "--product is one of a workspace", "leave out --tree, or name an image of the product"
        )
    environments = [asked.target] if asked.target else []
    found = desired(Folder(folder), environments, os.environ, render=render)
    if isinstance(found, Refusal):
        raise _refused(found)
    return [(each, None) for each in found.images], list(found.not_understood)


def _of_workspace(workspace: Workspace, asked: DesiredQuestion, render: bool) -> _Found:
    """What each tree asks for, with the places that manage it; of one in no known layout what its places read.

    One that cannot be opened, or that has not the environment, holds up the others as little as they it.
    """
    access = Access(workspace.root)
    listed_sources = sources(workspace.topology)
    if not listed_sources:
        raise UsageError("the workspace writes to no GitOps tree", "name one: --tree FOLDER")
    images: list[PlacedImage] = []
    notes: list[NotUnderstood] = []
    refused: list[UsageError] = []
    answered = False
    for source in listed_sources:
        found = _of_source(workspace.topology, access, source, asked, render)
        if isinstance(found, UsageError):
            refused.append(found)
        elif isinstance(found, NotUnderstood):
            notes.append(found)
            refused.append(UsageError(found.reason))
        else:
            answered = True
            images, notes = [*images, *found[0]], [*notes, *found[1]]
    if not answered:
        raise refused[0]
    return images, notes


def _of_source(
    topology: Topology, access: Access, source: TreeSource, asked: DesiredQuestion, render: bool
) -> _Found | NotUnderstood | UsageError:
    """What one tree asks for; else why it cannot be opened, or what is wrong with the question."""
    opened = open_tree(access, source)
    if isinstance(opened, Refusal | Unavailable):
        return NotUnderstood(public(source.repository), refusal_words(opened))
    one = desired(opened, [asked.target] if asked.target else [], os.environ, render=render)
    if isinstance(one, DesiredTree):
        placed = zip(one.images, _managed(topology, source, opened, one), strict=True)
        return list(placed), list(one.not_understood)
    if one.code != "no-layout":
        return _refused(one)
    try:
        return _of_places(topology, access, source, asked.target)
    except UsageError as error:
        return error


def _of_places(topology: Topology, access: Access, source: TreeSource, target: str | None) -> _Found:
    meant = applications_at(topology, None if target is None else as_target(topology, target))
    if isinstance(meant, UnknownTarget):
        raise UsageError(f"there is no place {meant.target!r}", did_you_mean(meant.target, meant.known))
    places = {each.place for each in meant}
    images: list[PlacedImage] = []
    notes: list[NotUnderstood] = []
    for found, place in settings_of_places(topology, access, source):
        if place not in places:
            continue
        if isinstance(found, TreeImage):
            images.append((found, place))
        else:
            reason = refusal_words(found)
            notes.append(NotUnderstood(source.repository, reason, None, place.environment, place.application))
    return images, notes


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
