"""Policy files: every fault told in one go with its place, and what a good file becomes."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.config.policies.load import level_schema, load_level, load_levels
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.level import Requirement, Unmanaged, WaiverLimits
from ldmrelease.domain.tags import RELEASE_KINDS
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.render.requirements import level_words

DATA = Path(__file__).parents[3] / "data" / "config"

GOOD = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: commissioning, version: 7, source: LDM-564 2.2.1}
spec:
  accepts: [weekly, release]
  availability: 8h
  enter:
    - {id: images, rule: images, platforms: [linux/amd64, linux/arm64/v8]}
    - {id: built, rule: attested, type: provenance, by: [ci], max-age: 2d, enforce-from: 2024-01-01}
    - {id: soak, rule: after, level: development, for: 90m, waivable-by: [release-manager], source: a sentence}
    - {id: first, rule: after, environment: base, application: ocps}
    - {id: same, rule: same-content-as}
    - {id: cycle, rule: same-cycle, first: [ocps]}
    - {id: no-return, rule: not-returned}
    - {id: no-stale-merge, rule: not-stale}
    - {id: with, rule: together, applications: [ocps]}
    - {id: board, rule: approval, by: [manager], quorum: 2, each: {owner: 1}, about: content,
       observed: [jira], max-age: 3d, kinds: [release], intents: [promote, alias], aliases: [recommended*]}
    - {id: hours, rule: window, notice: 24h, weekday: wednesday, week-of-month: 1,
       from: 13:00, until: 14:00, zone: America/Santiago}
    - id: scan
      rule: vulnerabilities
      limits: {critical: 0, high: 5, unknown: 9}
      max-age: 7d
      database-max-age: 2d
      by: [scanner]
      sbom: required
      grace: 14d
      ignore-unfixed: true
      vex-by: [security]
    - {id: astrometry, rule: metric, metric: AM1, at-most: "20.5", at-least: 0, no-worse-than: running, better: lower,
       tolerance: 5%, unit: marcsec, about: content, by: [runner], max-age: 30d}
    - {id: reviewed, rule: reviewed, about: configuration, quorum: 2, owners: true, by: [bridge], max-age: 30d}
    - {id: notes, rule: documents, kinds: [release-notes, known-issues], about: content, by: [release-manager]}
    - {id: schemas, rule: compatible, interfaces: [apdb, butler], by: [release-manager]}
    - {id: milestone, rule: verified, milestone: LDM-503-15a, by: [tester], milestone-complete: refuse}
    - {id: campaign, rule: verified, campaign: spring}
  confirm:
    - {id: smoke, rule: check, check: smoke, where: here, max-age: 24h, accept-warned: true, unregistered: true}
  environments:
    summit: {enter: [{id: soak, rule: after, level: development, for: 1d}]}
"""


def write(folder: Path, text: str, name: str = "level.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def told(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        load_level(path)
    return str(caught.value)


def requirement(folder: Path, clause: str) -> Requirement:
    text = GOOD[: GOOD.index("  enter:")] + f"  enter: [{clause}]\n"
    return load_level(write(folder, text)).enter[0]


@pytest.mark.parametrize("name", ["bad-level", "clashing-level"])
def test_every_fault_is_told_at_once_with_line_column_field_and_remedy(name, monkeypatch):
    monkeypatch.chdir(DATA)
    assert told(DATA / f"{name}.yaml") + "\n" == (DATA / f"{name}.txt").read_text()


def test_images_that_nobody_declares_are_listed_unless_a_level_refuses_them(tmp_path: Path) -> None:
    file = tmp_path / "level.yaml"
    file.write_text(GOOD)
    assert load_level(file).unmanaged is Unmanaged.LISTED
    file.write_text(GOOD.replace("  availability: 8h\n", "  unmanaged: refused\n"))
    assert load_level(file).unmanaged is Unmanaged.REFUSED
    assert load_level(file).at("summit").unmanaged is Unmanaged.REFUSED
    assert "A gate refuses images that no product" in level_words(load_level(file))
    file.write_text(GOOD.replace("  availability: 8h\n", "  unmanaged: ignored\n"))
    with pytest.raises(BadInput, match="unmanaged"):
        load_level(file)


def test_a_good_file_becomes_a_level(tmp_path):
    level = load_level(write(tmp_path, GOOD))
    assert (level.name, level.version, level.accepts) == ("commissioning", 7, ("weekly", "release"))
    assert (level.availability, level.source) == (8 * 3600, "LDM-564 2.2.1")
    assert level.digest == "sha256:" + hashlib.sha256(GOOD.encode()).hexdigest()
    assert [each.id for each in level.enter] == [
        "images", "built", "soak", "first", "same", "cycle", "no-return", "no-stale-merge", "with", "board", "hours",
        "scan", "astrometry", "reviewed", "notes", "schemas", "milestone", "campaign",
    ]  # fmt: skip
    assert level.at("summit").enter[2].parameters["for_"] == 86400


def test_common_fields_are_kept_apart_from_the_parameters(tmp_path):
    level = load_level(write(tmp_path, GOOD))
    assert level.enter[1].enforce_from == datetime(2024, 1, 1, tzinfo=UTC)
    assert level.enter[2] == Requirement(
        id="soak",
        rule="after",
        parameters={"level": "development", "for_": 5400, "components": "all", "admitted": True},
        waivable_by=("release-manager",),
        source="a sentence",
    )


@pytest.mark.parametrize(
    ("clause", "parameters"),
    [
        ("{id: a, rule: images}", {}),
        ("{id: a, rule: not-returned}", {}),
        ("{id: a, rule: same-content-as}", {"kind": "candidate"}),
        ("{id: a, rule: attested, type: sbom}", {"type": "sbom", "about": "image", "minimum": 1}),
        ("{id: a, rule: check, check: x, where: 'level:development'}",
         {"check": "x", "about": "release", "where": "level:development", "accept_warned": False,
          "unregistered": False}),
        ("{id: a, rule: window, from: 22:00, until: 02:00, zone: UTC}",
         {"start": "22:00", "end": "02:00", "zone": "UTC"}),
        ("{id: a, rule: approval, by: [manager]}", {"by": ["manager"], "quorum": 1, "about": "release"}),
    ],
)  # fmt: skip
def test_absent_options_are_left_out_and_defaults_written_out(tmp_path, clause, parameters):
    assert requirement(tmp_path, clause).parameters == parameters


def test_the_engine_understands_every_rule_and_parameter_of_the_schema(tmp_path):
    level = load_level(write(tmp_path, GOOD))
    everything = (*level.enter, *level.confirm)
    assert {each.rule for each in everything} == set(RULES)
    for each in everything:
        known = set(RULES[each.rule].parameters.__struct_fields__)
        assert set(each.parameters) <= known


def test_a_folder_of_policies_is_read_by_name_and_its_faults_are_told_together(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, GOOD, "a.yaml")
    assert list(load_levels(tmp_path)) == ["commissioning"]
    write(tmp_path, GOOD, "b.yaml")
    write(tmp_path, GOOD.replace("8h", "soon").replace("commissioning", "other"), "c.yaml")
    with pytest.raises(BadInput) as caught:
        load_levels(tmp_path)
    assert str(caught.value).splitlines() == [
        "b.yaml:3:18: metadata.name: the level 'commissioning' stands in a.yaml too; give it another name",
        'c.yaml:6:17: spec.availability: found "soon"; write a duration like 8h: a number and one of s, m, h, d, w',
    ]


def test_a_folder_without_policies_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no policy file"):
        load_levels(tmp_path)


def test_the_schema_describes_every_field():
    schema = level_schema()
    shapes = [schema, *schema["$defs"].values()]
    undescribed = [
        (shape["title"], key)
        for shape in shapes
        for key, value in shape.get("properties", {}).items()
        if key != "rule" and not value.get("description") and "$ref" not in value
    ]
    assert undescribed == []
    assert all(shape["additionalProperties"] is False for shape in shapes if shape.get("type") == "object")


@pytest.mark.parametrize(
    ("written", "accepts"),
    [
        ("excludes: [moving, branch]", ("release", "weekly", "daily", "candidate", "experimental")),
        ("accepts: [release, weekly]\n  excludes: [moving]", ("release", "weekly")),
    ],
)
def test_kinds_may_be_excluded_by_name(tmp_path, written, accepts):
    level = load_level(write(tmp_path, GOOD.replace("accepts: [weekly, release]", written)))
    assert level.accepts == accepts
    assert "moving" in level.excludes


def test_an_environment_may_exclude_what_its_level_accepts(tmp_path):
    text = GOOD.replace("summit: {enter:", "summit: {excludes: [weekly], enter:")
    level = load_level(write(tmp_path, text))
    assert (level.accepts, level.excludes) == (("weekly", "release"), ())
    assert (level.at("summit").accepts, level.at("summit").excludes) == (("release",), ("weekly",))
    assert level.at("base").accepts == ("weekly", "release")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("availability: 1h", "write which kinds of tag may enter, `accepts`, or which may not, `excludes`"),
        ("accepts: [weekly]\n  excludes: [weekly]", "weekly is accepted and excluded: write it once"),
        (f"excludes: [{', '.join(RELEASE_KINDS)}]", "no kind of tag is left that may enter"),
    ],
)
def test_what_may_enter_is_said_once(tmp_path, written, message):
    text = GOOD.replace("  availability: 8h\n", "").replace("accepts: [weekly, release]", written)
    assert message in told(write(tmp_path, text))


@pytest.mark.parametrize(
    ("clause", "told_of"),
    [
        ("{id: a, rule: approval}", "say who has to approve"),
        ("{id: a, rule: approval, each: {owner: 1}, quorum: 2}", "quorum counts persons of the roles `by`"),
        ("{id: a, rule: approval, by: [x], waivable-by: [x]}", "this rule is never waived"),
    ],
)
def test_an_approval_says_by_whom_and_is_never_waived(tmp_path, clause, told_of):
    with pytest.raises(BadInput, match=told_of):
        requirement(tmp_path, clause)


def test_an_approval_is_no_confirmation(tmp_path):
    wrong = GOOD.replace("  confirm:\n", "  confirm:\n    - {id: late, rule: approval, by: [manager]}\n")
    assert wrong != GOOD
    with pytest.raises(BadInput, match="write it under enter"):
        load_level(write(tmp_path, wrong))


def test_waivers_may_be_shorter_and_fewer_than_usual_and_no_longer(tmp_path):
    assert load_level(write(tmp_path, GOOD)).waivers == WaiverLimits(14 * 86400, 5)
    with_ = GOOD.replace("  availability: 8h\n", "  waivers: {life: 2d, number: 1}\n")
    assert load_level(write(tmp_path, with_)).waivers == WaiverLimits(2 * 86400, 1)
    with pytest.raises(BadInput, match="14d at most"):
        load_level(write(tmp_path, with_.replace("2d", "15d")))
