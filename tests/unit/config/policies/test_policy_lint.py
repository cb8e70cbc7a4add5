"""Everything that is wrong in policies and in their cases, in one go, each with its place."""

from pathlib import Path

import pytest

from ldmrelease.config.policies.policy_lint import lint_policies
from ldmrelease.config.yaml.problems import BadInput

LEVEL = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {{name: {name}, version: 1}}
spec:
  accepts: [release]
  enter:
{enter}
"""


def level(folder: Path, name: str, *enter: str) -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(LEVEL.format(name=name, enter="\n".join(f"    - {{{each}}}" for each in enter)))
    return file


def told(*named: Path) -> list[tuple[str, int | None, str, str]]:
    return [(Path(each.file).name, each.line, each.field, each.message) for each in lint_policies(named)]


def test_ids_are_looked_at_beside_whatever_else_is_wrong(tmp_path: Path) -> None:
    file = level(
        tmp_path,
        "a",
        "id: held, rule: not-returned",
        "id: soak, rule: after, level: a, for: 0s",
        "id: soak, rule: not-returned, colour: red",
    )
    assert told(file) == [
        ("a.yaml", 7, "spec.enter[0].id", "'held' is the id of something that every decision asks"),
        ("a.yaml", 8, "spec.enter[1].for", 'found "0s"'),
        ("a.yaml", 9, "spec.enter[2].id", "the requirement 'soak' stands twice, first on line 8"),
        ("a.yaml", 9, "spec.enter[2].colour", "unknown key"),
    ]
    found = lint_policies([file])
    assert all(each.column for each in found)
    assert [each.found for each in found] == ['"held"', '"0s"', '"soak"', '"colour"']


def test_levels_that_come_after_each_other_or_after_themselves_are_told_once(tmp_path: Path) -> None:
    level(tmp_path, "a", "id: x, rule: after, level: b")
    level(tmp_path, "b", "id: x, rule: after, level: c")
    level(tmp_path, "c", "id: x, rule: after, level: a")
    level(tmp_path, "d", "id: x, rule: after, level: d")
    level(tmp_path, "e", "id: x, rule: after, level: a")
    assert told(tmp_path) == [
        ("a.yaml", 7, "spec.enter[0].level", "circular `after`: a -> b -> c -> a"),
        (
            "d.yaml",
            7,
            "spec.enter[0].level",
            "a level cannot come after itself: whoever is first never enters",
        ),
    ]


def test_a_folder_describes_every_level_that_it_names_and_a_file_may_not(tmp_path: Path) -> None:
    file = level(
        tmp_path, "a", "id: x, rule: after, level: b", "id: y, rule: check, check: c, where: 'level:d'"
    )
    assert told(file) == []
    assert told(tmp_path) == [
        ("a.yaml", 7, "spec.enter[0].level", "no policy here describes the level 'b'"),
        ("a.yaml", 8, "spec.enter[1].where", "no policy here describes the level 'd'"),
    ]
    (tmp_path / "b.yaml").write_text("kind: Level\nmetadata: {name: d}\n")
    assert not [each for each in told(tmp_path) if "no policy" in each[3]], "b and d are there, though wrong"


def test_cases_are_looked_at_with_their_policies_and_by_themselves(tmp_path: Path) -> None:
    level(tmp_path, "a", "id: x, rule: not-returned")
    (tmp_path / "tests").mkdir()
    cases = tmp_path / "tests" / "a.yaml"
    cases.write_text(
        "apiVersion: ldmrelease/v1alpha1\nkind: PolicyTest\npolicy: ../a.yaml\n"
        "cases: [{name: it, with: {at: now}, expect: {verdict: maybe}}]\n"
    )
    wrong = [
        ("a.yaml", 4, "cases[0].with.at", 'found "now"'),
        ("a.yaml", 4, "cases[0].expect.verdict", 'found "maybe"'),
    ]
    assert told(tmp_path) == told(cases) == told(tmp_path / "tests") == wrong


def test_a_folder_without_policies_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no policy file"):
        lint_policies([tmp_path])
