"""Attestations that workflows sign without a key: taken in, listed, verified and decided on, each with whose it is."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.sigstore_instance import SigstoreInstance, TokenOf
from tests.workspace import BEFORE, PLACE, TESTSTAND, WEEKLY, Site, sign_trust

SIGSTORE = SigstoreInstance()
BUILDS = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "https://github.com/lsst/lab/.github/workflows/*",
    "repository": "https://github.com/lsst/lab",
    "person": "ci",
    "roles": ["ci"],
    "not-before": "2023-01-01",
}


def trusting(site: Site, root: bytes | None = None, *, signed: bool = True, **changes: Any) -> None:
    """The trust document names the workflows of the lab's repository, and the authorities of the tests."""
    (site.root / "trusted_root.json").write_bytes(root or SIGSTORE.trusted_root())

    def edit(text: str) -> str:
        plain: dict[str, Any] = yaml.safe_load(text)
        plain["identities"] = {"lab-builds": {**BUILDS, **changes}}
        plain["sigstore"] = {"trusted-root": "trusted_root.json"}
        return yaml.safe_dump(plain, sort_keys=False)

    document = site.root / "trust.yaml"
    document.write_text(edit(document.read_text()))
    if signed:
        sign_trust(site.root)


def attested(site: Site, token: TokenOf | None = None, name: str = "attested") -> str:
    """The file of the bundle in which a workflow says that it built the image of scipipe."""
    token = token or TokenOf()
    ours = site.root / "ours.json"
    site.ok(
        "evidence", "sign", BEFORE, "--type", "provenance", "--component", "scipipe",
        "--key", str(site.root / "keys/ci.pem"), "--out", str(ours),
    )  # fmt: skip
    statement = json.loads(base64.b64decode(json.loads(ours.read_text())["payload"]))
    source = {"uri": f"git+{token.repository}@{token.ref}", "digest": {"gitCommit": token.commit}}
    statement["predicate"] = {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"ref": token.ref, "repository": token.repository}},
            "resolvedDependencies": [source],
        },
        "runDetails": {"builder": {"id": token.subject}},
    }
    file = site.root / f"{name}.sigstore.json"
    file.write_text(json.dumps(SIGSTORE.bundle(json.dumps(statement).encode(), token)))
    return str(file)


def told(site: Site, *words: str) -> dict[str, Any]:
    answer: list[dict[str, Any]] = json.loads(site.run(*words, "-o", "json").stdout)
    return next(each for each in answer if each["signer"] != "ci" or each["certificate"])


def test_what_a_workflow_attests_is_what_production_asks_for(ready: Site) -> None:
    trusting(ready)
    file = attested(ready)
    done = ready.run("evidence", "verify", file)
    assert done.exit_code == 0, done.stdout
    assert "signed by lab-builds as ci" in done.stdout
    assert "production/built-by-ci (by ci): counts" in done.stdout
    assert "repository https://github.com/lsst/lab" in done.stdout
    assert "workflow .github/workflows/build.yaml@refs/tags/1.0" in done.stdout
    assert "issuer https://token.actions.githubusercontent.com" in done.stdout
    ready.ok("evidence", "add", file)
    listed = told(ready, "evidence", "list", BEFORE)
    assert (listed["signer"], listed["counted"], listed["taken_in"]) == ("lab-builds", True, True)
    assert listed["certificate"]["repository"] == "https://github.com/lsst/lab"
    assert "lab-builds" in ready.ok("evidence", "list", BEFORE)
    ready.ok("ledger", "verify")


def test_a_decision_rests_on_it(ready: Site) -> None:
    trusting(ready)
    before = _built_by_ci(ready)
    ready.ok("evidence", "add", attested(ready))
    after = _built_by_ci(ready)
    # Another image of the release has none yet.
    assert (len(before["evidence"]), len(after["evidence"])) == (0, 1)
    assert "scipipe" in str(before["values"])
    assert "scipipe" not in str(after["values"])


def _built_by_ci(site: Site) -> dict[str, Any]:
    answer = json.loads(site.run("check", BEFORE, "--target", "summit/ocps", "-o", "json").stdout)
    (found,) = _findings(answer, "built-by-ci")
    return found


def _findings(plain: Any, requirement: str) -> list[dict[str, Any]]:
    if isinstance(plain, list):
        return [found for each in plain for found in _findings(each, requirement)]
    if not isinstance(plain, dict):
        return []
    own = [plain] if plain.get("requirement") == requirement and "outcome" in plain else []
    return own + [found for each in plain.values() for found in _findings(each, requirement)]


def test_it_is_attached_with_its_bundle_and_found_there_again(ready: Site) -> None:
    trusting(ready)
    file = attested(ready)
    added = json.loads(ready.run("evidence", "add", file, "-o", "json").stdout)
    assert added[0]["counted"]
    assert added[0]["referrers"]
    for each in ready.root.glob("ledger.db*"):
        each.unlink()
    ready.ok("ledger", "init", "--anew", "--reason", "lost")
    ready.ok("release", "pin", BEFORE)
    listed = told(ready, "evidence", "list", BEFORE)
    assert (listed["signer"], listed["counted"], listed["taken_in"]) == ("lab-builds", True, False)


def test_who_is_not_in_the_trust_document_is_named_and_takes_no_room(ready: Site) -> None:
    trusting(ready)
    token = TokenOf(
        subject="https://github.com/evil-org/lab/.github/workflows/build.yaml@refs/tags/1.0",
        repository="https://github.com/evil-org/lab",
    )
    file = attested(ready, token)
    done = ready.run("evidence", "verify", file)
    assert done.exit_code == 1
    assert "nobody in the trust document is who its certificate names" in done.stdout
    assert "repository https://github.com/evil-org/lab" in done.stdout
    assert "differs [lab-builds by subject]" in done.stdout
    added = ready.run("evidence", "add", file)
    assert added.exit_code == 1
    assert "is not taken in" in added.stdout
    assert "unknown identity" in ready.ok("evidence", "list", BEFORE)


def test_what_github_gives_out_is_one_bundle_a_line(ready: Site) -> None:
    trusting(ready)
    stranger = TokenOf(repository="https://github.com/evil-org/lab")
    lines = [Path(attested(ready, each)).read_text() for each in (None, stranger)]
    file = ready.root / "attestations.jsonl"
    file.write_text("\n".join(lines) + "\n")
    answer = json.loads(ready.run("evidence", "verify", str(file), "-o", "json").stdout)
    assert [each["counted"] for each in answer] == [True, False]
    done = ready.run("evidence", "verify", str(file))
    assert done.exit_code == 1
    assert "attestations.jsonl:1: provenance" in done.stdout
    assert "attestations.jsonl:2: provenance" in done.stdout
    added = json.loads(ready.run("evidence", "add", str(file), "-o", "json").stdout)
    assert [each["counted"] for each in added] == [True, False]


@pytest.mark.parametrize(
    ("text", "said"), [("", "there is nothing in it"), ("{}\n", "x.jsonl:1: it is not a signed statement")],
    ids=["nothing", "no-envelope"],
)  # fmt: skip
def test_a_line_that_is_none_is_named_and_nothing_is_added(ready: Site, text: str, said: str) -> None:
    (ready.root / "x.jsonl").write_text(text)
    done = ready.run("evidence", "add", str(ready.root / "x.jsonl"))
    assert done.exit_code == 2
    assert said in done.stderr


def test_what_came_in_after_the_identity_was_compromised_does_not_count(ready: Site) -> None:
    trusting(ready, **{"compromised-since": "2023-04-20T11:00:00Z"})
    done = ready.run("evidence", "verify", attested(ready))
    assert done.exit_code == 1
    assert "it was taken in after its identity was compromised" in done.stdout


def test_without_the_library_it_is_seen_and_not_counted(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(ready)
    monkeypatch.setattr("ldmrelease.trust.keyless.has_library", lambda: False)
    done = ready.run("evidence", "verify", attested(ready))
    assert done.exit_code == 1
    assert "pip install ldmrelease[sigstore]" in done.stdout
    answer = told(ready, "evidence", "verify", attested(ready))
    assert answer["rejected"]["code"] == "needs-sigstore"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"roles": ["cy"]}, "identities.lab-builds.roles[0]"),
        ({"issuer": "http://token.example"}, "the issuer is an https:// address"),
        ({"subject": "*", "repository": None}, "is everybody's"),
    ],
    ids=["role", "issuer", "everybody"],
)
def test_what_is_wrong_with_an_identity_is_told_where_it_stands(
    ready: Site, changes: dict[str, Any], said: str
) -> None:
    trusting(ready, signed=False, **changes)
    done = ready.run("workspace", "lint")
    assert done.exit_code == 1
    assert said in done.stdout + done.stderr


def test_a_trusted_root_that_is_none_is_told(ready: Site) -> None:
    trusting(ready, root=b"{}", signed=False)
    done = ready.run("workspace", "lint")
    assert done.exit_code == 1
    assert "sigstore.trusted-root" in done.stdout + done.stderr


def test_identities_without_a_trusted_root_are_told(ready: Site) -> None:
    trusting(ready)
    ready.edit(lambda text: text[: text.index("sigstore:")], "trust.yaml")
    done = ready.run("workspace", "lint")
    assert "there is no trusted root to verify certificates by" in done.stdout + done.stderr


def test_another_trusted_root_is_another_trust_document(ready: Site) -> None:
    trusting(ready)
    ready.ok("evidence", "add", attested(ready))
    ready.ok("promote", WEEKLY, "--target", PLACE, "--yes")
    (ready.root / "trusted_root.json").write_bytes(SigstoreInstance().trusted_root())
    done = ready.run("promote", WEEKLY, "--target", TESTSTAND, "--yes")
    # Nobody has signed it.
    assert done.exit_code == 2, done.stderr
    assert "trust sign" in done.stdout + done.stderr


def test_doctor_tells_that_the_library_is_missing(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(ready)
    assert "1 of them" in ready.run("doctor").stdout
    monkeypatch.setattr("ldmrelease.trust.keyless.has_library", lambda: False)
    assert "pip install 'ldmrelease[sigstore]'" in ready.run("doctor").stdout


def test_the_pages_of_a_person_show_the_identity(ready: Site, tmp_path: Path) -> None:
    trusting(ready, person="ada")
    ready.ok("site", "build", str(tmp_path / "site"))
    (page,) = (tmp_path / "site" / "people").glob("*ada*")
    assert "https://github.com/lsst/lab/.github/workflows/*" in page.read_text()


def test_a_decision_that_rested_on_it_replays_where_the_library_is(
    ready: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting(ready)
    ready.ok("evidence", "add", attested(ready))
    ready.run("promote", BEFORE, "--target", "summit/ocps", "--yes")
    done = ready.run("audit", "replay", "--all")
    assert done.exit_code == 0, done.stdout
    # It is made again by another process.
    (tmp_path / "sigstore.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    without = ready.run("audit", "replay", "--all")
    assert without.exit_code == 1
    assert "statements" in without.stdout


def test_the_trust_document_is_shown_with_its_identities(ready: Site) -> None:
    trusting(ready, person="ada")
    assert "lab-builds https://github.com/lsst/lab/.github/workflows/* by https://token" in ready.ok(
        "trust", "show"
    )
    shown = json.loads(ready.ok("trust", "show", "-o", "json"))
    (ada,) = (each for each in shown["people"] if each["person"] == "ada")
    assert (ada["keys"], ada["identities"][0]["repository"]) == ([], "https://github.com/lsst/lab")
