"""Policies for places that the default ones would let nothing into: not everything runs at every level."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from ldmrelease.config.policies.load import policy_files, read_levels
from ldmrelease.config.policies.reachability import closed_places
from ldmrelease.config.workspace.init import default_policies
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget
from ldmrelease.domain.topology import (
    Application,
    ComponentKind,
    ComponentSource,
    Place,
    Product,
    Topology,
)
from ldmrelease.services.adoption.levels import PRODUCTION
from ldmrelease.services.adoption.model import ProposedEnvironment, TreeProposal

FROM_DEVELOPMENT, STANDALONE = "from-development", "standalone"
_NEXT = {PRODUCTION: FROM_DEVELOPMENT}
"""Which level a place is put to that nothing can enter; else it is the one that asks for nothing before."""
_OF_ENVIRONMENTS = "\n  environments:\n"
_ENTRY = re.compile(r"^    ([A-Za-z0-9][A-Za-z0-9._-]*):\n", re.MULTILINE)
_SCHEMA = "# yaml-language-server: $schema=../.schemas/policy.json\n"
_LEVEL = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata:
  name: {name}
  version: 1
spec:
  accepts: [release, weekly, daily, candidate]
  enter:
    - id: images
      rule: images
{after}    - id: no-return
      rule: not-returned
  confirm:
    - id: smoke
      rule: check
      check: smoke
      about: release
      where: here
      max-age: 24h
"""
_AFTER = """\
    - id: ran-on-development
      rule: after
      level: development
      for: 1d
      waivable-by: [release-manager]
"""
_POLICIES = {
    FROM_DEVELOPMENT: "# What goes from development to production: it runs at no level between.\n"
    + _LEVEL.format(name=FROM_DEVELOPMENT, after=_AFTER),
    STANDALONE: "# What runs at no level before.\n" + _LEVEL.format(name=STANDALONE, after=""),
}


def with_reachable_levels(proposal: TreeProposal) -> tuple[TreeProposal, Mapping[str, bytes]]:
    """The proposal with a level of their own for applications that could never be entered, and all policies, by the
    names of their files."""
    own: dict[Place, str] = {}
    with TemporaryDirectory(prefix="ldmrelease-adopt-") as work:
        folder = Path(work)
        kept = {name: _without_others(data, proposal) for name, data in default_policies().items()}
        for name, data in (kept | _files(_POLICIES)).items():
            (folder / name).write_bytes(data)
        levels = read_levels(policy_files(folder))
    while closed := [
        each for each in closed_places(levels, _topology(proposal, own)) if own.get(each) != STANDALONE
    ]:
        for place in closed:
            level = own.get(place) or _level(proposal, place)
            own[place] = _NEXT.get(level, STANDALONE)
    used = {name: text for name, text in _POLICIES.items() if name in own.values()}
    environments = tuple(_with_levels(each, own) for each in proposal.environments)
    return replace(proposal, environments=environments), kept | _files(used)


def _without_others(policy: bytes, proposal: TreeProposal) -> bytes:
    """A policy without what it asks for in environments that are not of this tree."""
    names = {each.name for each in proposal.environments if each.applications}
    head, mark, rest = policy.decode().partition(_OF_ENVIRONMENTS)
    parts = _ENTRY.split(rest)
    # The first part is what stands before all entries, then name and text by turns.
    own = [
        f"    {name}:\n{text}" for name, text in zip(parts[1::2], parts[2::2], strict=True) if name in names
    ]
    return (head + "".join([mark, parts[0], *own] if own else [])).encode()


def _files(policies: Mapping[str, str]) -> dict[str, bytes]:
    return {f"{name}.yaml": (_SCHEMA + text).encode() for name, text in policies.items()}


def _level(proposal: TreeProposal, place: Place) -> str:
    return next(each.level for each in proposal.environments if each.name == place.environment)


def _with_levels(environment: ProposedEnvironment, own: Mapping[Place, str]) -> ProposedEnvironment:
    applications = tuple(
        replace(each, level=own.get(Place(environment.name, each.name), each.level))
        for each in environment.applications
    )
    return replace(environment, applications=applications)


def _topology(proposal: TreeProposal, own: Mapping[Place, str]) -> Topology:
    """The proposal as far as it says what can be entered."""
    products = tuple(
        Product(
            each.name,
            each.grammar,
            tuple(
                ComponentSource(one.name, ComponentKind.IMAGE, one.repository, "{image}")
                for one in each.components
            ),
        )
        for each in proposal.products
    )
    nowhere = ImageSettingsTarget(GitFile("", "", ""), ())
    applications = tuple(
        Application(
            place := Place(environment.name, each.name),
            own.get(place, each.level or environment.level),
            each.components,
            nowhere,
        )
        for environment in proposal.environments
        for each in environment.applications
    )
    return Topology(products, applications)
