"""The workspace: `ldmrelease.yaml` and the files that it names, read and validated."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.checks.files import TooManyFiles, check_files
from ldmrelease.config.policies.load import policy_files, read_levels
from ldmrelease.config.policies.references import Demands, Policies
from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.config.workspace.check_template import template_file, with_document
from ldmrelease.config.workspace.keys import SIGNS, how_to_make, key_fault
from ldmrelease.config.workspace.model import Workspace, WorkspaceInputs
from ldmrelease.config.workspace.references import References
from ldmrelease.config.workspace.schema import KeysEntry, WorkspaceFile
from ldmrelease.config.workspace.topology import build_topology
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain import canonical
from ldmrelease.domain.topology import Check, Topology

T = TypeVar("T")


def load_workspace(file: Path) -> Workspace:
    """Read a workspace with its policies and its trust document.

    Raises `BadInput` with everything that is wrong in any of the files.
    """
    return read_workspace(file)[0]


def read_workspace(file: Path) -> tuple[Workspace, WorkspaceInputs]:
    """The workspace, and what it was read from. Raises `BadInput` as `load_workspace` does."""
    parts, problems = _read(file)
    if parts is None or problems:
        raise BadInput(problems)
    return _workspace(parts), _inputs(parts)


def lint(file: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with a workspace, and what will be missed when something has to be signed."""
    parts, problems = _read(file)
    if parts is None or problems:
        return BadInput(problems).problems
    return BadInput([*_local(parts), *_keys(parts)]).problems


def policy_folder(file: Path) -> Path:
    """Where a workspace's policies are, whatever is in them. Raises `BadInput`."""
    return file.parent / validate(WorkspaceFile, read.read(file)).policies


class _Parts(Struct, frozen=True):
    """The files of a workspace, read and found to agree."""

    file: WorkspaceFile
    document: read.YamlDocument
    root: Path
    path: Path
    policies: Policies
    trust: Trust
    topology: Topology


def _read(path: Path) -> tuple[_Parts | None, list[Problem]]:
    problems: list[Problem] = []
    document = _attempt(lambda: read.read(path), problems)
    file = None if document is None else _attempt(lambda: validate(WorkspaceFile, document), problems)
    if document is None or file is None:
        return None, problems
    root = path.resolve().parent
    policies = _attempt(lambda: read_levels(policy_files(root / file.policies)), problems)
    trust = _attempt(lambda: load_trust(root / file.trust), problems)
    mistaken = list(References(file, document, policies).problems())
    problems.extend(mistaken)
    if policies is None or mistaken:
        return None, problems
    named = _with_files(build_topology(file), root, document, problems)
    problems.extend(Demands(policies, named, trust).problems())
    if trust is None:
        return None, problems
    problems.extend(_placed(named, trust, document))
    return _Parts(file, document, root, path.resolve(), policies, trust, named), problems


def _with_files(
    topology: Topology, root: Path, document: read.YamlDocument, problems: list[Problem]
) -> Topology:
    """The checks with what their templates and scripts say: bad ones are found before anything is run."""
    found = [_attempt(partial(with_document, each, root), problems) or each for each in topology.checks]
    checks = [_attempt(partial(_with_contents, each, root, document), problems) or each for each in found]
    return replace(topology, checks=tuple(checks))


def _with_contents(check: Check, root: Path, document: read.YamlDocument) -> Check:
    absent = [(index, each) for index, each in enumerate(check.files) if not (root / each).exists()]
    place = ("checks", check.name, "files")
    if absent:
        problems = [
            document.problem(
                (*place, index), f"{each} is not there", "name files and folders of the workspace"
            )
            for index, each in absent
        ]
        raise BadInput(problems)
    try:
        return replace(check, contents=check_files(check, root))
    except TooManyFiles as error:
        raise BadInput(
            [document.problem(place[:2], str(error), "name files instead of that folder")]
        ) from None
    except OSError as error:
        message = f"{error.filename} cannot be read: {error.strerror}"
        raise BadInput([document.problem(place[:2], message)]) from None


def _attempt(read: Callable[[], T], problems: list[Problem]) -> T | None:
    try:
        return read()
    except BadInput as error:
        problems.extend(error.problems)
        return None


def _placed(topology: Topology, trust: Trust, document: read.YamlDocument) -> Iterator[Problem]:
    """Places that the trust document puts at another level, or nowhere."""
    for each in topology.applications:
        agreed = trust.level_of(each.place)
        if agreed != each.level:
            path = ("environments", each.place.environment, "applications", each.place.application)
            found = "nowhere" if agreed is None else f"at level {agreed!r}"
            message = f"is at level {each.level!r} here, and {trust.document.file} puts it {found}"
            remedy = f"write `{each.place}: {each.level}` there under environments"
            yield document.problem(path, message, remedy, at_key=True)


def _local(parts: _Parts) -> Iterator[Problem]:
    for level, document in parts.policies.values():
        if not parts.trust.agrees_with(level):
            message = f"is not what {parts.trust.document.file} records: advisory only until that is updated"
            remedy = f"record version {level.version} and {level.digest} there"
            yield document.problem(("metadata", "version"), message, remedy)
    for each in parts.topology.environments:
        if not parts.trust.agrees_with_targets(parts.topology, each):
            trust = parts.trust.document.file
            message = f"its targets are not what {trust} records: advisory only until that is updated"
            digest = parts.topology.target_digest(each)
            remedy = f"record `{each}: [{digest}]` there under targets, or use `ldmrelease trust agree`"
            yield parts.document.problem(("environments", each), message, remedy, at_key=True)


def _keys(parts: _Parts) -> Iterator[Problem]:
    """Keys that what is done here will need: missing, unknown to the trust document, of the wrong kind or role."""
    files, now = _key_files(parts.file.keys, parts.root), parts.file.clock or datetime.now(UTC)
    levels = sorted({each.level for each in parts.topology.applications})
    for purpose in (*SIGNS, *(f"receipts/{each}" for each in levels)):
        path, where = files.get(purpose), ("keys", *purpose.split("/", 1))
        if path is None and not parts.topology.applications:
            continue
        if path is not None and not path.is_file():
            remedy = how_to_make(purpose, parts.trust.keyring)
            yield parts.document.problem(where, f"{shown(path)} is not there", remedy)
            continue
        fault = key_fault(path, purpose, parts.trust.keyring, now)
        if fault is not None and path is None:
            yield parts.document.problem(where[:1], f"no key for {purpose!r}", fault.remedy, at_key=True)
        elif fault is not None:
            yield parts.document.problem(where, fault.message, fault.remedy or None)


def _workspace(parts: _Parts) -> Workspace:
    file, root = parts.file, parts.root
    levels = {name: level for name, (level, _) in parts.policies.items()}
    return Workspace(
        root=root,
        file=parts.path,
        ledger=root / file.ledger,
        releases=file.releases,
        policies=root / file.policies,
        trust=root / file.trust,
        topology=parts.topology,
        levels=levels,
        documents={name: document.data for name, (_, document) in parts.policies.items()},
        keyring=parts.trust.keyring,
        keys=_key_files(file.keys, root),
        clock=file.clock,
        notify=tuple(file.notify or ()),
        insecure=tuple(file.insecure),
        local_policies=tuple(
            name for name, level in sorted(levels.items()) if not parts.trust.agrees_with(level)
        ),
        local_environments=tuple(
            each
            for each in parts.topology.environments
            if not parts.trust.agrees_with_targets(parts.topology, each)
        ),
        trust_version=parts.trust.version,
        trust_digest=parts.trust.digest,
    )


def _inputs(parts: _Parts) -> WorkspaceInputs:
    """The very bytes that were validated, not those that are there now."""
    folder = parts.root / parts.file.policies
    read = [(parts.path, parts.document.data), (parts.root / parts.file.trust, parts.trust.document.data)]
    read += [(folder / Path(each.file).name, each.data) for _, each in parts.policies.values()]
    files = {str(path): canonical.digest(data) for path, data in read}
    files |= {str(path): digest for path, digest in parts.trust.key_files.items()}
    for check in parts.topology.checks:
        if check.document is not None:
            files[str(template_file(check, parts.root))] = check.document
    return WorkspaceInputs(
        files, str(folder), tuple(sorted(Path(each.file).name for _, each in parts.policies.values()))
    )


def _key_files(keys: KeysEntry, root: Path) -> dict[str, Path]:
    own = {
        "me": keys.me,
        "runner": keys.runner,
        "observer": keys.observer,
        "promoter": keys.promoter,
        "ledger": keys.ledger,
    }
    receipts = {f"receipts/{level}": path for level, path in keys.receipts.items()}
    return {purpose: root / path for purpose, path in {**own, **receipts}.items() if path is not None}
