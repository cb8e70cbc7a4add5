"""The workspace: `ldmrelease.yaml` and the files that it names, read and validated."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.policies.load import ReadLevels, policy_files, usable_levels
from ldmrelease.config.policies.references import Demands, Policies
from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.config.trust_signatures import signatures_file
from ldmrelease.config.workspace.check_contents import attempt, notify_receivers, with_files
from ldmrelease.config.workspace.check_template import template_file
from ldmrelease.config.workspace.gitops_schema import gitops_of
from ldmrelease.config.workspace.key_faults import key_files, key_places
from ldmrelease.config.workspace.model import LocalCheck, Notify, Workspace, WorkspaceInputs
from ldmrelease.config.workspace.patterns.documents import expanded_document, workspace_document
from ldmrelease.config.workspace.patterns.facts import trees_file
from ldmrelease.config.workspace.patterns.findings import told_once
from ldmrelease.config.workspace.patterns.making import Made
from ldmrelease.config.workspace.references import References
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.topology import build_topology
from ldmrelease.config.workspace.usable import LeftOut, Usable, usable_file, without
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.domain import canonical
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.ledger.registry import located
from ldmrelease.trust.signer import InAgent, KeyPlace


def load_workspace(file: Path) -> Workspace:
    """Read a workspace with its policies and its trust document.

    Raises `BadInput` with everything that is wrong in any of the files.
    """
    return read_workspace(file)[0]


def read_workspace(file: Path) -> tuple[Workspace, WorkspaceInputs]:
    """The workspace, and what it was read from. Raises `BadInput` as `load_workspace` does."""
    read = read_parts(file)
    if read.problems or read.parts is None:
        raise BadInput(read.told(read.problems))
    return _workspace(read.parts), _inputs(read.parts)


def policy_folder(file: Path) -> Path:
    """Where a workspace's policies are, whatever is in them. Raises `BadInput`."""
    return file.parent / workspace_document(file)[0].policies


class Parts(Struct, frozen=True):
    """The files of a workspace, read and found to agree. `trees` are the bytes of the file of recorded trees, where
    it was read."""

    file: WorkspaceFile
    document: read.YamlDocument
    root: Path
    path: Path
    policies: Policies
    trust: Trust
    topology: Topology
    notify: Notify | None
    trees: bytes | None = None


class ReadFiles(Struct, frozen=True):
    """What could be read of a workspace's files, and all that is wrong in them.

    `file`, `policies` and `topology` are without the entries that are wrong, of which those of the workspace's file are
    `left_out`; `parts` is None where anything is wrong.
    """

    problems: tuple[Problem, ...]
    file: WorkspaceFile | None = None
    document: read.YamlDocument | None = None
    policies: Policies | None = None
    trust: Trust | None = None
    topology: Topology | None = None
    notify: Notify | None = None
    parts: Parts | None = None
    left_out: LeftOut = LeftOut()
    made: dict[str, Made] = {}

    def told(self, problems: Iterable[Problem]) -> list[Problem]:
        """Problems as they are told: those of what one line of a pattern made as one."""
        return told_once(problems, self.made, "" if self.document is None else self.document.file)


def read_parts(path: Path) -> ReadFiles:
    """Read a workspace's file and all that it names, as far as each can be read."""
    problems: list[Problem] = []
    written_document = attempt(lambda: read.read(path), problems)
    patterns = None if written_document is None else expanded_document(path, written_document)
    problems.extend(() if patterns is None else patterns.problems)
    document, made = (None, {}) if patterns is None else (patterns.document, patterns.made)
    usable = Usable(None) if document is None else usable_file(document, patterns.dropped if patterns else ())
    problems.extend(usable.problems)
    file, root = usable.file, path.resolve().parent
    found = attempt(lambda: _policies(file, document, root), problems)
    policies = None if found is None else found.levels
    problems.extend(() if found is None else found.problems)
    trust = attempt(lambda: _trust(file, document, root), problems)
    if document is None or file is None or found is None:
        return ReadFiles(
            tuple(problems), file, document, policies, trust, left_out=usable.left_out, made=made
        )
    mistaken = list(References(file, document, found.names).problems())
    mistaken = [each for each in mistaken if not usable.left_out.concerns(each)]
    problems.extend(mistaken)
    rest = without(usable, mistaken)
    if rest.file is None:
        return ReadFiles(
            tuple(problems), file, document, found.levels, trust, left_out=rest.left_out, made=made
        )
    topology = with_files(build_topology(rest.file), root, document, problems)
    own = rest.file
    notify = attempt(lambda: notify_receivers(own, root, document), problems)
    problems.extend(
        each
        for each in (
            *Demands(found.levels, topology, trust).problems(),
            *(_placed(topology, trust, document) if trust is not None else ()),
        )
        if not rest.left_out.concerns(each)
    )
    parts = None
    if trust is not None and not problems:
        trees = None if patterns is None else patterns.recorded
        parts = Parts(file, document, root, path.resolve(), found.levels, trust, topology, notify, trees)
    return ReadFiles(
        tuple(problems), file, document, found.levels, trust, topology, notify, parts, rest.left_out, made
    )


def _policies(file: WorkspaceFile | None, document: read.YamlDocument | None, root: Path) -> ReadLevels:
    """The policies of the folder that the workspace names; of the usual one where its file cannot be used."""
    folder = root / written(file, document, "policies")
    if document is not None and not folder.is_dir():
        message, remedy = f"there is no folder {shown(folder)}", "name the folder of the policy files"
        raise BadInput([document.problem(("policies",), message, remedy)])
    return usable_levels(policy_files(folder))


def _trust(file: WorkspaceFile | None, document: read.YamlDocument | None, root: Path) -> Trust:
    path = root / written(file, document, "trust")
    if document is not None and not path.is_file():
        message, remedy = f"there is no file {shown(path)}", "name the trust document"
        raise BadInput([document.problem(("trust",), message, remedy)])
    return load_trust(path)


def written(file: WorkspaceFile | None, document: read.YamlDocument | None, field: str) -> str:
    """A path that the workspace's file names, its default where that cannot be used."""
    if file is not None:
        return str(getattr(file, field))
    plain = document.plain if document is not None and isinstance(document.plain, dict) else {}
    found = plain.get(field)
    return found if found and isinstance(found, str) else str(WorkspaceFile.model_fields[field].default)


def _placed(topology: Topology, trust: Trust, document: read.YamlDocument) -> Iterator[Problem]:
    """Places that the trust document puts at another level, or nowhere: those of one environment together."""
    if topology.applications and not trust.levels:
        message = f"is empty, and {document.file} has places"
        yield trust.document.problem(
            ("environments",), message, "write the level of each environment, as `summit: commissioning`"
        )
        return
    found: dict[tuple[str, str, str | None], list[Place]] = {}
    for each in topology.applications:
        agreed = trust.level_of(each.place)
        if agreed != each.level:
            found.setdefault((each.place.environment, each.level, agreed), []).append(each.place)
    for (environment, level, agreed), places in found.items():
        path = ("environments", environment, "applications", places[0].application)
        where = "nowhere" if agreed is None else f"at level {agreed!r}"
        message = f"is at level {level!r} here, and {trust.document.file} puts it {where}"
        entries = " and ".join(f"`{place}: {level}`" for place in places)
        yield document.problem(path, message, f"write {entries} there under environments", at_key=True)


def _workspace(parts: Parts) -> Workspace:
    file, root = parts.file, parts.root
    levels = {name: level for name, (level, _) in parts.policies.items()}
    return Workspace(
        root=root,
        file=parts.path,
        ledger=located(file.ledger, root),
        releases=file.releases,
        policies=root / file.policies,
        trust=root / file.trust,
        topology=parts.topology,
        levels=levels,
        documents={name: document.data for name, (_, document) in parts.policies.items()},
        keyring=parts.trust.keyring,
        keys=key_files(file.keys, root),
        agent_keys={
            purpose: each.which
            for purpose, each in key_places(file.keys, root).items()
            if isinstance(each, InAgent)
        },
        clock=file.clock,
        notify=_judged(parts.notify, parts.trust),
        gitops=gitops_of(file.gitops),
        insecure=tuple(file.insecure),
        document_path=file.documents,
        campaigns=root / file.campaigns,
        local_policies=tuple(
            name for name, level in sorted(levels.items()) if not parts.trust.agrees_with(level)
        ),
        local_environments=tuple(
            each
            for each in parts.topology.environments
            if not parts.trust.agrees_with_targets(parts.topology, each)
        ),
        absent_environments=tuple(sorted(parts.trust.targets.keys() - set(parts.topology.environments))),
        local_products=tuple(
            each.name for each in parts.topology.products if not parts.trust.agrees_with_product(each)
        ),
        local_checks=tuple(_local_checks(parts.topology, parts.trust)),
        trust_version=parts.trust.version,
        trust_digest=parts.trust.digest,
        trust_chain={each.version: each.digest for each in parts.trust.chain.versions},
        trust_fault=fault.detail if (fault := parts.trust.unsigned) is not None else "",
        trust_expires=parts.trust.expires,
    )


def _judged(notify: Notify | None, trust: Trust) -> Notify | None:
    return None if notify is None else replace(notify, agreed=trust.notify == notify.digest)


def _local_checks(topology: Topology, trust: Trust) -> Iterator[LocalCheck]:
    for each in topology.checks:
        if not trust.agrees_with_check(each):
            agreed = trust.checks.get(each.name)
            yield LocalCheck(each.name, agreed.digest if agreed else None, trust.changed_files(each))


def _inputs(parts: Parts) -> WorkspaceInputs:
    """The very bytes that were validated, not those that are there now."""
    folder = parts.root / parts.file.policies
    read = [(parts.path, parts.document.data), (parts.root / parts.file.trust, parts.trust.document.data)]
    read += [(folder / Path(each.file).name, each.data) for _, each in parts.policies.values()]
    files = {str(path): canonical.digest(data) for path, data in read}
    files |= {str(path): digest for path, digest in parts.trust.key_files.items()}
    if parts.trees is not None:
        files[str(trees_file(parts.path))] = canonical.digest(parts.trees)
    for check in parts.topology.checks:
        if check.document is not None:
            files[str(template_file(check, parts.root))] = check.document
    signatures = signatures_file(parts.root / parts.file.trust)
    if parts.trust.signatures is not None:
        files[str(signatures)] = parts.trust.signatures
    return WorkspaceInputs(
        files,
        str(folder),
        tuple(sorted(Path(each.file).name for _, each in parts.policies.values())),
        () if parts.trust.signatures is not None else (str(signatures),),
    )


def named_keys(file: Path) -> dict[str, Path]:
    """The private key files that the workspace of a file names, whatever else is in it. Raises `BadInput`."""
    return key_files(workspace_document(file)[0].keys, file.resolve().parent)


def named_clock(file: Path) -> datetime | None:
    """The time that a workspace's file names, whatever else is wrong with the workspace. Raises `BadInput`."""
    return workspace_document(file)[0].clock


def named_places(file: Path) -> dict[str, KeyPlace]:
    """The same with the keys that an ssh-agent holds."""
    return key_places(workspace_document(file)[0].keys, file.resolve().parent)
