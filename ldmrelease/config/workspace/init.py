"""A new workspace: its file, policies, keys and trust document, empty or after a sample."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from msgspec import Struct

from ldmrelease.config.policies.cases import TESTS
from ldmrelease.config.policies.load import SUFFIX, load_levels, parse_level
from ldmrelease.config.trust import load_trust
from ldmrelease.config.trust_signatures import spell_signatures
from ldmrelease.config.workspace.agreement import (
    complete_topology,
    recorded_checks,
    recorded_levels,
    recorded_products,
)
from ldmrelease.config.workspace.file_schemas import schema_comment, schema_files
from ldmrelease.config.workspace.key_faults import IMPORTED_TYPES
from ldmrelease.config.workspace.model import FILE
from ldmrelease.config.workspace.patterns.documents import ReadWorkspace, workspace_document
from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import times
from ldmrelease.domain.events.kinds import BRIDGE, LEDGER, ME, OBSERVER, PROMOTER, RUNNER
from ldmrelease.domain.events.registry import role_types
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.topology import Topology
from ldmrelease.targets.yamledit.entries import block_text
from ldmrelease.trust.root_chain import with_signature
from ldmrelease.trust.signer import generate, load_signer

SAMPLES = ("simple", "rubin", "kubernetes")

_EMPTY = "empty"
_CASES = f"policies/{TESTS}/"
_EVERYWHERE = ["*"]
_IGNORED = "# Private keys and the ledger belong in no repository.\n/keys/\n/ledger.db*\n"
_HEAD = """\
# The trust document: whose keys count for what, which level each environment is at, how each is reached (`targets`),
# which products, checks and policies were agreed. `ldmrelease trust` keeps it: what was changed by hand counts once it
# is signed (`ldmrelease trust sign`).
"""

_SIGNATURES = "trust.signatures.json"

_ROLES = {
    "release-manager": sorted(role_types(ME)),
    "commissioning-manager": sorted(role_types(ME)),
    "runner": [*role_types(RUNNER), "check"],
    "observer": [*role_types(OBSERVER)],
    "promoter": [*role_types(PROMOTER)],
    "ledger": [*role_types(LEDGER)],
    "bridge": [*role_types(BRIDGE), *IMPORTED_TYPES],
    "ci": ["provenance", "sbom"],
    "scanner": ["vulnerabilities", "sbom", "vex"],
    "documentation": ["document", "compatibility"],
    "tester": ["verification"],
    "change-control-board": ["approval", "waiver", "review"],
}
_OF_POLICIES = frozenset(
    {"commissioning-manager", "scanner", "documentation", "tester", "change-control-board"}
)
"""Roles that are there where a policy names them."""
_STAKEHOLDERS = "stakeholder-"
"""How the roles begin of those who approve, and do nothing else."""
_KEYS = {
    "me": ["release-manager", "commissioning-manager", "documentation", "tester"],
    "runner": ["runner"],
    "observer": ["observer"],
    "promoter": ["promoter"],
    "ledger": ["ledger"],
    "bridge": ["bridge"],
    "ci": ["ci"],
}


class Initialised(Struct, frozen=True):
    """A new workspace: its file, and everything that was written."""

    file: Path
    written: tuple[Path, ...]


def init_workspace(
    folder: Path,
    sample: str | None,
    at: datetime,
    person: str = "me",
    change: Callable[[str], str] = lambda text: text,
    further: Mapping[str, bytes] | None = None,
    read: ReadWorkspace | None = None,
) -> Initialised:
    """Write a workspace into a folder, which is made where it is not there; the ledger is left to the caller.

    `sample` is one of `SAMPLES`, None for an empty workspace. The keys count from `at`; `person` is whose
    the key `me` is; `change` is made to the text of the workspace's file first; `further` are files beside it, by
    their path, such as `policies/standalone.yaml`; `read` is the workspace's file, where it was read from what is
    written here. Raises `BadInput` for an unknown sample and where a file that would be written is there already, and
    `OSError`; then there is nothing of it.
    """
    if sample is not None and sample not in SAMPLES:
        message, remedy = f"no sample {sample!r}", did_you_mean(sample, SAMPLES)
        raise BadInput([Problem(shown(folder), message, remedy=remedy)])
    files = dict(_files(sample or _EMPTY))
    files[FILE] = change(files[FILE].decode()).encode()
    if any(each.startswith("policies/") for each in further or {}):
        # Cases of other policies than these would fail.
        files = {name: data for name, data in files.items() if not name.startswith(_CASES)}
    files |= further or {}
    files |= schema_files()
    _refuse_existing(folder, [*files, "trust.yaml", _SIGNATURES, "keys", ".gitignore", "ledger.db"])
    with ExitStack() as undone:
        _write_files(folder, {**files, ".gitignore": _IGNORED.encode()}, undone)
        levels = list(load_levels(folder / "policies").values())
        _make_folder(folder / "keys", undone, mode=0o700)
        public: dict[str, str] = {}
        for name in (*_KEYS, *(f"receipts-{level.name}" for level in levels)):
            undone.callback((folder / "keys" / f"{name}.pem").unlink, missing_ok=True)
            public[name] = _make_key(folder / "keys" / f"{name}.pem")
        file, document = workspace_document(folder / FILE) if read is None else read
        topology = complete_topology(file, document, folder)
        trust = _trust(levels, recorded_levels(file), topology, public, not_before=at, person=person)
        _write_files(folder, {"trust.yaml": trust.encode()}, undone)
        _write_files(folder, {_SIGNATURES: _signed(folder / "trust.yaml", folder / "keys/me.pem")}, undone)
        undone.pop_all()
    made = [*files, ".gitignore", *(f"keys/{name}.pem" for name in public), "trust.yaml", _SIGNATURES]
    return Initialised(folder / FILE, tuple(folder / name for name in made))


def empty_workspace() -> str:
    """The file of a workspace without products and environments."""
    return dict(_files(_EMPTY))[FILE].decode()


def default_policies() -> dict[str, bytes]:
    """The four policies that come with the program, by file name."""
    return _yaml_files(_default_folder())


def default_levels() -> dict[str, Level]:
    """The same, read."""
    levels = (parse_level(data, name) for name, data in default_policies().items())
    return {each.name: each for each in levels}


def default_policy_cases() -> dict[str, bytes]:
    """The cases of the four policies, by file name."""
    return _yaml_files(_default_folder() / TESTS)


def _default_folder() -> Traversable:
    package = resources.files("ldmrelease")
    inside = package / "policies"
    # An installed package has them inside, a checkout beside it.
    return inside if inside.is_dir() else Path(str(package)).parent / "policies"


def _yaml_files(folder: Traversable) -> dict[str, bytes]:
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    return {each.name: each.read_bytes() for each in files if each.name.endswith(SUFFIX)}


def _files(sample: str) -> Iterator[tuple[str, bytes]]:
    """What is written as it is: a sample's own policies, or else the default ones."""
    folder = resources.files("ldmrelease.config") / "samples" / sample
    yield from _tree(folder, "")
    if not (folder / "policies").is_dir():
        for name, data in default_policies().items():
            yield f"policies/{name}", data
        for name, data in default_policy_cases().items():
            yield f"{_CASES}{name}", data


def _tree(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            yield from _tree(each, f"{prefix}{each.name}/")
        else:
            yield f"{prefix}{each.name}", each.read_bytes()


def _refuse_existing(folder: Path, names: list[str]) -> None:
    there = [name for name in names if os.path.lexists(folder / name)]
    if FILE in there:
        message, remedy = "there is a workspace already", "choose another folder"
        raise BadInput([Problem(shown(folder / FILE), message, remedy=remedy)])
    if there:
        remedy = "move it away, or choose another folder: nothing is overwritten"
        raise BadInput([Problem(shown(folder / name), "exists already", remedy=remedy) for name in there])


def _write_files(folder: Path, files: Mapping[str, bytes], undone: ExitStack) -> None:
    """Write files that are not there. undone: takes them away again, with the folders that were made for them."""
    for name, data in files.items():
        path = folder / name
        _make_folder(path.parent, undone)
        with path.open("xb") as file:
            undone.callback(path.unlink)
            file.write(data)


def _make_folder(path: Path, undone: ExitStack, mode: int = 0o777) -> None:
    if path.is_dir():
        return
    _make_folder(path.parent, undone)
    path.mkdir(mode=mode)
    undone.callback(path.rmdir)


def _make_key(path: Path) -> str:
    signer = generate()
    signer.write_key(path)
    return signer.public_pem


def _signed(document: Path, key: Path) -> bytes:
    """The first version, signed by the root key."""
    trust = load_trust(document)
    return spell_signatures(with_signature(trust.chain, trust.as_version, load_signer(key)))


def _trust(
    levels: list[Level],
    places: dict[str, str],
    topology: Topology,
    public: dict[str, str],
    *,
    not_before: datetime,
    person: str,
) -> str:
    document = {
        "apiVersion": "ldmrelease/v1alpha1",
        "kind": "Trust",
        "version": 1,
        "root": {"keys": ["me"], "threshold": 1},
        "policies": {each.name: {"version": each.version, "digest": each.digest} for each in levels},
        "environments": places,
        "targets": {each: [topology.target_digest(each)] for each in topology.environments},
        "products": recorded_products(topology),
        "checks": recorded_checks(topology),
        "roles": (roles := _roles(places, levels)),
        "keys": {
            name: {
                "person": person if name == "me" else name,
                "roles": [each for each in _KEYS.get(name, [name]) if each in roles],
                "not-before": times.spell(not_before),
                "public": pem,
            }
            for name, pem in public.items()
        },
    }
    return schema_comment("trust") + _HEAD + block_text(document)


def _roles(places: dict[str, str], levels: list[Level]) -> dict[str, dict[str, list[str]]]:
    asked = {role for level in levels for each in _requirements(level) for role in _roles_named(each)}
    stakeholders = sorted(each for each in asked if each.startswith(_STAKEHOLDERS))
    roles = {
        name: {"types": types, "environments": _EVERYWHERE, "repositories": _EVERYWHERE}
        for name, types in (*_ROLES.items(), *((each, ["approval"]) for each in stakeholders))
        if name not in _OF_POLICIES or name in asked
    }
    for level in (each.name for each in levels):
        # A key of one level's receipts says nothing about the environments of another.
        own = dict.fromkeys(place.partition("/")[0] for place, its in places.items() if its == level)
        environments = list(own) if places else _EVERYWHERE
        roles[f"receipts-{level}"] = {
            "types": ["receipt"],
            "environments": environments,
            "repositories": _EVERYWHERE,
        }
    return roles


def _roles_named(requirement: Requirement) -> Iterator[str]:
    """Everybody whom a requirement asks for, by role."""
    yield from requirement.waivable_by
    for key in ("by", "each", "vex_by"):
        yield from requirement.parameters.get(key) or ()


def _requirements(level: Level) -> Iterator[Requirement]:
    yield from (*level.enter, *level.confirm)
    for own in level.environments.values():
        yield from (*own.enter, *own.confirm)
