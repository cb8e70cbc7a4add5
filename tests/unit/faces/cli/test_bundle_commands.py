"""`bundle export`, `verify`, `show`, `publish`: from a workspace to a place that has nothing but a trust document."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from tests.unit.faces.cli.running import run
from tests.workspace import BEFORE, PLACE, WEEKLY, Site


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen of bundles is remembered for a test, and not for whoever runs it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _exported(site: Site, *words: str) -> Path:
    file = site.root / "bundle.json"
    site.ok("bundle", "export", str(file), *words)
    return file


def test_a_bundle_is_exported_verified_and_shown(developed: Site, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    file = _exported(developed)
    told = json.loads(developed.ok("bundle", "verify", str(file), "--seen", str(seen), "-o", "json"))
    assert told["usable"]
    assert told["bundle"]["serial"] == 1
    shown = json.loads(developed.ok("bundle", "show", str(file), "-o", "json"))
    decided = {(each["place"], each["release"]): each["verdict"] for each in shown["decided"]}
    assert decided["base/ocps", f"stack/{WEEKLY}"] == "waiting"
    allowed = {(each["place"], each["release"]) for each in shown["allowed"]}
    assert (PLACE, f"stack/{WEEKLY}") in allowed
    assert (PLACE, f"stack/{BEFORE}") not in allowed


def test_an_admission_policy_is_written_of_a_bundle(developed: Site) -> None:
    file, policy = _exported(developed, "--exempt-namespace", "summit/kube-system"), developed.root / "p.yaml"
    words = ("bundle", "export", str(policy), "--admission-policy", "--bundle", str(file))
    assert developed.run(*words).exit_code == 2, "a policy is of one environment"
    size = developed.ok("ledger", "show", "-o", "json").count('"kind"')
    developed.ok(*words, "-e", "summit")
    kinds = [each["kind"] for each in yaml.safe_load_all(policy.read_text())]
    assert kinds == ["AllowList", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert developed.ok("ledger", "show", "-o", "json").count('"kind"') == size, "nothing was exported"


def _verified(site: Site, file: Path, *words: str) -> tuple[int, list[str]]:
    done = site.run(
        "bundle", "verify", str(file), "--seen", str(site.root / "seen.json"), "-o", "json", *words
    )
    told = json.loads(done.stdout)
    return done.exit_code, [each["code"] for each in told["findings"]]


def test_thirty_days_without_the_ledger(developed: Site) -> None:
    """A hosted runner goes on with the bundle that it has: with a warning from the second day, and not for ever."""
    file = _exported(developed)
    (developed.root / "ledger.db").rename(developed.root / "away.db")
    began = developed.now
    told = []
    for day in (0, 1, 2, 13, 14, 15, 30):
        developed.clock(began + timedelta(days=day, minutes=1))
        told.append((day, *_verified(developed, file)))
    assert told == [
        (0, 0, []),
        (1, 0, ["stale"]),
        (2, 0, ["stale"]),
        (13, 0, ["stale"]),
        (14, 3, ["expired"]),
        (15, 3, ["expired"]),
        (30, 3, ["expired"]),
    ]
    shown = developed.run("bundle", "show", str(file))
    assert shown.exit_code == 3
    assert "expired" in shown.stdout


def test_serials_rise_with_every_export_and_are_in_the_ledger(developed: Site) -> None:
    first = _exported(developed).read_bytes()
    file = _exported(developed, "--fresh-for", "1h", "--expires-after", "2h")
    assert _verified(developed, file) == (0, [])
    file.write_bytes(first)
    assert _verified(developed, file) == (3, ["older-bundle"])
    kinds = [each["kind"] for each in json.loads(developed.ok("ledger", "show", "-o", "json"))]
    assert kinds.count("bundle.exported") == 2
    assert developed.run("ledger", "verify").exit_code == 0


def test_a_trust_document_alone_verifies_it(developed: Site, tmp_path: Path) -> None:
    """Nothing of the workspace is there, and what the bundle holds of its trust document reads as one."""
    developed.begin_on_the_wall()
    file = _exported(developed)
    told = json.loads(developed.ok("bundle", "show", str(file), "-o", "json"))["bundle"]
    said = json.loads(base64.b64decode(json.loads(file.read_text())["payload"]))["trust"]
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps(said["document"]))
    away = [str(trust), "--seen", str(tmp_path / "seen.json")]
    words = ["-C", str(tmp_path), "bundle", "verify", str(file), "--trust"]
    assert run(*words, *away, "--trust-digest", told["trust"]).exit_code == 0
    assert run(*words, *away, "--trust-digest", f"sha256:{'0' * 64}").exit_code == 2
    unsigned = run(*words, *away)
    assert unsigned.exit_code == 3
    assert "is not signed: nobody has signed it" in unsigned.stderr
    away += ["--trust-digest", told["trust"]]
    assert run(*words, *away, "--ledger", told["ledger"]).exit_code == 0
    assert run(*words, *away, "--ledger", "another").exit_code == 3
    assert run("-C", str(tmp_path), "bundle", "verify", str(file)).exit_code == 2


def test_an_older_bundle_does_not_take_a_newer_ones_place(developed: Site) -> None:
    where = "oci:bundles:production"
    older = _exported(developed)
    told = json.loads(developed.ok("bundle", "publish", where, "-o", "json"))
    assert told["bundle"]["serial"] == 2
    refused = developed.run("bundle", "publish", where, "--bundle", str(older))
    assert refused.exit_code == 3
    assert "bundle 2" in refused.stderr
    assert json.loads(developed.ok("bundle", "verify", where, "-o", "json"))["bundle"]["serial"] == 2
    older.write_bytes(older.read_bytes().replace(b'"sig":"M', b'"sig":"N'))
    assert developed.run("bundle", "publish", "oci:bundles:other", "--bundle", str(older)).exit_code == 3


def test_another_file_than_a_bundle_is_told_to_be_none(developed: Site) -> None:
    done = developed.run("bundle", "verify", str(developed.root / "trust.yaml"))
    assert done.exit_code == 3
    assert "trust.yaml: it is not a bundle: line 1, column 1: not JSON" in done.stdout


def test_outside_of_a_workspace_a_trust_document_is_asked_for_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("bundle", "verify", "bundle.json")
    assert done.exit_code == 2
    assert "error: no trust document is named; name one with --trust, or a workspace: " in done.stderr


def test_what_was_changed_since_it_was_agreed_is_not_exported(developed: Site) -> None:
    policy = developed.root / "policies" / "production.yaml"
    policy.write_text(policy.read_text() + "# another one\n")
    done = developed.run("bundle", "export", "bundle.json")
    assert done.exit_code == 2
    assert "trust document" in done.stderr


def test_without_a_key_that_may_sign_bundles_none_is_exported(developed: Site) -> None:
    size = len(json.loads(developed.ok("ledger", "show", "-o", "json")))
    developed.ok("trust", "role", "ledger", "--type", "checkpoint", "--yes")
    done = developed.run("bundle", "export", "bundle.json")
    assert done.exit_code == 2
    assert "wrong-role" in done.stderr
    assert len(json.loads(developed.ok("ledger", "show", "-o", "json"))) == size


@pytest.mark.parametrize(
    "words",
    [
        ("--fresh-for", "2d", "--expires-after", "1d"),
        ("--fresh-for", "soon"),
        ("--exempt-namespace", "kube-system"),
        ("--exempt-namespace", "nowhere/kube-system"),
        ("--bundle", "bundle.json"),
        ("--admission-policy", "-e", "nowhere"),
    ],
)
def test_what_makes_no_sense_is_bad_input(site: Site, words: tuple[str, ...]) -> None:
    assert site.run("bundle", "export", "bundle.json", *words).exit_code == 2


def test_a_release_that_a_promotion_let_in_may_be_created_at_once(ready: Site) -> None:
    def allowed(place: str) -> set[str | None]:
        shown = json.loads(ready.ok("bundle", "show", str(_exported(ready)), "-o", "json"))
        return {each["release"] for each in shown["allowed"] if each["place"] == place}

    assert allowed(PLACE) == {f"stack/{BEFORE}"}
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert allowed(PLACE) == {f"stack/{WEEKLY}"}
