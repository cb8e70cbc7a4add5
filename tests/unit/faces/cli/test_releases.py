"""Pins, comparisons, evidence and checks by hand, observations: through the command line."""

import base64
import json
import shutil
from pathlib import Path

import pytest

from ldmrelease.trust.signer import generate
from tests.workspace import BASE, BEFORE, MENU, PLACE, WEEKLY, Site, copy_site


def test_an_open_release_becomes_complete_without_a_reason(site: Site) -> None:
    first = json.loads(site.ok("release", "pin", WEEKLY, "-o", "json"))
    assert first["complete"] is False
    assert set(first["missing"]) == {"scipipe", "sciplat-lab"}
    checked = site.run("check", WEEKLY, "--target", PLACE)
    assert checked.exit_code == 1, "without images nothing is let in, whatever else is missing"
    site.release_weekly()
    second = json.loads(site.ok("release", "pin", WEEKLY, "-o", "json"))
    assert (second["revision"], second["complete"]) == (2, True)


def test_pinning_the_same_again_writes_nothing(site: Site) -> None:
    site.ok("release", "pin", BEFORE)
    before = site.everything()
    assert site.ok("release", "pin", BEFORE).startswith("already pinned: stack/w.2023.15")
    assert site.everything() == before


def test_a_tag_that_moved_is_a_finding_and_needs_a_reason_to_be_pinned_again(site: Site) -> None:
    site.ok("release", "pin", BEFORE)
    site.move_tag("scipipe", "al9-w_2023_15")
    refused = site.run("check", BEFORE, "--target", PLACE)
    assert refused.exit_code == 1
    assert "the tag of scipipe in oci:images/scipipe has moved" in refused.stdout
    before = site.everything()
    mistake = site.run("release", "pin", BEFORE)
    assert mistake.exit_code == 2
    assert "scipipe has changed since; say why with --reason" in mistake.stderr
    assert site.everything() == before
    site.ok("release", "pin", BEFORE, "--reason", "rebuilt after a broken push")
    shown = json.loads(site.ok("release", "show", BEFORE, "-o", "json"))
    assert [each["reason"] for each in shown["revisions"]] == [None, "rebuilt after a broken push"]


def test_a_source_that_moved_asks_for_a_reason_as_a_tag_that_moved_does(site: Site) -> None:
    site.release_weekly()
    site.ok("release", "pin", WEEKLY)
    shutil.copytree(site.root / "images/scipipe", site.root / "images/mirror")
    site.edit(lambda text: text.replace("oci:images/scipipe", "oci:images/mirror"))
    mistake = site.run("release", "pin", WEEKLY)
    assert mistake.exit_code == 2, mistake.stdout
    assert "scipipe has changed since; say why with --reason" in mistake.stderr
    site.edit(lambda text: text.replace("oci:images/mirror", "oci:images/scipipe"))
    assert "already pinned" in site.ok("release", "pin", WEEKLY)


def test_a_comparison_tells_images_products_and_configuration(site: Site) -> None:
    site.ok("release", "pin", "w.2023.14")
    site.ok("release", "pin", BEFORE)
    site.ok("release", "pin", "v24.0.0.rc4")
    site.ok("release", "pin", "24.0.0")
    said = site.ok("release", "compare", "w.2023.14", BEFORE)
    assert "image scipipe: oci:images/scipipe al9-w_2023_14 sha256:" in said
    assert "EUPS products: 3 differ of 8" in said
    assert "~ daf_butler" in said
    final = json.loads(site.ok("release", "compare", "v24.0.0.rc4", "24.0.0", "-o", "json"))
    assert final["products"] == [], "a final has the content of its last candidate"
    assert {
        each["component"]
        for each in final["components"]
        if each["before"]["digest"] != each["after"]["digest"]
    } >= {
        "scipipe",
        "sciplat-lab",
    }
    assert json.loads(site.ok("release", "compare", BEFORE, BEFORE, "-o", "json"))["same"] is True


def test_releases_are_listed_by_product_and_kind(site: Site) -> None:
    site.ok("release", "pin", BEFORE)
    site.ok("release", "pin", "24.0.0")
    site.ok("release", "pin", "1.0.0", "--product", "prompt-processing")
    names = [each["tag"] for each in json.loads(site.ok("release", "list", "--kind", "weekly", "-o", "json"))]
    assert names == [BEFORE]
    names = [
        each["tag"]
        for each in json.loads(site.ok("release", "list", "-p", "prompt-processing", "-o", "json"))
    ]
    assert names == ["1.0.0"]


def test_a_printed_name_can_be_typed_again(site: Site) -> None:
    site.ok("release", "pin", "prompt-processing/1.0.0")
    assert "prompt-processing/1.0.0" in site.ok("release", "show", "prompt-processing/1.0.0")


@pytest.fixture(scope="module")
def pinned_once(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = copy_site(template, tmp_path_factory.mktemp("pinned") / "workspace")
    site.release_weekly()
    site.ok("release", "pin", WEEKLY)
    return site


@pytest.fixture
def pinned(pinned_once: Site, tmp_path: Path) -> Site:
    """The weekly is complete and pinned."""
    return pinned_once.copy(tmp_path / "workspace")


def sign(site: Site, *words: str, key: str = "ci", name: str = "statement.json") -> str:
    path = site.root / name
    site.ok(
        "evidence", "sign", WEEKLY, *words, "--key", str(site.root / f"keys/{key}.pem"), "--out", str(path)
    )
    return str(path)


def test_provenance_is_signed_added_once_and_counts(pinned: Site) -> None:
    path = sign(pinned, "--type", "provenance", "--component", "scipipe")
    assert pinned.run("evidence", "verify", path).exit_code == 0
    head = pinned.head()
    assert "taken in" in pinned.ok("evidence", "add", path)
    assert pinned.head().size > head.size
    before = pinned.everything()
    assert "was taken in already" in pinned.ok("evidence", "add", path)
    assert pinned.everything() == before
    (listed,) = json.loads(pinned.ok("evidence", "list", WEEKLY, "-o", "json"))
    assert (listed["type"], listed["counted"], listed["signer"], listed["component"]) == (
        "provenance",
        True,
        "ci",
        "scipipe",
    )


def test_evidence_that_only_the_registry_has_is_taken_in_by_a_promotion(pinned: Site, tmp_path: Path) -> None:
    """CI pushes beside the image; the ledger hears of it when a decision rests on it."""
    ci = copy_site(pinned.root, tmp_path / "ci")
    ci.ok("evidence", "add", sign(ci, "--type", "provenance", "--component", "scipipe"))
    shutil.copytree(ci.root / "images", pinned.root / "images", dirs_exist_ok=True)
    assert taken_in(pinned) == [False]
    assert pinned.run("check", WEEKLY, "--target", BASE).exit_code == 1
    assert taken_in(pinned) == [False], "a look takes nothing in"
    assert pinned.run("promote", WEEKLY, "--target", BASE).exit_code == 1
    assert taken_in(pinned) == [True]


def taken_in(site: Site) -> list[bool]:
    return [each["taken_in"] for each in json.loads(site.ok("evidence", "list", WEEKLY, "-o", "json"))]


def test_what_does_not_count_is_said_with_its_reason(pinned: Site, tmp_path: Path) -> None:
    wrong_role = sign(pinned, "--type", "provenance", "--component", "scipipe", key="observer")
    verified = pinned.run("evidence", "verify", wrong_role)
    assert verified.exit_code == 1
    assert "not counted: its signer has no role for it (key observer" in verified.stdout
    generate().write_key(tmp_path / "stranger.pem")
    done = pinned.run(
        "evidence", "sign", WEEKLY, "--type", "provenance", "--component", "scipipe",
        "--key", str(tmp_path / "stranger.pem"), "--out", str(tmp_path / "s.json"),
    )  # fmt: skip
    assert "does not have the key" in done.stderr
    added = pinned.run("evidence", "add", str(tmp_path / "s.json"))
    assert added.exit_code == 1
    assert "nobody in the trust document has the key" in added.stdout
    assert pinned.run("evidence", "verify", WEEKLY).exit_code == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is not a signed statement"),
        (b"{}", "it is not a signed statement"),
        (b'{"payload": "e30=", "payloadType": "text/plain", "signatures": []}', "not signed"),
    ],
)
def test_a_file_that_is_no_evidence_is_a_mistake(pinned: Site, content: bytes, said: str) -> None:
    (pinned.root / "bad.json").write_bytes(content)
    before = pinned.everything()
    for command in ("add", "verify"):
        done = pinned.run("evidence", command, str(pinned.root / "bad.json"))
        assert done.exit_code == 2
        assert "bad.json" in done.stderr
        assert said in done.stderr
    assert pinned.everything() == before


def test_one_bad_file_of_several_leaves_all_of_them_out(pinned: Site) -> None:
    good = sign(pinned, "--type", "provenance", "--component", "scipipe")
    (pinned.root / "bad.json").write_text("no json")
    before = pinned.head()
    assert pinned.run("evidence", "add", good, str(pinned.root / "bad.json")).exit_code == 2
    assert pinned.head() == before


def test_receipts_are_no_evidence_to_be_added(pinned: Site) -> None:
    pinned.ok("promote", WEEKLY, "--target", PLACE)
    envelope = pinned.run("receipt", "show", PLACE, WEEKLY, "--component", "scipipe", "--dsse").stdout
    assert json.loads(envelope)["payloadType"] == "application/vnd.in-toto+json"
    (pinned.root / "receipt.json").write_text(envelope)
    done = pinned.run("evidence", "add", str(pinned.root / "receipt.json"))
    assert done.exit_code == 2
    assert "this is a receipt" in done.stderr
    several = pinned.run("receipt", "show", PLACE, WEEKLY, "--dsse")
    assert several.exit_code == 2
    assert "choose one with --component" in several.stderr


def test_statements_are_about_release_content_or_one_platform(pinned: Site) -> None:
    predicate = pinned.root / "predicate.json"
    predicate.write_text('{"notes": "released"}')
    for words, subjects in (
        (("--about", "release"), 1),
        (("--about", "content"), 1),
        (("--component", "scipipe"), 3),
        (("--component", "scipipe", "--platform", "linux/arm64"), 1),
    ):
        path = sign(pinned, "--type", "https://example.org/notes/v1", "--predicate", str(predicate), *words)
        verified = pinned.run("evidence", "verify", path, "-o", "json")
        (found,) = json.loads(verified.stdout)
        assert len(found["subjects"]) == subjects
    unknown = pinned.run("evidence", "sign", WEEKLY, "--type", "sbom", "--component", "lab", "--key", "x")
    assert unknown.exit_code == 2
    assert "known are scipipe and sciplat-lab" in unknown.stderr


def test_a_check_by_hand_is_registered_signed_and_decides(pinned: Site) -> None:
    pinned.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    assert pinned.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 0
    pinned.smoke(passes=False)
    failed = pinned.run("check-run", "smoke", WEEKLY, "--target", PLACE)
    assert failed.exit_code == 1
    assert "failed: names-a-release and has-images" in failed.stdout
    (pinned.root / "checks/smoke.sh").unlink()
    pinned.edit(lambda text: text.replace("[sh, checks/smoke.sh]", "[checks/smoke.sh]"))
    errored = pinned.run("check-run", "smoke", WEEKLY, "--target", PLACE)
    assert errored.exit_code == 3
    results = [each["result"] for each in json.loads(pinned.ok("evidence", "list", WEEKLY, "-o", "json"))]
    assert sorted(results) == ["FAILED", "PASSED"]


def test_a_reported_check_is_registered_and_its_result_signed_by_hand(pinned: Site) -> None:
    done = pinned.run("check-run", "versions", WEEKLY, "--target", PLACE, "--output", "json")
    assert done.exit_code == 4
    (run,) = json.loads(done.stdout)
    words = ("--type", "check", "--check", "versions", "--run", run["run"])
    path = sign(pinned, *words, "--failed", "schemas", key="runner")
    pinned.ok("evidence", "add", path)
    (listed,) = json.loads(pinned.ok("evidence", "list", WEEKLY, "-o", "json"))
    assert (listed["result"], listed["failed_tests"], listed["counted"]) == ("FAILED", ["schemas"], True)
    stranger = pinned.run(
        "evidence",
        "sign",
        WEEKLY,
        "--type",
        "check",
        "--check",
        "versions",
        "--run",
        "run-0",
        "--key",
        "x",
        "--result",
        "passed",
    )
    assert stranger.exit_code == 2
    assert "no run 'run-0' of stack/w.2023.16 is registered" in stranger.stderr


def test_nobody_signs_a_pass_who_has_not_said_so(pinned: Site, tmp_path: Path) -> None:
    words = ("evidence", "sign", WEEKLY, "--type", "check", "--check", "versions")
    key = ("--key", str(pinned.root / "keys/runner.pem"))
    unsaid = pinned.run(*words, *key)
    assert (unsaid.exit_code, unsaid.stdout) == (2, "")
    assert "say what came of the check" in unsaid.stderr
    both = pinned.run(*words, *key, "--result", "passed", "--failed", "schemas")
    assert (both.exit_code, both.stdout) == (2, "")
    for result, name in (("passed", "PASSED"), ("failed", "FAILED")):
        envelope = json.loads(pinned.ok(*words, *key, "--result", result))
        predicate = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
        assert predicate["result"] == name
        assert predicate[f"{result}Tests"] == ["science-pipelines", "rubin-env", "schemas"]


def test_a_failed_check_where_it_ran_stops_the_way_onward(pinned: Site) -> None:
    pinned.ok("promote", WEEKLY, "--target", PLACE)
    pinned.advance(hours=3)
    pinned.ok("observe")
    assert pinned.run("check", WEEKLY, "--target", "base").exit_code == 0
    pinned.smoke(passes=False)
    assert pinned.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 1
    refused = pinned.run("check", WEEKLY, "--target", "base")
    assert refused.exit_code == 1
    assert f"smoke failed at {PLACE} since it came there" in refused.stdout
    assert f"next: ldmrelease check-run smoke w.2023.16 --target {PLACE}" in refused.stdout
    assert pinned.run("promote", WEEKLY, "--target", BASE).exit_code == 1


def test_observations_go_on_where_one_place_cannot_be_read(pinned: Site) -> None:
    pinned.commit_by_hand(MENU, "numReleases: ", "# numReleases: ")
    done = pinned.run("observe", "--target", "usdfdev")
    assert done.exit_code == 3
    assert "usdfdev/nublado: not observed: applications/nublado/values-usdfdev.yaml" in done.stderr
    assert "numReleases: the setting is not there" in done.stderr
    assert "usdfdev/batch: al9-w_2023_15 (committed)" in done.stdout
    assert len(pinned.events("observation.made")) == 1


def test_where_is_unobserved_when_nobody_looked_lately(pinned: Site) -> None:
    pinned.ok("observe")
    pinned.advance(days=2)
    rows = json.loads(pinned.ok("where", "-o", "json", "--environment", "usdfdev"))
    assert {each["state"] for each in rows} - {"never-observed"} == {"unobserved"}
    assert "al9-w_2023_15" in pinned.ok("where", "al9-w_2023_15")
    assert "not deployed anywhere" in pinned.ok("where", WEEKLY)


def test_history_tells_a_place_and_a_release(pinned: Site) -> None:
    pinned.ok("release", "pin", BEFORE)
    pinned.ok("observe")
    pinned.advance(hours=1)
    pinned.ok("promote", WEEKLY, "--target", PLACE)
    rows = json.loads(pinned.ok("history", PLACE, "-o", "json"))
    assert [(each["release"], each["ended"]) for each in rows] == [
        ("stack/w.2023.15", "replaced"),
        ("stack/w.2023.16", None),
    ]
    assert [each["place"] for each in json.loads(pinned.ok("history", WEEKLY, "-o", "json"))] == [PLACE]
    assert pinned.run("history", "nowhere").exit_code == 2
