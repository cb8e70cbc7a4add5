"""Files of cases: read strictly, merged, and told all at once what is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.config.policies.cases import case_files, merged, read_cases
from ldmrelease.config.workspace.init import SAMPLES, default_policies, default_policy_cases, init_workspace
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.services.decisions.policy_tests import mutate, play

HERE = Path(__file__).parents[4]
SHIPPED = [HERE / "policies", HERE / "ldmrelease" / "config" / "samples" / "simple" / "policies"]

_AT = datetime(2024, 1, 1, tzinfo=UTC)
POLICY = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: one, version: 1}
spec:
  accepts: [release]
  enter:
    - {id: images, rule: images, platforms: [linux/amd64]}
"""
HEAD = """\
apiVersion: ldmrelease/v1alpha1
kind: PolicyTest
policy: ../one.yaml
"""


def cases(folder: Path, text: str, policy: str = POLICY) -> Path:
    """A policy, and a file of its cases."""
    (folder / "tests").mkdir()
    (folder / "one.yaml").write_text(policy)
    file = folder / "tests" / "one.yaml"
    file.write_text(HEAD + text)
    return file


def problems(file: Path) -> list[tuple[int | None, str, str]]:
    with pytest.raises(BadInput) as raised:
        read_cases([file])
    return [(each.line, each.field, each.message) for each in raised.value.problems]


@pytest.mark.parametrize("folder", SHIPPED, ids=["default", "simple"])
def test_the_policies_that_come_with_the_program_pass_their_cases(folder: Path) -> None:
    played = list(play(read_cases(case_files(folder))))
    assert {each.level for each in played} == {each.stem for each in folder.glob("*.yaml")}
    assert [
        (each.result.case.name, each.result.differences) for each in played if not each.result.passed
    ] == []


@pytest.mark.parametrize("folder", SHIPPED, ids=["default", "simple"])
def test_with_any_clause_of_them_removed_or_loosened_a_case_fails(folder: Path) -> None:
    tried = list(mutate(read_cases(case_files(folder))))
    assert len(tried) > 50
    survived = [(each.file, each.line, each.mutant.requirement, each.mutant.code, each.mutant.word)
                for each in tried if each.found_by is None]  # fmt: skip
    assert survived == []


@pytest.mark.parametrize("sample", [None, *SAMPLES])
def test_a_new_workspace_has_the_cases_of_its_policies(sample: str | None, tmp_path: Path) -> None:
    made = init_workspace(tmp_path / "w", sample, _AT)
    folder = made.file.parent / "policies"
    read = read_cases(case_files(folder))
    assert {each.level.name for each in read} == {each.stem for each in folder.glob("*.yaml")}
    assert all(each.result.passed for each in play(read))


def test_a_workspace_with_policies_of_its_own_has_no_cases_of_others(tmp_path: Path) -> None:
    assert set(default_policy_cases()) == set(default_policies())
    own = {f"policies/{name}": data for name, data in default_policies().items()}
    made = init_workspace(tmp_path / "w", None, _AT, further=own)
    assert not (made.file.parent / "policies" / "tests").exists()


def test_a_case_is_a_merge_patch_of_what_is_given_to_all() -> None:
    given = {"a": {"b": 1, "c": 2}, "d": [1, 2], "e": 3}
    patch = {"a": {"b": None, "x": {"y": None, "z": 1}}, "d": [3], "e": None, "f": None}
    assert merged(given, patch) == {"a": {"c": 2, "x": {"z": 1}}, "d": [3]}
    assert given["a"] == {"b": 1, "c": 2}


def test_all_that_is_wrong_is_told_at_once_with_its_line_and_field(tmp_path: Path) -> None:
    file = cases(
        tmp_path,
        """\
given:
  at: yesterday
  place: summit
  relase: {tag: 1.0.0}
cases:
  - name: it
    with: {runs: {smoke: {result: passed, finished: soon}}}
    expect: {verdict: maybe, findings: {images: broken, smoke: {code: x}}}
""",
    )
    assert [(line, field) for line, field, _ in problems(file)] == [
        (5, "given.at"),
        (6, "given.place"),
        (7, "given.relase"),
        (10, "cases[0].with.runs.smoke.result"),
        (10, "cases[0].with.runs.smoke.finished"),
        (11, "cases[0].expect.verdict"),
        (11, "cases[0].expect.findings.images.outcome"),
        (11, "cases[0].expect.findings.smoke.outcome"),
    ]


def test_what_is_missing_or_names_nothing_is_told_where_it_would_stand(tmp_path: Path) -> None:
    file = cases(
        tmp_path,
        """\
given:
  at: 2024-01-01
  place: summit/app
  release: {grammar: semver}
  places: {base/app: {}}
  residences: {bas/app: {since: 1h}, base/app: {until: 1h}}
  statements: {signed: {by: [ci]}}
cases:
  - name: it
    expect: {verdict: allowed}
  - name: it
    with: {release: {tag: 1.0.0}, residences: null, statements: null, places: null, cycles: {lab: {}}}
    expect: {verdict: allowed, findings: {image: missing}, waivable-by: {imgs: [me]}}
""",
    )
    assert problems(file) == [
        (7, "given.release", "the release has no tag"),
        (14, "cases[1].name", "the case 'it' stands twice, first on line 12"),
        (15, "cases[1].with.cycles.lab", "it has to say its role and its tag"),
        (16, "cases[1].expect.findings.image", "the policy has no such requirement"),
        (16, "cases[1].expect.waivable-by.imgs", "the policy has no such requirement"),
    ]
    file.write_text(file.read_text().replace("{grammar: semver}", "{grammar: semver, tag: 1.0.0}"))
    assert (8, "given.places.base/app", "the place has no level") in problems(file)
    assert (9, "given.residences.bas/app", "there is no place 'bas/app'") in problems(file)
    assert (9, "given.residences.base/app", "it has to say since when it ran there") in problems(file)
    assert (10, "given.statements.signed", "it has to say its type") in problems(file)


def test_a_policy_that_is_not_there_or_is_wrong_is_told(tmp_path: Path) -> None:
    file = cases(
        tmp_path, "cases: [{name: it, expect: {verdict: allowed}}]\n", POLICY.replace("images,", "image,")
    )
    assert [field for _, field, _ in problems(file)] == ["spec.enter[0].rule"]
    (tmp_path / "one.yaml").unlink()
    assert [(line, field) for line, field, _ in problems(file)] == [(3, "policy")]


def test_a_folder_without_cases_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(POLICY)
    with pytest.raises(BadInput, match="no case file"):
        case_files(tmp_path)


def test_a_file_of_cases_is_not_passed_over_for_a_spelling_error(tmp_path: Path) -> None:
    file = cases(tmp_path, "cases: [{name: it, expect: {verdict: allowed}}]\n")
    file.write_text(file.read_text().replace("PolicyTest", "PolicyTests"))
    assert case_files(tmp_path) == case_files(tmp_path / "tests") == (file,)
    assert [field for _, field, _ in problems(file)] == ["kind"]


def test_windows_are_open_in_their_own_time_zone(tmp_path: Path) -> None:
    window = "    - {id: w, rule: window, weekday: thursday, from: 15:00, until: 18:00, zone: America/Los_Angeles}\n"
    file = cases(
        tmp_path,
        """\
given: {at: 2024-01-04T23:00:00Z, place: summit/app, release: {tag: 1.0.0, grammar: semver}}
cases:
  - {name: winter, expect: {verdict: allowed}}
  - {name: summer, with: {at: 2024-07-04T22:00:00Z}, expect: {verdict: allowed}}
  - name: too early
    with: {at: 2024-01-04T22:59:59Z}
    expect: {verdict: waiting, findings: {w: {outcome: pending, when: 2024-01-04T23:00:00Z}}}
  - {name: too late, with: {at: 2024-01-05T02:00:00Z}, expect: {verdict: waiting, findings: {w: pending/closed}}}
  - {name: friday, with: {at: 2024-01-06T00:00:00Z}, expect: {verdict: waiting, findings: {w: pending/closed}}}
""",
        POLICY + window,
    )
    read = read_cases([file])
    assert [each.result.differences for each in play(read)] == [()] * 5
    held = [each.mutant.word for each in mutate(read) if each.mutant.requirement == "w" and each.found_by]
    assert held == ["", "", "weekday", "from", "until"]
