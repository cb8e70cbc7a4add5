"""An adopted tree's workspace, written: what `init` writes, with what was found in the tree."""

from datetime import datetime
from pathlib import Path

from ldmrelease.config.workspace.init import Initialised, empty_workspace, init_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.ledger import create_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.adoption.adopted_files import adopted_files
from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.policies import with_reachable_levels
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace
from ldmrelease.trees.files import Tree

LEDGER = "ledger.db"
"""Where the file of an empty workspace has its ledger."""


def write_workspace(
    folder: Path,
    proposal: TreeProposal,
    named: TreeOfWorkspace,
    tree: Tree,
    at: datetime,
    person: str,
    *,
    asks_tree: bool = False,
) -> Initialised:
    """Write the workspace of a proposal, with keys, policies, trust and an empty ledger.

    tree: what was read; asks_tree: whether it has the shape that patterns can ask it for places. Raises `BadInput`,
    having written nothing, where a file that would be written is there already.
    """
    reachable, policies = with_reachable_levels(proposal)
    adopted = adopted_files(empty_workspace(), reachable, named, tree, asks_tree=asks_tree)
    text = adopted.files[FILE].decode()
    further = {name: data for name, data in adopted.files.items() if name != FILE}
    further |= {f"policies/{name}": data for name, data in policies.items()}
    made = init_workspace(folder, None, at, person, lambda _empty: text, further, adopted.read)
    create_ledger(
        str(made.file.resolve().parent / LEDGER), at=at, actor=person, projectors=PROJECTORS
    ).close()
    return made
