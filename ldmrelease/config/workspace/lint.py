"""Everything that will hurt, found in the files alone: what is wrong in them, and what nothing could be done with."""

from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from ldmrelease.config.policies.lacking_approvers import lacking_approvers
from ldmrelease.config.policies.load import SUFFIX
from ldmrelease.config.policies.reachability import unreachable
from ldmrelease.config.policies.references import Policies
from ldmrelease.config.policies.relaxations import relaxations
from ldmrelease.config.trust import Trust
from ldmrelease.config.workspace.check_lint import check_problems
from ldmrelease.config.workspace.folders import missing_folders
from ldmrelease.config.workspace.key_lint import key_problems
from ldmrelease.config.workspace.load import ReadFiles, read_parts, written
from ldmrelease.config.workspace.placeholders import placeholder_problems
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.trust_lint import trust_problems
from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.domain.topology import Topology

_OTHER_ENDINGS = (".yml", ".YML", ".YAML", ".json")


def lint(file: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with a workspace, and what will be missed when something is to be done; and notices of
    what its policies give up.
    """
    read = read_parts(file)
    root = file.resolve().parent
    found = list(_lint(read, root))
    if read.topology is not None and read.trust is not None and read.document is not None:
        told = [*read.problems, *found]
        found += _targets_not_agreed(read.topology, read.trust, read.document, told)
        found += _products_not_agreed(read.topology, read.trust, read.document, told)
        found += _checks_not_agreed(read.topology, read.trust, read.document, told)
        found += _notify_not_agreed(read, read.trust, read.document)
    every = [*read.problems, *(each for each in found if not read.left_out.concerns(each))]
    # A level whose file is not read is no level that nobody knows: the file's own finding says what to do.
    named = {f"no level {each.stem!r}" for each in _with_other_endings(_policies_folder(read, root))}
    every = [each for each in every if each.message not in named]
    return BadInput(read.told(every)).problems


def _lint(read: ReadFiles, root: Path) -> Iterator[Problem]:
    yield from _other_endings(_policies_folder(read, root))
    yield from relaxations(read.policies or {})
    if read.policies is not None and read.trust is not None:
        yield from _not_agreed(read.policies, read.trust, read.file)
    file, document = read.file, read.document
    if file is None or document is None:
        return
    yield from missing_folders(file, document, root)
    yield from placeholder_problems(file, document)
    trust_faults = [] if read.trust is None else list(trust_problems(read.trust, file, read.problems))
    yield from trust_faults
    if read.topology is not None:
        yield from check_problems(read.policies or {}, read.topology, document, root, read.trust)
    yield from key_problems(
        file, document, root, read.trust, read.policies or (), [*read.problems, *trust_faults]
    )
    if read.policies is not None and read.topology is not None and read.trust is not None:
        yield from lacking_approvers(read.policies, read.topology, read.trust)
    if read.parts is not None and not read.problems:
        yield from unreachable(read.parts.policies, read.parts.topology)


def _policies_folder(read: ReadFiles, root: Path) -> Path:
    return root / written(read.file, read.document, "policies")


def _with_other_endings(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*")) if folder.is_dir() else []
    return [each for each in found if each.suffix in _OTHER_ENDINGS]


def _other_endings(folder: Path) -> Iterator[Problem]:
    for path in _with_other_endings(folder):
        message = f"is not read: policy files end in {SUFFIX}"
        yield Problem(shown(path), message, remedy=f"rename it to {path.stem}{SUFFIX}")


def _not_agreed(policies: Policies, trust: Trust, file: WorkspaceFile | None) -> Iterator[Problem]:
    used = {*policies} if file is None else {*file.keys.receipts, *_levels(file)}
    # A policy that nothing here is for may be agreed later.
    unrecorded = [name for name in policies if name not in trust.policies and name in used]
    if unrecorded:
        names = ", ".join(unrecorded)
        remedy = "use `ldmrelease trust agree`, or write there: " + "; ".join(
            f"{name}: {{version: {policies[name][0].version}, digest: {policies[name][0].digest}}}"
            for name in unrecorded
        )
        message = f"does not record {names}, so what is decided by that is advisory only"
        yield trust.document.problem(("policies",), message, remedy, True)
    for level, document in policies.values():
        if level.name in trust.policies and not trust.agrees_with(level):
            remedy = (
                f"record version {level.version} and {level.digest} there, or use `ldmrelease trust agree`"
            )
            message = f"is not what {trust.document.file} records: advisory only until that is updated"
            yield document.problem(("metadata", "version"), message, remedy)


def _targets_not_agreed(
    topology: Topology, trust: Trust, document: YamlDocument, told: Iterable[Problem]
) -> Iterator[Problem]:
    """Environments whose targets nobody has agreed to; not where a field of them is known to be wrong."""
    faulty = {each.field.split(".")[1] for each in told if each.field.startswith("environments.")}
    unrecorded = [each for each in topology.environments if each not in trust.targets and each not in faulty]
    if unrecorded:
        names = ", ".join(unrecorded)
        message = f"does not record the targets of {names}: nothing is written or signed there until it does"
        remedy = "write them with `ldmrelease trust agree`"
        yield trust.document.problem(("targets",), message, remedy, at_key=True)
    for each in trust.targets.keys() & set(topology.environments):
        if each not in faulty and not trust.agrees_with_targets(topology, each):
            message = (
                f"its targets are not what {trust.document.file} records: nothing is written or signed there until "
                "that is updated"
            )
            digest = topology.target_digest(each)
            remedy = f"record `{each}: [{digest}]` there under targets, or use `ldmrelease trust agree`"
            yield document.problem(("environments", each), message, remedy, at_key=True)


def _products_not_agreed(
    topology: Topology, trust: Trust, document: YamlDocument, told: Iterable[Problem]
) -> Iterator[Problem]:
    faulty = _faulty(told, "products")
    names = [each.name for each in topology.products if each.name not in faulty]
    yield from _unrecorded("products", names, trust.products, trust, "nothing is signed about them")
    for each in topology.products:
        if each.name in names and each.name in trust.products and not trust.agrees_with_product(each):
            message = (
                f"is not what {trust.document.file} records: nothing is signed about it until that is updated"
            )
            remedy = (
                f"record `{each.name}: {each.digest}` there under products, or use `ldmrelease trust agree`"
            )
            yield document.problem(("products", each.name), message, remedy, at_key=True)


def _notify_not_agreed(read: ReadFiles, trust: Trust, document: YamlDocument) -> Iterator[Problem]:
    if read.notify is not None and read.notify.digest != trust.notify:
        message = f"is not what {trust.document.file} records: it is not run until that is updated"
        remedy = f"record `notify: {read.notify.digest}` there, or use `ldmrelease trust agree`"
        yield document.problem(("notify",), message, remedy, at_key=True)


def _checks_not_agreed(
    topology: Topology, trust: Trust, document: YamlDocument, told: Iterable[Problem]
) -> Iterator[Problem]:
    faulty = _faulty(told, "checks")
    names = [each.name for each in topology.checks if each.name not in faulty]
    yield from _unrecorded("checks", names, trust.checks, trust, "they are not run")
    for each in topology.checks:
        if each.name in names and each.name in trust.checks and not trust.agrees_with_check(each):
            files = trust.changed_files(each)
            what = f" ({', '.join(files)})" if files else ""
            message = f"is not what {trust.document.file} records{what}: it is not run until that is updated"
            remedy = "look at what was changed; `ldmrelease trust agree` records it"
            yield document.problem(("checks", each.name), message, remedy, at_key=True)


def _faulty(told: Iterable[Problem], part: str) -> set[str]:
    """The entries of a part of the workspace that have a wrong field: what would be recorded of them is not known."""
    return {each.field.split(".")[1] for each in told if each.field.startswith(f"{part}.")}


def _unrecorded(
    part: str, names: Iterable[str], known: Container[str], trust: Trust, holds: str
) -> Iterator[Problem]:
    lacking = [each for each in names if each not in known]
    if lacking:
        message = f"does not record {', '.join(lacking)}: {holds} until it does"
        yield trust.document.problem(
            (part,), message, "write them with `ldmrelease trust agree`", at_key=True
        )


def _levels(file: WorkspaceFile) -> Iterator[str]:
    for site in file.environments.values():
        yield from (each for each in (site.level, *(a.level for a in site.applications.values())) if each)
