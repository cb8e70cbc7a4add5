"""What a trust document records of its workspace (policies, targets, products, checks), and where the two differ."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from ldmrelease.config.policies.load import policy_files, read_levels
from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.config.workspace.check_contents import notify_receivers, with_files
from ldmrelease.config.workspace.model import Notify
from ldmrelease.config.workspace.patterns.documents import workspace_document
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.topology import build_topology, level_of
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Check, Topology


class TrustChange(Struct, frozen=True):
    """A value of the trust document to be: `path` are its keys from the root, `before` is None where nothing is,
    `after` where it goes.
    """

    path: tuple[str, ...]
    before: Any
    after: Any


class Agreement(Struct, frozen=True):
    """What has to change in a trust document so that it records the workspace as it is; `levels` are all policies."""

    changes: tuple[TrustChange, ...]
    levels: tuple[str, ...]


def trust_file(file: Path) -> Path:
    """Where a workspace's trust document is, whatever is in it. Raises `BadInput`."""
    return file.resolve().parent / workspace_document(file)[0].trust


def used_levels(file: Path) -> tuple[str, ...]:
    """The levels of a workspace's environments and applications, whatever else is in it. Raises `BadInput`."""
    workspace, _ = workspace_document(file)
    return tuple(dict.fromkeys(recorded_levels(workspace).values()))


def agreement(file: Path, only: Collection[str] = ()) -> Agreement:
    """Compare a workspace with its trust document; `only` these policies, where any are named.

    The workspace may be one that no command accepts, since the two do not agree. Raises `BadInput` for files that
    cannot be read.
    """
    workspace, document = workspace_document(file)
    root = file.resolve().parent
    levels = {
        name: level for name, (level, _) in read_levels(policy_files(root / workspace.policies)).items()
    }
    trust = load_trust(root / workspace.trust)
    changes = [*_policies(trust, [each for name, each in levels.items() if not only or name in only])]
    if not only:
        changes += _environments(trust, workspace)
        topology = complete_topology(workspace, document, root)
        changes += [*_targets(trust, topology), *_products(trust, topology), *_checks(trust, topology)]
        changes += _notify(trust, notify_receivers(workspace, root, document))
    return Agreement(tuple(changes), tuple(levels))


def recorded_levels(file: WorkspaceFile) -> dict[str, str]:
    """The level of each environment, and of each application that differs from its environment's."""
    found: dict[str, str] = {}
    for environment, site in file.environments.items():
        if site.level is not None:
            found[environment] = site.level
        for name, entry in site.applications.items():
            level = level_of(site, entry)
            if level is not None and level != site.level:
                found[f"{environment}/{name}"] = level
    return found


def _policies(trust: Trust, levels: Collection[Level]) -> Iterator[TrustChange]:
    for level in levels:
        recorded = trust.policies.get(level.name)
        if recorded is None:
            after = {"version": level.version, "digest": level.digest}
            yield TrustChange(("policies", level.name), None, after)
            continue
        version, digest = recorded
        if version != level.version:
            yield TrustChange(("policies", level.name, "version"), version, level.version)
        if digest != level.digest:
            yield TrustChange(("policies", level.name, "digest"), digest, level.digest)


def _environments(trust: Trust, file: WorkspaceFile) -> Iterator[TrustChange]:
    wanted = recorded_levels(file)
    known = trust.levels | wanted
    # What the document says of an application alone goes before its environment's level.
    for environment, site in file.environments.items():
        for name, entry in site.applications.items():
            level, place = level_of(site, entry), f"{environment}/{name}"
            if level is not None and known.get(place, known.get(environment)) != level:
                wanted[place] = level
    for name, level in wanted.items():
        if trust.levels.get(name) != level:
            yield TrustChange(("environments", name), trust.levels.get(name), level)


def _targets(trust: Trust, topology: Topology) -> Iterator[TrustChange]:
    for each in topology.environments:
        if not trust.agrees_with_targets(topology, each):
            before = list(trust.targets[each]) if each in trust.targets else None
            yield TrustChange(("targets", each), before, [topology.target_digest(each)])
    # A gate does not open on a workspace that lacks what was agreed to: that is agreed to here.
    for each in sorted(trust.targets.keys() - set(topology.environments)):
        yield TrustChange(("targets", each), list(trust.targets[each]), None)


def _notify(trust: Trust, command: Notify | None) -> Iterator[TrustChange]:
    if command is not None and command.digest != trust.notify:
        yield TrustChange(("notify",), trust.notify, command.digest)


def complete_topology(file: WorkspaceFile, document: YamlDocument, root: Path) -> Topology:
    """The topology with what the files of its checks say. Raises `BadInput` where one of them cannot be read."""
    problems: list[Problem] = []
    topology = with_files(build_topology(file), root, document, problems)
    if problems:
        raise BadInput(problems)
    return topology


def recorded_products(topology: Topology) -> dict[str, str]:
    """What a trust document records of the products, as it is written there."""
    return {each.name: each.digest for each in topology.products}


def recorded_checks(topology: Topology) -> dict[str, dict[str, Any]]:
    """What a trust document records of the checks, as it is written there."""
    return {each.name: _check_entry(each) for each in topology.checks}


def _check_entry(check: Check) -> dict[str, Any]:
    files = check.read_files
    return {"digest": check.digest, **({"files": files} if files else {})}


def _products(trust: Trust, topology: Topology) -> Iterator[TrustChange]:
    for each in topology.products:
        if not trust.agrees_with_product(each):
            yield TrustChange(("products", each.name), trust.products.get(each.name), each.digest)


def _checks(trust: Trust, topology: Topology) -> Iterator[TrustChange]:
    for each in topology.checks:
        agreed, path = trust.checks.get(each.name), ("checks", each.name)
        if agreed is None:
            yield TrustChange(path, None, _check_entry(each))
            continue
        if agreed.digest != each.digest:
            yield TrustChange((*path, "digest"), agreed.digest, each.digest)
        for name, digest in each.read_files.items():
            if agreed.files.get(name) != digest:
                yield TrustChange((*path, "files", name), agreed.files.get(name), digest)
