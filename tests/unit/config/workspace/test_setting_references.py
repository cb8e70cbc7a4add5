"""Settings of several parts in a workspace's file: what is read from it, and what is wrong with them, at its line."""

from pathlib import Path
from typing import Any

import pytest

from ldmrelease.config.workspace.references import References
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.topology import build_topology
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import read
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain.targets import ImageSettingsTarget, Selector, SelectorPart, Setting

TEXT = """\
apiVersion: ldmrelease/v1alpha1
kind: Workspace
ledger: ledger.db
releases: oci:releases
keys: {}
products:
  telescope:
    grammar: cycle
    components:
      atdome: {image: ts/atdome}
      ataos: {image: ts/ataos}
  portal:
    grammar:
      release: "{year:4d}.{month:02d}"
    components:
      portal: {image: ghcr.io/portal}
environments:
  summit:
    level: summit
    applications:
      auxtel:
        runs: [telescope/atdome, telescope/ataos]
        target:
          gitops:
            repository: gitops
            file: applications/auxtel/values-summit.yaml
            settings:
              - component: atdome
                template: "{cycle}[.{revision:03d}]"
                parts:
                  cycle: environments/values-summit.yaml#controlSystem.imageTag
                  revision:
                    - applications/auxtel/values-summit.yaml#atdome.image.revision
                    - applications/auxtel/values.yaml#atdome.image.revision
              - component: ataos
                template: "{cycle}[.{revision:03d}]"
                parts:
                  cycle: environments/values-summit.yaml#controlSystem.imageTag
                  revision: ataos.image.revision
      portal:
        runs: [portal/portal]
        target:
          gitops:
            repository: gitops
            file: applications/portal/values-summit.yaml
            settings:
              - component: portal
                path: [image.tag, applications/portal/Chart.yaml#appVersion]
"""


def file_of(tmp_path: Path, text: str) -> tuple[WorkspaceFile, Any]:
    path = tmp_path / "ldmrelease.yaml"
    path.write_text(text)
    document = read(path)
    return validate(WorkspaceFile, document), document


def problems(tmp_path: Path, old: str, new: str) -> list[Problem]:
    assert old in TEXT
    return list(References(*file_of(tmp_path, TEXT.replace(old, new, 1)), None).problems())


def test_settings_of_several_parts_are_read_with_the_grammar_of_their_component(tmp_path: Path) -> None:
    file, document = file_of(tmp_path, TEXT)
    assert list(References(file, document, None).problems()) == []
    auxtel, portal = (each.target for each in build_topology(file).applications)
    assert isinstance(auxtel, ImageSettingsTarget)
    assert isinstance(portal, ImageSettingsTarget)
    assert auxtel.settings[0] == Selector(
        "atdome",
        "{cycle}[.{revision:03d}]",
        (
            SelectorPart("cycle", "environments/values-summit.yaml#controlSystem.imageTag"),
            # The target's own file is not named.
            SelectorPart(
                "revision",
                "atdome.image.revision",
                ("applications/auxtel/values.yaml#atdome.image.revision",),
            ),
        ),
        "cycle",
        "{image}",
    )
    assert portal.settings == (
        Setting("portal", "image.tag", defaults=("applications/portal/Chart.yaml#appVersion",)),
    )


REVISION = "revision: ataos.image.revision"
WRONG = [
    ("[.{revision:03d}]", "[.{revision:03x}]", "settings[0].template", "prints revision as '03x'"),
    ("[.{revision:03d}]", "[.{revision:03d}", "settings[0].template", "not closed"),
    ("{cycle}[.{rev", "{cycl}[.{rev", "settings[0].template", "have no part 'cycl'"),
    (
        "[.{revision:03d}]",
        "[-{revision:03d}]",
        "settings[0].template",
        "makes 'c0044-007' of the parts of 'c0044.007'",
    ),
    ("[.{revision:03d}]", "[.{revision}]", "settings[0].template", "makes 'c0044.7' of the parts"),
    (REVISION, "revisions: ataos.image.revision", "parts.revisions", "has no part 'revisions'"),
    (REVISION, "revision: ataos..image", "parts.revision", "is not a path"),
    (REVISION, "revision: ../x.yaml#ataos.image", "parts.revision", "is not a file of a tree"),
    (REVISION, "revision: atdome.image.revision.x", "parts.revision", "is written on line"),
    ("path: [image.tag, app", "path: [image.tag, /app", "path[1]", "is not a file of a tree"),
]


@pytest.mark.parametrize(("old", "new", "field", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, field: str, message: str
) -> None:
    found = problems(tmp_path, old, new)
    assert any(field in (each.field or "") and message in each.message for each in found), found


def test_the_same_selector_twice_is_one_too_many(tmp_path: Path) -> None:
    again = (
        "              - component: atdome\n"
        + TEXT.partition("              - component: atdome\n")[2].partition(
            "              - component: ataos\n"
        )[0]
    )
    found = problems(
        tmp_path, "              - component: ataos\n", again + "              - component: ataos\n"
    )
    line = TEXT.splitlines().index("              - component: atdome") + 1
    assert [each.message for each in found] == [
        f"'atdome' is put together from these parts on line {line} too"
    ]


def test_a_scalar_that_is_written_whole_is_no_part_of_another(tmp_path: Path) -> None:
    found = problems(
        tmp_path, "path: [image.tag,", "path: [environments/values-summit.yaml#controlSystem.imageTag,"
    )
    assert ["is written on line" in each.message for each in found] == [True]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '                template: "{cycle}[.{revision:03d}]"\n',
            "",
            "a template and its parts go together",
        ),
        (
            "path: [image.tag",
            "template: '{tag}'\n                path: [image.tag",
            "a template and its parts",
        ),
        (
            "                path: [image.tag, applications/portal/Chart.yaml#appVersion]\n",
            "",
            "has a path, or",
        ),
    ],
)
def test_a_setting_has_one_form(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        file_of(tmp_path, TEXT.replace(old, new, 1))
    assert message in str(caught.value)
