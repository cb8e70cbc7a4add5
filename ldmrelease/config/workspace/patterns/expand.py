"""The workspace's file with its patterns made into plain entries, before anything else looks at it. Pure.

Every value that a pattern makes stands at the pattern's line, so that whatever is found wrong later is told there.
"""

from collections.abc import Mapping

from msgspec import Struct

from ldmrelease.config.workspace.pattern_schema import PatternTree
from ldmrelease.config.workspace.patterns import nodes
from ldmrelease.config.workspace.patterns.facts import RecordedTree
from ldmrelease.config.workspace.patterns.making import Made, Maker, Scope
from ldmrelease.config.workspace.patterns.places import PlacePatterns
from ldmrelease.config.workspace.patterns.repeats import RecordedTrees
from ldmrelease.config.workspace.schema import EnvironmentEntry, ProductEntry
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument, YamlNode
from ldmrelease.config.yaml.validation_messages import Path

_NAMED = ("products", "environments")
SECTIONS = frozenset({"trees", "patterns"})
"""What is not there any more when patterns have been made into entries."""


class Expanded(Struct, frozen=True):
    """The document without patterns, and what is wrong with these: those are left out.

    dropped: where they stand. made: by the path of what was made of a pattern, as what. recorded: the bytes of the
    file of recorded trees, where one was read.
    """

    document: YamlDocument
    problems: tuple[Problem, ...] = ()
    dropped: tuple[Path, ...] = ()
    made: dict[str, Made] = {}
    recorded: bytes | None = None


def expanded(document: YamlDocument, recorded: Mapping[str, RecordedTree]) -> Expanded:
    """Make the entries of every pattern. recorded: what the trees say, by their name in the document."""
    root = document.root
    if not isinstance(root.value, dict) or not ({*SECTIONS, *_NAMED} & root.value.keys()):
        return Expanded(document)
    problems: list[Problem] = []
    named: dict[str, PatternTree] = {}
    trees = RecordedTrees(document, named, recorded, problems.append)
    maker = Maker(document, trees, problems)
    for name, _, node in nodes.entries(nodes.child(root, "trees")):
        entry = maker.part(PatternTree, node, ("trees", name))
        if entry is not None:
            named[name] = entry
    _require(maker, root, "trees", dict, "write trees by name")
    trees.is_wrong = bool(problems)
    _require(maker, root, "patterns", list, "write a list of patterns")
    top = nodes.only(root, SECTIONS, without=True)
    products = nodes.child(root, "products")
    if products is not None and isinstance(products.value, dict):
        made = maker.named(products, ProductEntry, Scope(("products",), ("products",), {}))
        nodes.put(top, "products", root.keys["products"], made)
    _add_environments(maker, root, top)
    result = YamlDocument(document.file, document.data, top.value, top)
    return Expanded(result, tuple(problems), tuple(maker.dropped), maker.made)


def _add_environments(maker: Maker, root: YamlNode, top: YamlNode) -> None:
    """The environments with those of patterns, and with the places of patterns in them."""
    environments = nodes.child(root, "environments")
    found = nodes.mapping(environments or root, ())
    if environments is not None and isinstance(environments.value, dict):
        scope = Scope(("environments",), ("environments",), {})
        made = maker.named(environments, EnvironmentEntry, scope, within=False)
        found = nodes.mapping(made, [(name, place, _own(site)) for name, place, site in nodes.entries(made)])
        nodes.put(top, "environments", root.keys["environments"], found)
    elif environments is not None:
        # That it is no mapping is told later; of what environment a place is, is not known.
        maker.dropped.append(("patterns",))
        return
    places = PlacePatterns(maker, found, nodes.child(top, "products"))
    for index, each in enumerate(nodes.items(nodes.child(root, "patterns"))):
        places.add(each, ("patterns", index))


def _own(site: YamlNode) -> YamlNode:
    """A copy of an environment that places can be added to; what is no environment is left as it is."""
    if not isinstance(site.value, dict):
        return site
    own = nodes.mapping(site, nodes.entries(site))
    there = nodes.child(site, "applications")
    if there is not None and isinstance(there.value, dict):
        nodes.put(own, "applications", site.keys["applications"], nodes.mapping(there, nodes.entries(there)))
    return own


def _require(maker: Maker, root: YamlNode, key: str, kind: type, remedy: str) -> None:
    found = nodes.child(root, key)
    if found is not None and not isinstance(found.value, kind):
        maker.problems.append(maker.document.problem((key,), "has another shape", remedy))
        maker.dropped.append((key,))
