"""Files of policy cases -> cases: read, merged and checked, everything that is wrong in one go."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from ldmrelease.config.policies.case_schema import (
    CASES_KIND,
    CaseEntry,
    CasesFile,
    ExpectEntry,
    GivenEntry,
)
from ldmrelease.config.policies.load import SUFFIX, read_level
from ldmrelease.config.policies.scenarios import Faults, scenario_of
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain import times
from ldmrelease.domain.decision import Outcome, Verdict
from ldmrelease.domain.level import Ask, Level, Recalled, Unmanaged
from ldmrelease.policy.builtin import IDS
from ldmrelease.policy.cases.verdicts import ExpectedDecision, ExpectedFinding, PolicyCase

_POLICY = "Level"
TESTS = "tests"
"""The folder of case files, inside that of the policies."""


class FileCase(Struct, frozen=True):
    """A case, and the line of its file on which it begins."""

    case: PolicyCase
    line: int


class CaseFile(Struct, frozen=True):
    """A file of cases, and the policy that they are about, with its document."""

    file: str
    level: Level
    policy: read.YamlDocument
    cases: tuple[FileCase, ...]


def case_files(directory: Path) -> tuple[Path, ...]:
    """The case files of a folder: those in its folder `tests`, or else its own. Raises `BadInput` for none.

    Whatever is no policy is one, so that none is passed over for a spelling error.
    """
    folder = directory / TESTS if (directory / TESTS).is_dir() else directory
    files = tuple(each for each in sorted(folder.glob(f"*{SUFFIX}")) if not holds_policy(each))
    if not files:
        message, remedy = f"no case file (*{SUFFIX}) is there", "name a file of cases, or its folder"
        raise BadInput([Problem(shown(folder), message, remedy=remedy)])
    return files


def holds_cases(path: Path) -> bool:
    """Whether a file is one of cases; one that cannot be read as YAML is asked for what it says of itself."""
    return _is_of(path, CASES_KIND)


def holds_policy(path: Path) -> bool:
    """Whether a file is a policy, in the same way."""
    return _is_of(path, _POLICY)


def _is_of(path: Path, kind: str) -> bool:
    try:
        plain = read.read(path).plain
    except BadInput:
        return f"kind: {kind}".encode() in path.read_bytes() if path.is_file() else False
    return isinstance(plain, dict) and plain.get("kind") == kind


def read_cases(paths: Iterable[Path]) -> tuple[CaseFile, ...]:
    """The cases of files. Raises `BadInput` with everything that is wrong in any of them, or in their policies."""
    found: list[CaseFile] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found.append(read_case_file(path))
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    return tuple(found)


def read_case_file(path: Path) -> CaseFile:
    """The cases of a file. Raises `BadInput`."""
    document = read.read(path)
    if isinstance(document.plain, dict) and document.plain.get("kind") == _POLICY:
        message, remedy = (
            "a policy, and no file of cases",
            f"name its cases, or the folder {shown(path.parent)}",
        )
        raise BadInput([Problem(document.file, message, remedy=remedy)])
    file = validate(CasesFile, document)
    policy = path.parent / file.policy
    if not policy.is_file():
        problem = document.problem(("policy",), f"there is no policy at {shown(policy)}", "name its file")
        raise BadInput([problem])
    level, policy_document = read_level(policy)
    faults = Faults(document)
    cases = tuple(_cases(file, document, level, faults))
    if faults.found:
        raise BadInput(faults.found)
    return CaseFile(document.file, level, policy_document, cases)


def merged(given: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7386): mappings are merged, null takes away, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(given) if isinstance(given, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def _cases(file: CasesFile, document: read.YamlDocument, level: Level, faults: Faults) -> Iterator[FileCase]:
    given = document.plain.get("given") or {}
    names: dict[str, int] = {}
    for index, entry in enumerate(file.cases):
        path = ("cases", index)
        line = document.where(path)[0]
        first = names.setdefault(entry.name, line)
        if first != line:
            faults.add((*path, "name"), f"the case {entry.name!r} stands twice, first on line {first}")
        whole = merged(given, document.plain["cases"][index].get("with") or {})
        entry_given = GivenEntry.model_validate(whole)
        before = len(faults.found)
        scenario = scenario_of(entry_given, faults.at((*path, "with"), ("given",)))
        _known(entry, level, faults, path)
        if scenario is not None and len(faults.found) == before:
            yield FileCase(PolicyCase(entry.name, scenario, _expected(entry.expect)), line)


def _known(entry: CaseEntry, level: Level, faults: Faults, path: tuple[str | int, ...]) -> None:
    """What is expected is of requirements that the policy has, anywhere, or that every decision has."""
    own = {each.id for each in (*level.enter, *level.confirm)}
    for added in level.environments.values():
        own |= {each.id for each in (*added.enter, *added.confirm)}
    for key, names in (("findings", entry.expect.findings), ("waivable-by", entry.expect.waivable_by)):
        for name in names or {}:
            if name not in own | IDS:
                faults.unknown(
                    (*path, "expect", key, name), "the policy has no such requirement", name, own | IDS
                )


def _expected(entry: ExpectEntry) -> ExpectedDecision:
    waivable = entry.waivable_by
    return ExpectedDecision(
        verdict=Verdict(entry.verdict),
        findings={
            name: ExpectedFinding(
                Outcome(each.outcome),
                each.code,
                None if each.when is None else times.spell(each.when),
                None if each.who is None else tuple(each.who),
            )
            for name, each in (entry.findings or {}).items()
        },
        waivable_by=None if waivable is None else {name: tuple(roles) for name, roles in waivable.items()},
        ask=None if entry.ask is None else Ask(entry.ask),
        availability=entry.availability,
        unmanaged=None if entry.unmanaged is None else Unmanaged(entry.unmanaged),
        recalled=None if entry.recalled is None else Recalled(entry.recalled),
    )


def cases_schema() -> dict[str, Any]:
    """The JSON Schema of a file of cases, with a description of every field."""
    return CasesFile.model_json_schema()
