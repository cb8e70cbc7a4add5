"""What the observatory's trees asked for: answers that were worked out by hand, with grep and awk, from the table."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.events.imported import DesiredImported
from ldmrelease.services.audit.desired_history import DesiredSetting, desired_at, desired_changes
from ldmrelease.services.audit.imports.desired_imports import import_table
from ldmrelease.services.audit.imports.stored import imported_parts
from ldmrelease.services.context import Context, open_context
from tests.unit.services.audit.conftest import DATA, utc

_TABLES = (each / "shared/data/deployment-history.tsv" for each in Path(__file__).parents)
WHOLE = next(filter(Path.is_file, _TABLES), None)
FRONTEND = "love-manager.manager.frontend.image.revision"
RECOMMENDED = "controller.config.images.recommendedTag"

# environment, application, key, time, what it asked for (None: nothing), since, commit
ANSWERS = [
    ("summit", "love", FRONTEND, "2025-06-01", "c0041.006", "2025-05-30T04:08:05", "60a849069f"),
    ("summit", "love", FRONTEND, "2025-02-19", "k0004.001", "2025-02-18T19:09:39", "6237431dca"),
    ("summit", "love", FRONTEND, "2025-02-21", "k0004.000", "2025-02-20T22:41:41", "81263e9451"),
    ("summit", "love", FRONTEND, "2025-01-23T11:59:47", None, "", ""),
    ("summit", "love", FRONTEND, "2025-01-23T11:59:48", "k0003.001", "2025-01-23T11:59:48", "8f173c15a0"),
    (
        "summit", "love", "love-nginx.initContainers.frontend.image.revision", "2025-05-13", "c0041.003",
        "2025-05-12T19:51:44", "e3a28e70fd",
    ),
    # Nobody wrote its revision: the cycle moved under it.
    (
        "summit", "love", "love-commander.image.revision", "2025-06-01", "c0041.000",
        "2025-04-08T16:48:54", "13e5ebd24d",
    ),
    (
        "summit", "love", "love-commander.image.revision", "2025-06-28", "c0041.008",
        "2025-06-27T16:52:22", "cd25a0f4c5",
    ),
    # A revision was removed: the cycle's moving tag from then on, and that of the next cycle.
    ("summit", "auxtel", "atoods.image.revision", "2025-02-20", "k0004.000", "2025-02-18T19:09:39", "6237431dca"),
    ("summit", "auxtel", "atoods.image.revision", "2025-03-04", "c0040", "2025-03-03T15:54:46", "d0c3ca3d8c"),
    ("summit", "auxtel", "atoods.image.revision", "2025-06-01", "c0041", "2025-04-08T16:48:54", "13e5ebd24d"),
    (
        "summit", "auxtel", "atheaderservice.image.revision", "2025-04-05", "c0040.000",
        "2025-04-01T22:25:00", "216b181faf",
    ),
    (
        "base", "simonyitel", "mtheaderservice-sim.image.revision", "2025-06-01", "c0041.002",
        "2025-05-15T19:38:37", "16a3a7c8bc",
    ),
    # The folder was renamed on 2023-02-01, which is no new release.
    ("idfint", "portal", "image.tag", "2023-02-05", "suit-2022.6.0", "2023-01-26T18:00:20", "2ebae1239b"),
    ("idfint", "portal", "image.tag", "2023-02-10", None, "", ""),
    ("idfprod", "portal", "firefly.image.tag", "2021-06-22", "dm-29533-2", "2021-06-21T21:06:55", "cdcff5e428"),
    ("idfprod", "portal", "firefly.image.tag", "2021-07-16", None, "", ""),
    ("int", "portal", "firefly.image.tag", "2020-10-06", "rc-2.1.0-2", "2020-10-05T22:50:51", "b2da3e5d5c"),
    ("stable", "portal", "firefly.image.tag", "2021-05-01", "rc-2.1.0-2", "2020-10-29T23:30:59", "6550332c1b"),
    ("stable", "portal", "firefly.image.tag", "2021-05-07", None, "", ""),
    # A key was renamed.
    (
        "summit", "nublado", "controller.config.images.recommended_tag", "2023-09-01", "recommended_c0032",
        "2023-08-28T14:02:22", "ad26280964",
    ),
    ("summit", "nublado", RECOMMENDED, "2024-01-30", "recommended_c0034", "2024-01-29T17:50:26", "73a2ca8f71"),
    ("summit", "nublado", "controller.config.images.recommended_tag", "2024-01-30", None, "", ""),
    (
        "tucson-teststand", "environments", "controlSystem.imageTag", "2025-06-02T18:00", "c0041",
        "2025-06-02T16:12:52", "123fda2cb7",
    ),
    (
        "tucson-teststand", "environments", "controlSystem.imageTag", "2025-06-05", "k0001",
        "2025-06-03T17:59:35", "5b169cc881",
    ),
]  # fmt: skip


@pytest.fixture(scope="module", params=[DATA / "extract.tsv", WHOLE], ids=["extract", "whole"])
def imported(
    request: pytest.FixtureRequest, new_workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Context]:
    table: Path | None = request.param
    if table is None:
        pytest.skip("the whole table is not here")
    folder = Path(shutil.copytree(new_workspace, tmp_path_factory.mktemp("imported") / "workspace"))
    opened = open_context(load_workspace(folder / FILE))
    found = import_table(opened, table)
    assert not found.unreadable
    assert not found.recorded.differences
    yield opened
    opened.ledger.close()


def asked_for(
    context: Context, environment: str, application: str, key: str, time: str
) -> DesiredSetting | None:
    found = desired_at(context, utc(time), environment=environment, application=application)
    assert all((each.environment, each.application) == (environment, application) for each in found)
    return next((each for each in found if each.key == key), None)


@pytest.mark.parametrize(
    ("environment", "application", "key", "time", "tag", "since", "commit"),
    ANSWERS,
    ids=lambda each: str(each) if each else "",
)
def test_what_an_application_asked_for(
    imported: Context,
    environment: str,
    application: str,
    key: str,
    time: str,
    tag: str | None,
    since: str,
    commit: str,
) -> None:
    found = asked_for(imported, environment, application, key, time)
    if tag is None:
        assert found is None
    else:
        assert found is not None
        assert (found.tag, found.since, found.commit) == (tag, utc(since), commit)


def test_both_parts_of_a_selector_are_told(imported: Context) -> None:
    found = asked_for(imported, "summit", "love", FRONTEND, "2025-06-01")
    assert found is not None
    assert [(each.file, each.key, each.value) for each in found.parts] == [
        ("environments/values-summit.yaml", "controlSystem.imageTag", "c0041"),
        ("applications/love/values-summit.yaml", FRONTEND, "6"),
    ]


def test_a_moving_tag_has_one_part(imported: Context) -> None:
    found = asked_for(imported, "summit", "auxtel", "atoods.image.revision", "2025-06-01")
    assert found is not None
    assert [each.value for each in found.parts] == ["c0041"]


def test_a_renamed_file_is_where_it_is_now(imported: Context) -> None:
    before, after = (
        asked_for(imported, "idfint", "portal", "image.tag", time) for time in ("2023-01-30", "2023-02-05")
    )
    assert before is not None
    assert after is not None
    assert [each.file for each in before.parts] == ["services/portal/values-idfint.yaml"]
    assert [each.file for each in after.parts] == ["applications/portal/values-idfint.yaml"]


def test_environments_that_went_ask_for_nothing(imported: Context) -> None:
    for application in ("portal", "landing-page"):
        for environment in ("bleed", "gold-leader", "rogue-two", "nublado"):
            assert desired_at(imported, utc("2021-02-18"), environment=environment, application=application)
            assert not desired_at(
                imported, utc("2021-02-20"), environment=environment, application=application
            )
    everywhere = desired_at(imported, utc("2021-05-28"), application="landing-page")
    assert everywhere == []


def test_where_a_landing_page_was_asked_for(imported: Context) -> None:
    found = desired_at(imported, utc("2020-03-07"), application="landing-page")
    assert [(each.environment, each.tag) for each in found] == [
        ("int", "3.0.1"),
        ("stable", "3.0.1"),
        ("summit", "3.0.1"),
        ("tucson-teststand", "3.0.1"),
    ]


def test_filters_of_menus_are_no_images(imported: Context) -> None:
    keys = {each.key.rpartition(".")[2] for each in desired_changes(imported)}
    assert not {each for each in keys if each.startswith("num") or each == "cycle"}
    assert {"tag", "revision", "imageTag", "recommendedTag"} <= keys


def test_what_was_imported_later_was_not_known(imported: Context) -> None:
    before = utc("2020-01-01")
    assert desired_at(imported, utc("2025-06-01"), before, environment="summit", application="love") == []


def test_an_answer_reads_the_stream_of_its_application_alone(
    imported: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    plain = imported.ledger.blob

    def blob(digest: str) -> bytes:
        read.append(digest)
        return plain(digest)

    monkeypatch.setattr(imported.ledger, "blob", blob)
    asked_for(imported, "summit", "love", FRONTEND, "2025-06-01")
    streams = ("desired/summit/love", "desired/summit/environments")
    events = [event for stream in streams for event in imported.ledger.events(stream)]
    assert set(read) == {each.body.rows for each in imported_parts(imported, events, DesiredImported)}
