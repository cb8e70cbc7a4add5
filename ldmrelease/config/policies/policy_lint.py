"""Everything that can be said of policies, and of their cases, by themselves."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ldmrelease.config.policies.cases import TESTS, case_files, holds_cases, holds_policy, read_cases
from ldmrelease.config.policies.level_order import circles, unknown_levels
from ldmrelease.config.policies.load import SUFFIX, policy_files, usable_levels
from ldmrelease.config.policies.relaxations import relaxations
from ldmrelease.config.yaml.problems import BadInput, Problem


def lint_policies(named: Iterable[Path]) -> tuple[Problem, ...]:
    """What is wrong in files of policies and of cases, or in folders of them, and notices of what policies give up.

    A folder is all there is: a level that a policy of it names has to be described there. Raises `BadInput` for a
    folder without any policy.
    """
    found: list[Problem] = []
    files: list[Path] = []
    for path in named:
        if path.is_dir() and not _has_cases_alone(path):
            policies = policy_files(path)
            files += policies
            found += _of_folder(policies)
            found += _of_cases(case_files(path) if (path / TESTS).is_dir() else ())
        elif path.is_dir() or holds_cases(path):
            found += _of_cases(case_files(path) if path.is_dir() else (path,))
        else:
            files.append(path)
    usable = usable_levels(dict.fromkeys(files))
    found += [*usable.problems, *relaxations(usable.levels), *circles(usable.levels)]
    return BadInput(found).problems


def _has_cases_alone(folder: Path) -> bool:
    files = list(folder.glob(f"*{SUFFIX}"))
    return any(map(holds_cases, files)) and not any(map(holds_policy, files))


def _of_folder(files: tuple[Path, ...]) -> Iterator[Problem]:
    usable = usable_levels(files)
    yield from unknown_levels(usable.levels, usable.names)


def _of_cases(files: Iterable[Path]) -> tuple[Problem, ...]:
    try:
        read_cases(files)
    except BadInput as error:
        return error.problems
    return ()
