"""Workspaces of patterns, broken in one field: one finding, which leads there, however many entries were made."""

from pathlib import Path

from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.workspace.load import read_parts
from ldmrelease.config.workspace.model import FILE
from ldmrelease.config.yaml.problems import BadInput, Problem
from tests.broken_workspaces import Broken, broken, plain_of
from tests.unit.config.workspace.pattern_workspaces import PATTERNS, workspace

TEXT = f"""{PATTERNS}    except: [base/tap, {{environment: summit, application: mobu}}]
"""


def found_in(file: Path) -> list[Problem]:
    """What is wrong with the workspace's own file, but that nobody has agreed to it yet."""
    read = read_parts(file)
    problems = BadInput(read.told(read.problems)).problems
    return [each for each in problems if each.file.endswith(FILE) and "trust.yaml" not in each.message]


def leads_there(each: Broken, problem: Problem) -> bool:
    """Whether it is there, or beside it, where a name that is not there any more is used."""
    return problem.line is not None and each.lines[0] - 3 <= problem.line <= each.lines[1] + 3


def test_each_is_one_finding_at_its_place(tmp_path: Path) -> None:
    file = workspace(tmp_path, TEXT)
    assert found_in(file) == []
    every = list(broken(FILE, plain_of(file), ways=3))
    assert len(every) > 90
    wrong = []
    for each in every:
        file.write_text(each.text)
        lint(file)
        found = found_in(file)
        if len({(problem.message, problem.remedy) for problem in found}) > 1:
            wrong.append(f"{each}: {len(found)} findings: {found}")
        renamed = each.how == "renamed" and "did you mean" in str(found)
        if found and not renamed and not any(leads_there(each, problem) for problem in found):
            wrong.append(f"{each}: not led to: {found[0]}")
    assert wrong == [], "\n".join(wrong)
