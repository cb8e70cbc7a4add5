"""Status, timelines, nights, availability and metrics of a week."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.services.reports.delivery_metrics import delivery_metrics
from ldmrelease.services.reports.nights import night_log
from ldmrelease.services.reports.record import deployment_record
from ldmrelease.services.reports.stretches import Period
from ldmrelease.services.reports.timelines import timeline as find_timeline
from tests.workspace import BASE, BEGIN, PLACE, WEEKLY, Site


@pytest.fixture
def week(waiting: tuple[Site, str]) -> Site:
    """The weekly waits for base, is seen for a day, then goes there."""
    site, _ = waiting
    for _ in range(2):
        site.advance(hours=12)
        site.ok("observe")
    site.ok("resume", "--all")
    return site


def told(site: Site, *words: str) -> Any:
    return json.loads(site.ok(*words, "-o", "json"))


def test_status_says_what_runs_where_and_what_is_next(week: Site):
    rows = {f"{each['release']}@{each['environment']}": each for each in told(week, "status")}
    found = rows[f"stack/{WEEKLY}@base"]
    assert (found["presence"], found["verdict"], found["state"]) == ("running", "allowed", "succeeded")
    assert rows[f"stack/{WEEKLY}@summit"]["next"].endswith("--target summit")
    assert f"stack/{WEEKLY}   base" in week.ok("status", "--environment", "base")
    only = told(week, "status", "--release", WEEKLY)
    assert {each["release"] for each in only} == {f"stack/{WEEKLY}"}
    assert "leave out --all" in week.run("status", "--all", "--release", WEEKLY).stderr


def test_a_promotion_that_waits_says_until_when(waiting: tuple[Site, str]):
    site, promotion = waiting
    (row,) = (each for each in told(site, "status", "--environment", "base") if each["promotion"])
    assert (row["promotion"], row["state"]) == (promotion, "waiting")
    assert row["until"] == "2023-04-20T14:00:00Z"
    assert row["next"] == f"ldmrelease resume {promotion}"
    assert row["until"] in site.ok("status")


def test_a_night_says_what_ran_what_changed_and_why(week: Site):
    log = told(week, "night", "20230421", "--environment", "base")
    ran = [each["image"]["release"] for each in log["ran"] if each["place"] == BASE]
    assert ran == [f"stack/{WEEKLY}"], "what it replaced was there until noon, and no longer"
    (change,) = log["changes"]
    assert change["come"][0]["release"] == f"stack/{WEEKLY}"
    assert change["allowed"]["verdict"] == "allowed"
    assert not log["complete"]
    text = week.ok("night", "20230421")
    assert f"stack/w.2023.15 -> stack/{WEEKLY}" in text
    assert "there may be more to know" in text
    assert f"stack/{WEEKLY} at base/ocps" in week.ok("night", "20230420")


@pytest.mark.parametrize(
    ("night", "message"), [("2023042", "is not a night"), ("20230230", "calendar"), ("20990101", "not begun")]
)
def test_what_is_no_night_is_refused(site: Site, night: str, message: str):
    done = site.run("night", night)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_timeline_has_gaps_and_no_guesses(week: Site, tmp_path: Path):
    week.advance(hours=40)
    week.ok("observe")
    picture = tmp_path / "timeline.svg"
    answer = told(week, "timeline", "--target", BASE, "--since", "2023-04-20", "--plot", str(picture))
    gaps = [each["interval"] for each in answer["unobserved"]]
    assert gaps == [
        {"start": "2023-04-20T00:00:00Z", "end": "2023-04-20T12:00:00Z"},
        {"start": "2023-04-21T12:00:00Z", "end": "2023-04-23T04:00:00Z"},
    ]
    assert not answer["coverage"]["pending"]
    assert f"stack/{WEEKLY}" in week.ok("timeline", "--target", BASE, "--since", "7d")
    first = picture.read_text()
    assert f">{WEEKLY}<" in first or "w.2023.15" in first
    week.ok("timeline", "--target", BASE, "--since", "2023-04-20", "--plot", str(picture))
    assert picture.read_text() == first, "the same bytes for the same data"


def test_availability_counts_apart_what_is_met_and_what_is_not_known(week: Site, tmp_path: Path):
    levels = {each["level"]: each for each in told(week, "availability")}
    commissioning = levels["commissioning"]
    assert (commissioning["asked"], commissioning["missed"], commissioning["met"]) == (8 * 3600, 1, 0)
    assert commissioning["seconds"]["greatest"] == 24 * 3600
    text = week.ok("availability", "--plot", str(tmp_path / "availability.svg"))
    assert f"commissioning, missed: stack/{WEEKLY} at base/ocps, 1d after" in text
    assert "counted from the pin" in text
    assert "<title>" in (tmp_path / "availability.svg").read_text()


@pytest.mark.parametrize(("begin", "end"), [(-9, 9), (0, 12), (5, 7), (12, 24), (24, 36), (36, 90)])
def test_a_report_of_a_period_reads_no_other_observations_and_says_the_same(
    week: Site, begin: float, end: float
):
    week.advance(hours=20)
    week.ok("observe")
    period = Period(BEGIN + timedelta(hours=begin), BEGIN + timedelta(hours=end))
    context = week.context()
    whole = deployment_record(context, context.topology.applications)
    part = deployment_record(context, context.topology.applications, period=period)
    context.ledger.close()
    assert night_log(part, "night", period) == night_log(whole, "night", period)
    assert find_timeline(part, period).unobserved == find_timeline(whole, period).unobserved
    assert delivery_metrics(part, period) == delivery_metrics(whole, period)


def test_metrics_say_what_is_not_known(week: Site):
    levels = {each["level"]: each for each in told(week, "metrics", "--since", "7d")}
    assert levels["commissioning"]["deployments"] == 1
    assert levels["production"]["change_failure"]["rate"] is None
    assert levels["production"]["lead_time"]["seconds"] is None
    text = week.ok("metrics", "--since", "2023-04-20", "--target", PLACE)
    assert "development" in text
    assert "unobserved for" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("metrics", "--since", "soon"), "is not a time"),
        (("timeline", "--since", "2023-04-20T12:00"), "has no zone; write 2023-04-20T12:00Z for UTC"),
        (("metrics", "--since", "2d", "--until", "3d"), "not before the end"),
        (("timeline", "--plot", "timeline.png"), "not the name of an SVG file"),
        (("timeline", "--plot", "nowhere/timeline.svg"), "cannot be written"),
    ],
)
def test_what_cannot_be_reported_is_refused(site: Site, words: tuple[str, ...], message: str):
    done = site.run(*words)
    assert done.exit_code == 2
    assert message in done.stderr


def test_without_matplotlib_a_plot_says_what_to_install(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    done = site.run("timeline", "--plot", str(site.root / "timeline.svg"))
    assert done.exit_code == 2
    assert "install `ldmrelease[reports]`" in done.stderr


def test_a_site_without_matplotlib_says_that_it_has_no_plots(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    assert "without plots" not in site.run("site", "build", str(tmp_path / "drawn")).stderr
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    done = site.run("site", "build", str(tmp_path / "plain"))
    assert done.exit_code == 0
    assert "without plots" in done.stderr
    assert "install `ldmrelease[reports]`" in done.stderr
    assert not list((tmp_path / "plain").glob("*.svg"))


def test_a_site_is_built_and_only_what_changed_is_written_again(week: Site, tmp_path: Path):
    folder = tmp_path / "site"
    first = told(week, "site", "build", str(folder))
    assert first["written"] == first["files"]
    assert first["as_of"] == "2023-04-21T12:00:00Z"
    assert told(week, "site", "build", str(folder))["written"] == 0
    page = (folder / "releases" / "stack" / f"{WEEKLY}.html").read_text()
    assert 'href="../../places/base/ocps.html"' in page
    assert "As of 2023-04-21T12:00:00Z" in (folder / "index.html").read_text()
    week.ok("release", "pin", "w.2023.14")
    again = told(week, "site", "build", str(folder))
    assert 0 < again["written"] < first["written"] / 2
    assert (folder / "releases" / "stack" / "w.2023.14.html").exists()


def test_a_folder_of_something_else_is_no_site(site: Site, tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("precious")
    done = site.run("site", "build", str(tmp_path))
    assert done.exit_code == 2
    assert "name another folder" in done.stderr
