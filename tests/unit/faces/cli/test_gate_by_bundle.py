"""`gate --bundle`: the same answers as by the ledger, where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.faces.cli.running import run
from tests.unit.faces.cli.test_gate_sync import REPOSITORY, digest, pod
from tests.workspace import BASE, BEFORE, PLACE, SUMMIT, WEEKLY, Site


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _bundle(site: Site, *words: str) -> str:
    file = str(site.root / "bundle.json")
    site.ok("bundle", "export", file, *words)
    return file


def _answer(site: Site, *words: str) -> tuple[int, dict[str, Any]]:
    done = site.run("gate", "sync", *words, "-o", "json")
    return done.exit_code, json.loads(done.stdout)


def _said(answer: dict[str, Any]) -> list[Any]:
    named = ("place", "component", "release", "verdict", "eligible_at")
    return [
        [each[name] for name in named] + [(one["code"], one["outcome"]) for one in each["findings"]]
        for each in answer["images"]
    ]


@pytest.mark.parametrize("target", [PLACE, BASE, SUMMIT])
@pytest.mark.parametrize("release", [BEFORE, WEEKLY])
def test_the_answer_is_that_of_the_ledger(developed: Site, target: str, release: str) -> None:
    file = pod(
        developed,
        f"{REPOSITORY}@{digest(developed, release)}",
        "registry.example.org/else@sha256:" + "0" * 64,
    )
    by_ledger = _answer(developed, "-f", file, "--target", target)
    by_bundle = _answer(developed, "-f", file, "--target", target, "--bundle", _bundle(developed))
    assert by_bundle[0] == by_ledger[0]
    assert _said(by_bundle[1]) == _said(by_ledger[1])
    assert (by_ledger[1]["bundle"], by_bundle[1]["bundle"]["serial"]) == (None, 1)


@pytest.mark.parametrize(
    "image",
    [
        f"{REPOSITORY}:al9-w_2023_15",
        "not an image",
        "{{ .Values.image }}",
        "component://nothing",
        "component://scipipe",
        "oci:images/prompt-service@sha256:" + "0" * 64,
    ],
)
def test_so_is_what_is_found_before_any_decision(developed: Site, image: str) -> None:
    file = pod(developed, image)
    by_ledger = _answer(developed, "-f", file, "--target", PLACE)
    by_bundle = _answer(developed, "-f", file, "--target", PLACE, "--bundle", _bundle(developed))
    codes = [[each["code"] for each in found["images"][0]["findings"]] for _, found in (by_ledger, by_bundle)]
    assert codes[0][0] == codes[1][0]
    assert by_bundle[0] == by_ledger[0]


def test_what_nobody_declares_is_refused_where_the_level_says_so(developed: Site) -> None:
    file = pod(developed, "docker.io/library/busybox:1")
    assert _answer(developed, "-f", file, "--target", PLACE, "--bundle", _bundle(developed))[0] == 0
    policy = developed.root / "policies" / "development.yaml"
    policy.write_text(policy.read_text().replace("\nspec:\n", "\nspec:\n  unmanaged: refused\n"))
    developed.ok("trust", "agree", "--yes")
    code, answer = _answer(developed, "-f", file, "--target", PLACE, "--bundle", _bundle(developed))
    (image,) = answer["images"]
    assert (code, image["verdict"]) == (1, "refused")
    assert [each["code"] for each in image["findings"]] == ["unmanaged-image"]


def test_a_release_that_is_named_fills_in_its_components(developed: Site) -> None:
    file, bundle = pod(developed, "component://scipipe"), _bundle(developed)
    code, answer = _answer(developed, "-f", file, "-t", PLACE, "--bundle", bundle, "--release", WEEKLY)
    assert (code, answer["images"][0]["digest"]) == (0, digest(developed, WEEKLY))
    assert _answer(developed, "-f", file, "-t", PLACE, "--bundle", bundle, "-r", "stack/w.2023.16")[0] == 0
    file = pod(developed, f"{REPOSITORY}@{digest(developed, BEFORE)}")
    code, answer = _answer(developed, "-f", file, "-t", PLACE, "--bundle", bundle, "--release", WEEKLY)
    assert (code, answer["images"][0]["findings"][0]["code"]) == (1, "other-release")


def test_nothing_but_the_bundle_and_the_trust_document_is_needed(developed: Site, tmp_path: Path) -> None:
    developed.begin_on_the_wall()
    developed.ok("release", "pin", WEEKLY)
    file = pod(developed, f"{REPOSITORY}@{digest(developed, WEEKLY)}")
    words = ["gate", "sync", "-f", file, "-t", PLACE, "--bundle", _bundle(developed)]
    words += [
        "--trust",
        str(developed.root / "trust.yaml"),
        "--seen",
        str(tmp_path / "seen.json"),
        "-o",
        "json",
    ]
    (developed.root / "ldmrelease.yaml").unlink()
    (developed.root / "ledger.db").unlink()
    done = run("-C", str(tmp_path), *words)
    assert json.loads(done.stdout)["images"][0]["release"] == f"stack/{WEEKLY}"
    assert done.exit_code == 0


def test_a_gate_without_a_bundle_to_decide_by_stays_shut(developed: Site) -> None:
    file = pod(developed, f"{REPOSITORY}@{digest(developed, WEEKLY)}")
    bundle = _bundle(developed)
    words = ("-f", file, "-t", PLACE, "--bundle", bundle)
    assert _answer(developed, *words)[0] == 0
    developed.advance(days=2)
    done = developed.run("gate", "sync", *words)
    assert done.exit_code == 0
    assert "warning" in done.stderr
    assert "stale" in done.stderr
    developed.advance(days=30)
    code, answer = _answer(developed, *words)
    assert (code, answer["verdict"]) == (3, "undecided")
    assert [each["code"] for each in answer["unreadable"]] == ["expired"]
    assert _answer(developed, *words, "--ledger", "another")[0] == 3


def test_another_cluster_than_the_bundles_leaves_the_gate_shut(developed: Site) -> None:
    developed.edit(lambda text: text.replace("  usdfdev:\n", "  usdfdev:\n    cluster-uid: uid-1\n", 1))
    file = pod(developed, f"{REPOSITORY}@{digest(developed, WEEKLY)}")
    words = ("-f", file, "-t", PLACE, "--bundle", _bundle(developed))
    assert _answer(developed, *words, "--cluster", "uid-1")[0] == 0
    code, answer = _answer(developed, *words, "--cluster", "uid-2")
    assert (code, [each["code"] for each in answer["unreadable"]]) == (3, ["other-cluster"])
    assert "is in cluster uid-1, and the gate is for cluster uid-2" in answer["unreadable"][0]["sentence"]


def test_an_environment_whose_cluster_nobody_names_is_told_to_be_in_none(developed: Site) -> None:
    file, bundle = pod(developed, f"{REPOSITORY}@{digest(developed, WEEKLY)}"), _bundle(developed)
    code, answer = _answer(developed, "-f", file, "-t", PLACE, "--bundle", bundle, "--cluster", "uid-2")
    assert code == 3
    assert (
        "is in no cluster that is known, and the gate is for cluster uid-2"
        in answer["unreadable"][0]["sentence"]
    )


def test_an_image_without_a_digest_is_not_told_to_be_of_the_release_beside_it(developed: Site) -> None:
    file = pod(developed, f"{REPOSITORY}:al9-w_2023_16", f"{REPOSITORY}@{digest(developed, BEFORE)}")
    _, answer = _answer(developed, "-f", file, "-t", PLACE, "--bundle", _bundle(developed))
    assert [each["release"] for each in answer["images"]] == [None, f"stack/{BEFORE}"]
    assert answer["images"][0]["findings"][0]["code"] == "no-digest"


def test_an_image_that_the_bundle_does_not_know_is_undecided(developed: Site) -> None:
    file = pod(developed, f"{REPOSITORY}@sha256:{'0' * 64}")
    code, answer = _answer(developed, "-f", file, "-t", PLACE, "--bundle", _bundle(developed))
    (finding,) = answer["images"][0]["findings"]
    assert (code, finding["code"]) == (3, "not-in-bundle")
    assert "pin its release where the ledger is, and take a newer one" in finding["sentence"]


def test_what_waits_is_still_waiting_by_the_same_bundle(waiting: tuple[Site, str]) -> None:
    site, _ = waiting
    bundle = _bundle(site)
    file = pod(site, f"{REPOSITORY}@{digest(site, WEEKLY)}")
    code, answer = _answer(site, "-f", file, "-t", BASE, "--bundle", bundle)
    assert (code, answer["verdict"]) == (4, "waiting")
    until = answer["images"][0]["eligible_at"]
    assert until is not None
    site.advance(hours=20)
    assert _answer(site, "-f", file, "-t", BASE, "--bundle", bundle)[0] in {3, 4}


def test_what_is_no_target_or_release_of_the_bundle_is_bad_input(developed: Site) -> None:
    words = ("gate", "sync", "-f", pod(developed, "a"), "--bundle", _bundle(developed))
    assert developed.run(*words, "-t", "nowhere").exit_code == 2
    assert developed.run(*words, "-t", PLACE, "-r", "w.2099.01").exit_code == 2
