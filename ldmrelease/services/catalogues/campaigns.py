"""The campaigns of a workspace: the files of its folder, each with its milestone."""

from collections.abc import Iterator
from pathlib import Path

from ldmrelease.config.campaigns import SUFFIX, read_campaign
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.domain.workspace_facts import CampaignFact
from ldmrelease.milestones.campaign import BoundCampaign
from ldmrelease.services.catalogues.catalogues import BadCatalogue, catalogues_of


def campaigns_of(workspace: Workspace) -> tuple[BoundCampaign, ...]:
    """All of them, by name. Raises `BadInput` with everything that is wrong in any file, and `BadCatalogue`."""
    found: list[BoundCampaign] = []
    problems: list[Problem] = []
    for file in _files(workspace):
        try:
            found.append(_bound(workspace, file))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return tuple(found)


def campaign_facts(workspace: Workspace) -> tuple[CampaignFact, ...]:
    """All of them as decisions rest on them: one that cannot be read says so, and keeps no other from it."""
    return tuple(_fact(workspace, each) for each in _files(workspace))


def _fact(workspace: Workspace, file: Path) -> CampaignFact:
    try:
        return _bound(workspace, file).fact()
    except BadInput:
        return CampaignFact(file.stem, "", "", problem="bad-file")
    except BadCatalogue:
        return CampaignFact(file.stem, "", "", problem="bad-catalogue")


def _bound(workspace: Workspace, file: Path) -> BoundCampaign:
    return read_campaign(file).bound(catalogues_of(workspace.root))


def _files(workspace: Workspace) -> Iterator[Path]:
    """Whatever leads out of the workspace's folder is none of its files."""
    root = workspace.root.resolve()
    for each in sorted((workspace.root / workspace.campaigns).glob(f"*{SUFFIX}")):
        if each.resolve().is_relative_to(root):
            yield each
