"""An adopted tree's workspace, written: what `init` writes, with what was found in the tree."""

from datetime import datetime
from pathlib import Path

from ldmrelease.config.workspace.init import Initialised, init_workspace
from ldmrelease.ledger import create_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.policies import with_reachable_levels
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace, workspace_text

LEDGER = "ledger.db"
"""Where the file of an empty workspace has its ledger."""


def write_workspace(
    folder: Path, proposal: TreeProposal, tree: TreeOfWorkspace, at: datetime, person: str
) -> Initialised:
    """Write the workspace of a proposal, with keys, policies, trust and an empty ledger.

    Raises `BadInput`, having written nothing, where a file that would be written is there already.
    """
    reachable, policies = with_reachable_levels(proposal)
    made = init_workspace(
        folder, None, at, person, lambda empty: workspace_text(empty, reachable, tree), policies
    )
    create_ledger(
        str(made.file.resolve().parent / LEDGER), at=at, actor=person, projectors=PROJECTORS
    ).close()
    return made
