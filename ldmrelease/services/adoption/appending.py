"""What a tree has that is new, put into the workspace that is there: entries at the ends of its products, environments
and patterns. All other lines stay as they are, comments and order included."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.replacement import Replacement, replace_files
from ldmrelease.config.workspace.model import FILE
from ldmrelease.config.workspace.pattern_schema import PatternTree
from ldmrelease.config.workspace.patterns.asked import asked_trees
from ldmrelease.config.workspace.patterns.documents import workspace_document
from ldmrelease.config.workspace.patterns.facts import FILE as TREES_FILE
from ldmrelease.config.workspace.patterns.facts import recorded_trees, trees_file, trees_text
from ldmrelease.config.workspace.topology import build_topology
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.config.yaml.read import parse
from ldmrelease.domain.topology import Topology
from ldmrelease.services.adoption.additions import additions
from ldmrelease.services.adoption.alike import common_places
from ldmrelease.services.adoption.model import ProposedApplication, ProposedEnvironment, TreeProposal
from ldmrelease.services.adoption.pattern_text import pattern_lines
from ldmrelease.services.adoption.policies import with_reachable_levels
from ldmrelease.services.adoption.product_text import product_lines
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace, environment_lines
from ldmrelease.services.adoption.yaml_lines import flow, quoted
from ldmrelease.services.inventory.tree_refresh import record_of
from ldmrelease.trees.files import Tree

_TOP = re.compile(r"[^\s#]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Appended(Struct, frozen=True):
    """A workspace with what is new in its tree: its files by name, as they would be, and as they were read; the entries
    that were added; and why they cannot be added, None where they can."""

    files: dict[str, bytes]
    entries: str
    fault: str | None = None
    before: dict[str, bytes] = {}


def appended(
    folder: Path, proposal: TreeProposal, topology: Topology, named: TreeOfWorkspace, tree: Tree
) -> Appended | None:
    """What is new, and the files with it; None where nothing is. Nothing is written.

    folder: the workspace's; topology: what it writes now; named: the tree as the workspace would name it.
    """
    read_before = {
        name: (folder / name).read_bytes() for name in (FILE, TREES_FILE) if (folder / name).is_file()
    }
    lacking = additions(proposal, topology)
    if not (lacking.products or any(each.applications for each in lacking.environments)):
        return None
    sections = _Sections(read_before[FILE].decode())
    # What patterns ask of the tree may have the rest of it, once its products are known.
    sections.add("products", product_lines(lacking.products))
    known = _loaded(sections.text, folder, named, tree)
    before = known[0] if known is not None else topology
    lacking = replace(additions(proposal, before), products=lacking.products)
    places = list(_places(lacking.environments, before))
    there = set(_environment_names(folder, before))
    new = [each for each in places if each.applications and each.name not in there]
    sites = tuple(replace(each, applications=(), is_used=True) for each in new)
    sections.add("environments", environment_lines(sites, named))
    levels = {each.name: each.level for each in places}
    sections.add_items("patterns", pattern_lines((), common_places(places, singly=True)[0], levels), named)
    entries = "\n".join(sections.added)
    made = _loaded(sections.text, folder, named, tree)
    if made is None:
        return Appended({}, entries, "with these entries it would be no workspace any more")
    if not _has_all_of(made[0], before):
        return Appended({}, entries, "with these entries it would write something else than before")
    written = {FILE: sections.text.encode()} if entries else {}
    return Appended(written | made[1], entries, before=read_before)


def write_appended(folder: Path, new: Appended) -> None:
    """Write the files in place of what is there, all or none. Raises `FileChanged`.

    What the trees said is first: with it the workspace of before can be read, too, should this be cut in between.
    """
    names = sorted(new.files, key=lambda name: name != TREES_FILE)
    replace_files([Replacement(folder / name, new.before.get(name), new.files[name]) for name in names])


def with_known_levels(proposal: TreeProposal, levels: Collection[str]) -> TreeProposal:
    """A proposal for a workspace that has these levels: what has one of its own that is none of them is at that of its
    environment."""
    reachable, _ = with_reachable_levels(proposal)
    environments = tuple(
        replace(
            site,
            applications=tuple(
                each if each.level in levels else replace(each, level=None) for each in site.applications
            ),
        )
        for site in reachable.environments
    )
    return replace(reachable, environments=environments)


class _Sections:
    """The text of a workspace, to whose sections entries are added. Its lines keep their ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.added: list[str] = []
        self._end = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"

    def add(self, key: str, lines: Iterable[str]) -> None:
        """Add entries at the end of a section, which is made where there is none."""
        own = list(lines)
        if not own:
            return
        self.added += [f"{key}:", *own]
        new = [f"{each}{self._end}" for each in own]
        listed = _LINE.findall(self.text)
        if listed and not listed[-1].endswith("\n"):
            listed[-1] += self._end
        at = next((index for index, line in enumerate(listed) if line.startswith(f"{key}:")), None)
        if at is None:
            self.text = "".join([*listed, self._end, f"{key}:{self._end}", *new])
            return
        if re.fullmatch(rf"{key}:\s*(\{{\}}|\[\])\s*", listed[at]):
            listed[at] = f"{key}:{self._end}"
        end = _end_of(listed, at)
        self.text = "".join([*listed[:end], *new, *listed[end:]])

    def add_items(self, key: str, lines: Iterable[str], named: TreeOfWorkspace) -> None:
        """Add places to the patterns, and the tree that they are in where the workspace does not name it."""
        own = list(lines)
        if not own:
            return
        names = _trees(self.text)
        tree = next((name for name, each in names.items() if each == (named.repository, named.branch)), None)
        if tree is None:
            tree = next(each for each in _tree_names() if each not in names)
            where = {"repository": named.repository, "branch": named.branch}
            self.add("trees", [f"  {quoted(tree)}: {flow(where)}"])
        if len(_trees(self.text)) > 1:
            own = [_with_tree(line, tree) for line in own]
        self.add(key, own)


def _tree_names() -> Iterator[str]:
    yield "tree"
    yield from (f"tree-{number}" for number in count(2))


def _end_of(lines: Sequence[str], start: int) -> int:
    """Where a section ends: blank lines and comments before the next one are that one's."""
    end = next((at for at in range(start + 1, len(lines)) if _TOP.match(lines[at])), len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _trees(text: str) -> dict[str, tuple[str, str]]:
    try:
        plain = parse(text.encode(), FILE).plain
    except BadInput:
        return {}  # it is no workspace, and that is told of all of it
    found = plain.get("trees") if isinstance(plain, dict) else None
    entries = {name: PatternTree.model_validate(each) for name, each in (found or {}).items()}
    return {name: (each.repository, each.branch) for name, each in entries.items()}


def _with_tree(line: str, tree: str) -> str:
    """An entry that says which tree it is in, where it begins."""
    if line.startswith("  - {"):
        return line.replace("  - {", f"  - {{tree: {quoted(tree)}, ", 1)
    return line.replace("  - ", f"  - tree: {quoted(tree)}\n    ", 1) if line.startswith("  - ") else line


def _places(environments: Iterable[ProposedEnvironment], topology: Topology) -> Iterator[ProposedEnvironment]:
    """What is lacking, under names that no place has."""
    taken = {(each.place.environment, each.place.application) for each in topology.applications}
    for site in environments:
        own = tuple(_renamed(site.name, each, taken) for each in site.applications)
        yield replace(site, applications=own)


def _renamed(
    environment: str, application: ProposedApplication, taken: set[tuple[str, str]]
) -> ProposedApplication:
    """An application of its own beside one that is there: what that one is written with is a person's to say."""
    names = [application.name, *(f"{application.name}-{number}" for number in range(2, 1000))]
    name = next(each for each in names if (environment, each) not in taken)
    return replace(application, name=name)


def _environment_names(folder: Path, topology: Topology) -> Iterator[str]:
    yield from (each.place.environment for each in topology.applications)
    try:
        yield from workspace_document(folder / FILE)[0].environments
    except BadInput:
        return


def _loaded(
    text: str, folder: Path, named: TreeOfWorkspace, tree: Tree
) -> tuple[Topology, dict[str, bytes]] | None:
    """A workspace's topology with what its patterns would read now, and the file of that; None where it is none."""
    with TemporaryDirectory(prefix="ldmrelease-adopt-") as work:
        file = Path(work) / FILE
        file.write_bytes(text.encode())
        found: dict[str, bytes] = {}
        try:
            # What other trees said is kept.
            trees = recorded_trees(trees_file(folder / FILE))
            for each in asked_trees(file):
                if (each.repository, each.branch) == (named.repository, named.branch) and each.questions:
                    trees[each.name] = record_of(each, tree, named.commit, [])
            if trees:
                found[TREES_FILE] = trees_text(trees).encode()
                trees_file(file).write_bytes(found[TREES_FILE])
            return build_topology(workspace_document(file)[0]), found
        except BadInput:
            return None


def _has_all_of(topology: Topology, before: Topology) -> bool:
    """Whether every place of before is there, as it was."""
    now = {each.place: each for each in topology.applications}
    return all(now.get(each.place) == each for each in before.applications)
