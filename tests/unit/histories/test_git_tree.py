"""The history of a tree: what its mainline asked for after each commit, whatever the commits are like."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.targets.git.git_repository import Git
from ldmrelease.trees.values import LARGEST_FILE
from tests.unit.histories.git_histories import BEGIN, History

PORTAL = "applications/portal/values-prod.yaml"
KEY = "image.tag"
_GROWING = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 50)}]\n" for n in range(1, 9)
)
ALIASES = _GROWING + "image: *a8\n"


def tagged(tag: str) -> str:
    return f'image:\n  tag: "{tag}"\n'


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "tree")


def problems(history: History) -> list[tuple[str, int | None, str]]:
    return [
        (each.source, each.line, each.reason) for each in history.read() if isinstance(each, UnreadableChange)
    ]


def test_a_setting_comes_changes_and_goes(history: History) -> None:
    for text in (tagged("1.0"), tagged("1.1"), "replicas: 2\n"):
        history.commit({PORTAL: text})
    assert history.told() == [
        (0, "prod", "portal", KEY, None, "1.0"),
        (1, "prod", "portal", KEY, "1.0", "1.1"),
        (2, "prod", "portal", KEY, "1.1", None),
    ]


def test_a_change_says_where_it_is_from(history: History) -> None:
    commit = history.commit({PORTAL: "# which\nreplicas: 2\n" + tagged("1.0")})
    assert history.read() == [
        SettingChange(BEGIN, "prod", "portal", KEY, "1.0", None, commit, PORTAL, author="Ada", line=4)
    ]


def test_other_files_are_not_read(history: History) -> None:
    history.commit({"README.md": tagged("1"), "applications/portal/templates/values.txt": tagged("1")})
    assert history.told() == []


def test_a_renamed_file_is_a_removal_and_an_addition(history: History) -> None:
    history.commit({"services/portal/values-int.yaml": tagged("1.0")})
    history.commit(
        {"services/portal/values-int.yaml": None, "applications/portal/values-idfint.yaml": tagged("1.0")}
    )
    assert history.told()[1:] == [
        (1, "int", "portal", KEY, "1.0", None),
        (1, "idfint", "portal", KEY, None, "1.0"),
    ]


def test_a_merge_counts_at_its_own_time(history: History) -> None:
    history.commit({PORTAL: tagged("1.0")})
    history.git("checkout", "-q", "-b", "ticket")
    history.commit({PORTAL: tagged("1.1")})
    history.commit({PORTAL: tagged("1.2")})
    history.git("checkout", "-q", "main")
    history.commit({"README.md": "other"})
    history.git("merge", "-q", "--no-ff", "-m", "merge", "ticket")
    assert history.told() == [
        (0, "prod", "portal", KEY, None, "1.0"),
        (4, "prod", "portal", KEY, "1.0", "1.2"),
    ]


def test_a_merge_that_brings_back_what_is_stale_is_told(history: History) -> None:
    history.commit({PORTAL: tagged("1.0")})
    history.git("checkout", "-q", "-b", "ticket")
    history.commit({"README.md": "a ticket"})
    history.git("checkout", "-q", "main")
    history.commit({PORTAL: tagged("2.0")})
    history.git("merge", "-q", "--no-ff", "-s", "ours", "--no-commit", "ticket")
    history.commit({PORTAL: tagged("1.0")})
    assert history.told()[-1] == (3, "prod", "portal", KEY, "2.0", "1.0")


def test_a_file_that_does_not_parse_says_what_it_said(history: History) -> None:
    history.commit({PORTAL: tagged("1.0")})
    broken = history.commit({PORTAL: "replicas: 2\nimage:\n  tag: [1.1\n"})
    history.commit({PORTAL: "<<<<<<< HEAD\n" + tagged("1.1")})
    history.commit({PORTAL: tagged("1.2"), "applications/tap/values-prod.yaml": tagged("7")})
    assert sorted(history.told()) == [
        (0, "prod", "portal", KEY, None, "1.0"),
        (3, "prod", "portal", KEY, "1.0", "1.2"),
        (3, "prod", "tap", KEY, None, "7"),
    ]
    found = [each for each in history.read() if isinstance(each, UnreadableChange)]
    assert [each.source for each in found] == [PORTAL, PORTAL]
    assert found[0].commit == broken
    assert found[0].line == 4


def test_a_chart_says_it_for_all_environments_that_do_not(history: History) -> None:
    history.commit(
        {
            "applications/portal/Chart.yaml": "name: portal\nappVersion: 1.0.0\n",
            "applications/portal/values.yaml": "frontend:\n  image:\n    tag: 5\n",
            PORTAL: "frontend:\n  image:\n    tag: 6\n",
            "applications/portal/values-int.yaml": "replicas: 1\n",
        }
    )
    history.commit({"applications/portal/Chart.yaml": "name: portal\nappVersion: 1.1.0\n"})
    history.commit({PORTAL: "replicas: 1\n"})
    assert set(history.told()) == {
        (0, "int", "portal", "frontend.image.tag", None, "5"),
        (0, "int", "portal", "appVersion", None, "1.0.0"),
        (0, "prod", "portal", "frontend.image.tag", None, "6"),
        (0, "prod", "portal", "appVersion", None, "1.0.0"),
        (1, "int", "portal", "appVersion", "1.0.0", "1.1.0"),
        (1, "prod", "portal", "appVersion", "1.0.0", "1.1.0"),
        (2, "prod", "portal", "frontend.image.tag", "6", "5"),
    }
    assert len(history.told()) == 7


def test_charts_in_it_are_the_applications(history: History) -> None:
    history.commit(
        {
            "applications/tap/values-prod.yaml": "cadc:\n  image:\n    tag: 3\n",
            "applications/tap/charts/cadc/values.yaml": "image:\n  tag: 2\ndb:\n  image:\n    tag: 9\n",
            "applications/tap/charts/cadc/Chart.yaml": "appVersion: '8'\n",
        }
    )
    assert sorted(each[2:] for each in history.told()) == [
        ("tap", "cadc.appVersion", None, "8"),
        ("tap", "cadc.db.image.tag", None, "9"),
        ("tap", "cadc.image.tag", None, "3"),
    ]


def test_an_environment_that_goes_asks_for_nothing_more(history: History) -> None:
    history.commit({PORTAL: tagged("1"), "applications/portal/Chart.yaml": "appVersion: '2'\n"})
    history.commit({PORTAL: None})
    assert {each[3:] for each in history.told() if each[0] == 1} == {
        ("image.tag", "1", None),
        ("appVersion", "2", None),
    }


def test_what_goes_in_one_commit_comes_in_the_same_order_in_every_process(history: History) -> None:
    """An import compares what it reads with what was imported, row by row."""
    names = [f"part{number}" for number in range(12)]
    text = "".join(f"{name}:\n  image:\n    tag: '1'\n" for name in reversed(names))
    history.commit({PORTAL: text})
    history.commit({PORTAL: None})
    gone = [each[3] for each in history.told() if each[0] == 1]
    assert gone == sorted(f"{name}.image.tag" for name in names)


def test_selectors_are_put_together(history: History) -> None:
    environment, love = "environments/values-summit.yaml", "applications/love/values-summit.yaml"
    history.commit({environment: "controlSystem:\n  imageTag: c0040\n", love: "image:\n  revision: 6\n"})
    history.commit({environment: "controlSystem:\n  imageTag: c0041\n"})
    history.commit({love: "replicas: 1\n"})
    history.commit({love: None})
    found = [each[3:] for each in history.told() if each[2] == "love"]
    assert found == [
        ("image.revision", None, "c0040.006"),
        ("image.revision", "c0040.006", "c0041.006"),
        ("image.revision", "c0041.006", "c0041"),
    ]


def test_since_leaves_out_what_was_before_but_knows_it(history: History) -> None:
    environment, love = "environments/values-summit.yaml", "applications/love/values-summit.yaml"
    history.commit({environment: "controlSystem:\n  imageTag: c0040\n"})
    history.commit({love: "image:\n  revision: 6\n"})
    found = history.read(since=BEGIN + timedelta(days=1))
    assert [(each.tag, each.part) for each in found if isinstance(each, SettingChange)] == [
        ("c0040.006", "6")
    ]


def test_since_leaves_out_what_could_not_be_read_before(history: History) -> None:
    history.commit({PORTAL: "image: [\n"})
    broken = history.commit({PORTAL: "image: {\n"})
    found = history.read(since=BEGIN + timedelta(days=1))
    assert [(type(each), each.commit) for each in found] == [(UnreadableChange, broken)]


def test_links_and_folders_are_no_files(history: History) -> None:
    history.commit({PORTAL: tagged("1")})
    (history.folder / PORTAL).unlink()
    (history.folder / PORTAL).symlink_to("/etc/passwd")
    history.commit_all()
    assert history.told()[1:] == [(1, "prod", "portal", KEY, "1", None)]


def test_a_file_that_is_too_large_is_not_read(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.commit({PORTAL: b"#" * (LARGEST_FILE + 1)})
    read = []
    plain = Git.contents

    def contents(git: Git, oids: list[str]) -> dict[str, bytes]:
        read.extend(oids)
        return plain(git, oids)

    monkeypatch.setattr(Git, "contents", contents)
    assert problems(history) == [(PORTAL, None, f"at most {LARGEST_FILE:,} bytes are read")]
    assert read == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "a: " + "{b: " * 3000,
        ALIASES,
        b"\xff\xfe\x00",
        "- a list\n",
        f"image:\n  tag: {'x' * 5000}\n",
        "a: 1\n---\nb: 2\n",
    ],
    ids=["deep", "deeper", "aliases", "bytes", "list", "long", "documents"],
)  # fmt: skip
def test_hostile_files_are_told_and_the_rest_goes_on(history: History, text: str | bytes) -> None:
    history.commit({"applications/portal/values-evil.yaml": text, PORTAL: tagged("1")})
    assert [each[0] for each in problems(history)] == ["applications/portal/values-evil.yaml"]
    assert history.told() == [(0, "prod", "portal", KEY, None, "1")]


def test_hostile_names_are_told_or_kept_as_they_are(history: History) -> None:
    history.commit(
        {
            "applications/por\ntal/values-\x1b[31m.yaml": tagged("1"),
            "applications/<b>/values-p\u202erod.yaml": tagged("<script>"),
        }
    )
    (history.folder / "applications/portal").mkdir()
    Path(os.fsdecode(bytes(history.folder) + b"/applications/portal/values-\xff.yaml")).write_text(
        tagged("3")
    )
    history.commit_all()
    assert {each[1:3] for each in history.told()} == {("\x1b[31m", "por\ntal"), ("p\u202erod", "<b>")}
    assert problems(history) == [("applications/portal/values-?.yaml", None, "the path is not UTF-8")]


def test_a_commit_whose_time_is_in_no_calendar_is_told(history: History) -> None:
    history.write(PORTAL, tagged("1"))
    history.git("add", "-A")
    tree = history.git("write-tree")
    raw = f"tree {tree}\nauthor A <a> 99999999999999 +0000\ncommitter A <a> 99999999999999 +0000\n\nx\n"
    (history.folder.parent / "commit").write_text(raw)
    oid = history.git(
        "hash-object", "-t", "commit", "-w", "--literally", str(history.folder.parent / "commit")
    )
    history.git("update-ref", "refs/heads/main", oid)
    assert [each[2] for each in problems(history)] == ["the time 99999999999999 is in no calendar"]
    assert history.told() == []
