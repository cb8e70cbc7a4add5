"""The files of an adopted tree's workspace: its text, and what its patterns read from the tree.

Patterns stand there only if they make the very places that were proposed: that is tried before anything is written.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from ldmrelease.config.workspace.model import FILE
from ldmrelease.config.workspace.patterns.documents import ReadWorkspace, workspace_document
from ldmrelease.config.workspace.patterns.facts import FILE as TREES_FILE
from ldmrelease.config.workspace.topology import build_topology
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.targets import ImageSettingsTarget, MenuTarget
from ldmrelease.domain.topology import Topology
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace, workspace_text
from ldmrelease.services.inventory.tree_refresh import Refresh, refresh
from ldmrelease.trees.files import Tree
from ldmrelease.trees.parsed import TreeScalars

Made = tuple[str, str, str, frozenset[str], frozenset[str]]
"""An environment, an application, its level, what runs there, and the addresses that are written."""


class AdoptedFiles(Struct, frozen=True):
    """The files of a workspace by name: its own, and that of what its patterns read, if they read anything. read: its
    own as it was read from these bytes, where it was."""

    files: dict[str, bytes]
    read: ReadWorkspace | None = None


def adopted_files(
    empty: str, proposal: TreeProposal, named: TreeOfWorkspace, tree: Tree, *, asks_tree: bool
) -> AdoptedFiles:
    """The files of the workspace of a proposal.

    empty: the file of a workspace without products and environments; asks_tree: whether the tree has the shape that
    patterns can ask it for their places.
    """
    if asks_tree:
        text = workspace_text(empty, proposal, named, TreeScalars(tree))
        found = _with_recorded(text, named, tree)
        read = read_as_proposed(found, proposal)
        if read is not None:
            return AdoptedFiles(found, read)
    return AdoptedFiles(_with_recorded(workspace_text(empty, proposal, named), named, tree))


def _with_recorded(text: str, named: TreeOfWorkspace, tree: Tree) -> dict[str, bytes]:
    files = {FILE: text.encode()}
    with TemporaryDirectory(prefix="ldmrelease-adopt-") as work:
        file = Path(work) / FILE
        file.write_text(text)
        found = refresh(file, lambda _asked: (tree, named.commit))
    if isinstance(found, Refresh) and found.asked:
        files[TREES_FILE] = found.after.encode()
    return files


def read_as_proposed(files: dict[str, bytes], proposal: TreeProposal) -> ReadWorkspace | None:
    """The workspace of these files, if its patterns make what was proposed, and nothing else; None where not."""
    with TemporaryDirectory(prefix="ldmrelease-adopt-") as work:
        for name, data in files.items():
            (Path(work) / name).write_bytes(data)
        try:
            read = workspace_document(Path(work) / FILE)
        except BadInput:
            return None
    made = _made(build_topology(read[0]))
    return read if sorted(made, key=str) == sorted(_proposed(proposal), key=str) else None


def _made(topology: Topology) -> Iterator[Made]:
    for each in topology.applications:
        written: list[str] = []
        if isinstance(each.target, ImageSettingsTarget):
            written = [address for setting in each.target.settings for address in setting.written]
        elif isinstance(each.target, MenuTarget):
            written = [each.target.path]
        file = getattr(each.target.location, "file", "")
        whole = frozenset(_whole(address, file) for address in written)
        yield each.place.environment, each.place.application, each.level, frozenset(each.runs), whole


def _proposed(proposal: TreeProposal) -> Iterator[Made]:
    for site in proposal.environments:
        for each in site.applications:
            written = {address.within("") for one in each.settings for address in one.selector.written}
            if each.menu is not None:
                written = {f"{each.file}#{each.menu.path}"}
            yield (
                site.name,
                each.name,
                each.level or site.level,
                frozenset(each.components),
                frozenset(written),
            )


def _whole(address: str, file: str) -> str:
    found = ValueAddress.of(address)
    return f"{found.file or file}#{found.path}"
