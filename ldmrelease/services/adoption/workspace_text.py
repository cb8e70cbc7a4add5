"""A proposal as the text of a workspace, with the reasons as comments."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count, groupby

from msgspec import Struct

from ldmrelease.config.workspace.tree_questions import Files
from ldmrelease.services.adoption.alike import common_places
from ldmrelease.services.adoption.model import ProposedApplication, ProposedEnvironment, TreeProposal
from ldmrelease.services.adoption.pattern_text import pattern_lines, target_entry
from ldmrelease.services.adoption.product_text import product_lines
from ldmrelease.services.adoption.tree_patterns import PlacesPattern, tree_patterns
from ldmrelease.services.adoption.yaml_lines import YamlText, entry_lines, flow, quoted

_PRODUCTS = "# What is tagged together, and where its parts are found."
_TREES = "# The tree that patterns write to."
_PATTERNS = """\
# What is alike in several places: {environment} and {application} stand for their names. What the tree is asked is
# recorded in ldmrelease.trees.yaml (`ldmrelease workspace refresh`), and `ldmrelease workspace show --expanded` prints
# what it comes to."""
_CHECKS_TEXT = """\
# What policies may ask for. These are told by whoever ran them (`ldmrelease evidence sign`); make `smoke` a command of
# your own with `kind: command` and `command: [sh, checks/smoke.sh]`.
checks:
  smoke:
    kind: reported
    tests: [starts]
    deadline: 1d
  versions:
    kind: reported
    tests: [versions]
    deadline: 1d
"""
_NO_NAME = re.compile(r"[^a-z0-9_]+")
_LAST_RECEIPT = "    production: keys/receipts-production.pem\n"


class TreeOfWorkspace(Struct, frozen=True):
    """The tree that settings are written to: its repository as the workspace names it, its branch, and the commit that
    was read, or what else was."""

    repository: str
    branch: str
    commit: str = "a folder"


def workspace_text(
    empty: str, proposal: TreeProposal, tree: TreeOfWorkspace, files: Files | None = None
) -> str:
    """The workspace's file. empty: that of a workspace without products and environments. files: the scalars of a tree
    in Phalanx's shape, so that patterns ask it; None: they name their places."""
    head = empty[: empty.index(_PRODUCTS)]
    own = {each.level for site in proposal.environments for each in site.applications if each.level}
    receipts = "".join(
        f"    {each}: keys/receipts-{each}.pem\n" for each in sorted(own - _with_receipts(head))
    )
    head = head.replace(_LAST_RECEIPT, _LAST_RECEIPT + receipts)
    products = (
        "\n".join(["products:", *product_lines(proposal.products)]) if proposal.products else "products: {}"
    )
    asking: Sequence[PlacesPattern] = ()
    rest = proposal.environments
    if files is not None:
        found = tree_patterns(proposal.environments, files)
        asking, rest = found.patterns, found.rest
    patterns, rest = common_places(rest, singly=bool(asking))
    sites = list(environment_lines(rest, tree))
    environments = "\n".join(["environments:", *sites]) if sites else "environments: {}"
    if patterns or asking:
        levels = {each.name: each.level for each in proposal.environments}
        lines = list(pattern_lines(asking, patterns, levels))
        of_tree = flow({"tree": {"repository": tree.repository, "branch": tree.branch}})
        alike = "\n".join(lines)
        environments += f"\n\n{_TREES}\ntrees: {of_tree}\n\n{_PATTERNS}\npatterns:\n{alike}"
    return (
        f"{head}{_PRODUCTS} Adopted from {tree.repository}, branch {tree.branch}.\n{products}\n\n"
        f"{_CHECKS_TEXT}\n# Sites in the order of promotion, the level of each, and what runs there.\n"
        f"# trust.yaml has to put them at the same level.\n{environments}\n"
    )


def environment_lines(environments: tuple[ProposedEnvironment, ...], tree: TreeOfWorkspace) -> Iterator[str]:
    """The entries of environments that have applications."""
    filled = (each for each in environments if each.applications or each.is_used)
    for level, group in groupby(filled, key=lambda each: each.level):
        yield f"  # {level.capitalize()}."
        names = chain([level], (f"{level}-{number}" for number in count(2)))
        for (_, is_plain), own in groupby(group, key=lambda each: (each.reason, not each.applications)):
            sites = list(own)
            if is_plain and len(sites) > 1:
                yield from _alike_lines(sites, _NO_NAME.sub("_", next(names)))
            else:
                yield from (line for each in sites for line in _environment_lines(each, tree))


def _alike_lines(environments: Sequence[ProposedEnvironment], variable: str) -> Iterator[str]:
    """One entry for environments of which only the names differ."""
    first = environments[0]
    yield f"  # {first.reason}."
    names: YamlText = {variable: [each.name for each in environments]}
    yield from entry_lines(f"{{{variable}}}", {"for": names, "level": first.level}, 2)


def _environment_lines(environment: ProposedEnvironment, tree: TreeOfWorkspace) -> Iterator[str]:
    if not environment.applications:
        yield f"  {quoted(environment.name)}: {{level: {environment.level}}}  # {environment.reason}"
        return
    yield f"  {quoted(environment.name)}:"
    yield f"    level: {environment.level}  # {environment.reason}"
    yield "    applications:"
    for application in environment.applications:
        yield from application_lines(application, tree)


def application_lines(application: ProposedApplication, tree: TreeOfWorkspace) -> Iterator[str]:
    """The entry of an application."""
    entry: dict[str, YamlText] = {"level": application.level} if application.level is not None else {}
    entry["runs"] = list(application.components)
    entry["target"] = target_entry(application, {"repository": tree.repository, "branch": tree.branch})
    yield from entry_lines(application.name, entry, 6)


def _with_receipts(head: str) -> set[str]:
    """The levels that have a key for receipts already."""
    return {line.strip().partition(":")[0] for line in head.splitlines() if "keys/receipts-" in line}
