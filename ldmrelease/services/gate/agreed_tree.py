"""What of a workspace nobody has agreed to: a change that alters it beside its tree is not judged by that."""

from collections.abc import Iterator

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.services.decisions.decide import unagreed
from ldmrelease.trees.interface import NotUnderstood


def not_agreed(workspace: Workspace) -> Iterator[NotUnderstood]:
    """Places, policies and products that are not as the trust document records them: what they say of a tree, and that
    they say nothing of it, leaves the gate shut."""
    file, trust = workspace.file.name, workspace.trust_name
    local = unagreed(workspace, [each.place for each in workspace.topology.applications])
    if local.document:
        yield NotUnderstood(trust, f"is not signed: {local.document}")
    for each in workspace.absent_environments:
        yield NotUnderstood(file, f"{trust} records the targets of {each}, which is not here", None, each)
    for each in local.environments:
        yield NotUnderstood(file, f"the targets of {each} are not those that {trust} records", None, each)
    for each in local.levels:
        yield NotUnderstood(file, f"the policy of {each} is not the one that {trust} records")
    for each in local.products:
        yield NotUnderstood(file, f"the product {each} is not the one that {trust} records")
