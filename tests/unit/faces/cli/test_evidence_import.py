"""`evidence import`: files of other tools become statements and approvals of a bridge, and count as the trust document
says."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ldmrelease.evidence_formats.interface import OF_OUTSIDERS
from tests.workspace import BEFORE, Site

DATA = Path(__file__).parents[3] / "data" / "evidence"


def done(site: Site, format: str, name: str, *words: str, code: int = 0) -> Any:
    """The answer of an import about the release of the week before."""
    found = site.run(
        "evidence", "import", format, str(DATA / name), "--subject", BEFORE, "-o", "json", *words
    )
    assert found.exit_code == code, found.stdout + found.stderr
    return json.loads(found.stdout)


def statements(site: Site) -> dict[str, Any]:
    """The statements that the ledger has, by type."""
    listed = json.loads(site.run("evidence", "list", BEFORE, "-o", "json").stdout)
    return {each["type"]: each for each in listed if each["signer"] == "bridge"}


@pytest.mark.parametrize(
    ("format", "name", "type", "words"),
    [
        ("trivy", "trivy.json", "vulnerabilities", ["--component", "scipipe"]),
        ("cyclonedx", "cyclonedx.json", "sbom", ["--component", "scipipe"]),
        ("openvex", "openvex.json", "vex", ["--component", "scipipe"]),
        ("lsst-verify", "lsst-verify.json", "metric", ["--environment", "usdfdev"]),
        ("github-reviews", "github-reviews.json", "code-review", ["--codeowners", str(DATA / "CODEOWNERS")]),
        ("codeowners", "CODEOWNERS", "code-review", []),
    ],
    ids=["trivy", "cyclonedx", "openvex", "lsst-verify", "reviews", "codeowners"],
)
def test_a_file_becomes_a_statement_that_says_where_it_was_observed(
    ready: Site, format: str, name: str, type: str, words: list[str]
) -> None:
    answer = done(ready, format, name, *words)
    assert (answer["statement"]["type"], answer["statement"]["counted"]) == (type, True)
    assert answer["document"].startswith("sha256:")
    taken = statements(ready)[type]
    assert (taken["signer"], taken["roles"], taken["taken_in"]) == ("bridge", ["bridge"], True)


def test_a_bill_of_materials_may_be_of_one_platform(ready: Site, tmp_path: Path) -> None:
    file = tmp_path / "spdx.json"
    file.write_text((DATA / "spdx.json").read_text().replace("2023-05-12", "2023-04-12"))
    words = ["--component", "scipipe", "--platform", "linux/amd64"]
    answer = done(ready, "spdx", str(file), *words)
    assert len(answer["statement"]["subjects"]) == 1


def test_the_same_again_is_another_sighting_and_text_is_for_people(ready: Site) -> None:
    words = ["evidence", "import", "lsst-verify", str(DATA / "lsst-verify.json"), "--subject", BEFORE]
    told = ready.ok(*words)
    assert "lsst-verify.json (lsst-verify," in told
    assert "as observed by bridge in lsst-verify" in told
    assert "it counts" in told


def test_results_of_an_outside_run_count_where_the_requirement_says_so(ready: Site) -> None:
    # The flock has a monkey that failed: whichever test of the check stands for it has failed, too.
    answer = done(ready, "mobu", "mobu-flock.json", "--check", "versions", "--one-test", "schemas")
    assert answer["statement"]["type"] == "check"
    assert statements(ready)["check"]["result"] == "FAILED"


def test_a_pass_has_to_tell_of_every_test_that_the_check_declares(ready: Site) -> None:
    found = ready.run(
        "evidence", "import", "github-checks", str(DATA / "github-checks.json"), "--subject", BEFORE,
        "--check", "versions",
    )  # fmt: skip
    assert found.exit_code == 2
    assert "--one-test makes one test of them" in found.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["mobu", "mobu-flock.json"], "say with --check of which check"),
        (["mobu", "mobu-flock.json", "--check", "nothing"], "there is no check nothing"),
        (["mobu", "mobu-flock.json", "--check", "versions", "--one-test", "x"], "versions declares no test x"),
        (["lsst-verify", "lsst-verify.json", "--environment", "mars"], "there is no environment mars"),
        (["trivy", "trivy.json", "--component", "nothing"], "there is no image component"),
        (["nothing", "trivy.json"], "there is no format 'nothing'"),
        (["trivy", "trivy.json", "--database-updated", "soon"], "--database-updated: 'soon' is not a time"),
        (["jira", "jira-rfc.json"], "name it with --target"),
        (["jira", "jira-rfc.json", "--target", "mars"], "there is no target mars"),
        (["junit", "junit-nested.xml", "--role", "sqa", "--target", "summit"], "it is not an approval"),
    ],
    ids=[
        "which check", "check", "test", "environment", "component", "format", "time", "no target", "target", "approval",
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_nothing_is_signed(ready: Site, words: list[str], told: str) -> None:
    format, name, *rest = words
    before = ready.ok("ledger", "verify", "-o", "json")
    found = ready.run("evidence", "import", format, str(DATA / name), "--subject", BEFORE, *rest)
    assert (found.exit_code, told in found.stderr) == (2, True), found.stderr
    assert ready.ok("ledger", "verify", "-o", "json") == before


def test_what_is_wrong_in_a_file_is_told_with_what_it_would_have_to_be(ready: Site, tmp_path: Path) -> None:
    file = tmp_path / "scan.json"
    file.write_text('{"SchemaVersion": 2,\n "SchemaVersion": 1e400000, "Results": NaN}')
    found = ready.run("evidence", "import", "trivy", str(file), "--subject", BEFORE)
    assert found.exit_code == 2
    assert "2:2: SchemaVersion: the key 'SchemaVersion' stands twice" in found.stderr
    assert "Results: NaN is not a number of JSON; it would have to be a number" in found.stderr


def test_a_file_from_the_future_and_one_of_another_image_are_refused(ready: Site, tmp_path: Path) -> None:
    plain = json.loads((DATA / "trivy.json").read_text())
    file = tmp_path / "scan.json"
    words = ["evidence", "import", "trivy", str(file), "--subject", BEFORE, "--component", "scipipe"]
    file.write_text(json.dumps(plain | {"CreatedAt": "2099-01-01T00:00:00Z"}))
    found = ready.run(*words)
    assert (found.exit_code, "it claims to come from the future" in found.stderr) == (2, True)
    file.write_text(json.dumps(plain | {"ArtifactName": f"x/lab@sha256:{'a' * 64}"}))
    found = ready.run(*words)
    assert (found.exit_code, "and the subject is" in found.stderr) == (2, True)


def test_a_file_without_an_end_is_not_read_to_it(ready: Site) -> None:
    found = ready.run("evidence", "import", "junit", "/dev/zero", "--subject", BEFORE, "--check", "versions")
    assert found.exit_code == 2
    assert f"more than {OF_OUTSIDERS.size:,} bytes" in found.stderr


def test_a_subject_may_be_the_digest_of_an_image(ready: Site) -> None:
    release = json.loads(ready.run("release", "show", BEFORE, "-o", "json").stdout)
    digest = next(each["digest"] for each in release["components"] if each["name"] == "scipipe")
    words = ["evidence", "import", "trivy", str(DATA / "trivy.json"), "-o", "json", "--subject"]
    answer = json.loads(ready.run(*words, digest).stdout)
    assert digest in answer["statement"]["subjects"]
    assert ready.run(*words, f"sha256:{'a' * 64}").exit_code == 2


def test_what_the_bridge_may_not_say_does_not_count(ready: Site) -> None:
    def narrow(text: str) -> str:
        plain: dict[str, Any] = yaml.safe_load(text)
        plain["roles"]["bridge"]["types"] = ["observed-approval", "sbom"]
        return yaml.safe_dump(plain, sort_keys=False)

    ready.edit(narrow, "trust.yaml")
    answer = done(ready, "trivy", "trivy.json", "--component", "scipipe", code=1)
    assert answer["statement"]["rejected"]["code"] == "wrong-role"


def test_a_statement_may_be_written_to_a_file_and_is_added_later(ready: Site, tmp_path: Path) -> None:
    out = tmp_path / "scan.dsse.json"
    words = [
        "trivy",
        str(DATA / "trivy.json"),
        "--subject",
        BEFORE,
        "--component",
        "scipipe",
        "--out",
        str(out),
    ]
    ready.ok("evidence", "import", *words)
    assert not statements(ready)
    assert ready.run("evidence", "add", str(out)).exit_code == 0


def test_an_rfc_that_was_adopted_is_the_boards_approval_once(ready: Site) -> None:
    answer = done(ready, "jira", "jira-rfc.json", "--target", "production")
    its = answer["approval"]
    assert (its["scope"], its["role"], its["reference"]) == (
        "level:production",
        "change-control-board",
        "jira:RFC-1012",
    )
    assert (its["persons"], its["new"]) == (["grace"], True)
    again = done(ready, "jira", "jira-rfc.json", "--target", "production")["approval"]
    assert (again["approval"], again["new"]) == (its["approval"], False)
    other = done(ready, "jira", "jira-rfc.json", "--target", "summit")["approval"]
    assert (other["approval"] != its["approval"], other["scope"]) == (True, "summit")


def test_a_review_is_an_approval_in_the_role_that_is_named(ready: Site) -> None:
    words = ["--target", "summit", "--role", "observatory-owner"]
    its = done(ready, "github-reviews", "github-reviews.json", *words)["approval"]
    assert (its["role"], its["persons"], its["reference"]) == (
        "observatory-owner",
        ["grace"],
        "github:lsst-sqre/phalanx#4711",
    )
    found = ready.run(
        "evidence", "import", "github-reviews", str(DATA / "github-reviews-api.json"), "--subject", BEFORE, *words
    )  # fmt: skip
    assert (found.exit_code, "which commit" in found.stderr) == (2, True)


def test_a_review_is_about_the_commit_that_the_release_has_of_a_configuration(
    ready: Site, tmp_path: Path
) -> None:
    release = json.loads(ready.run("release", "show", BEFORE, "-o", "json").stdout)
    (commit,) = [each["digest"] for each in release["components"] if each["kind"] == "configuration"]
    plain = json.loads((DATA / "github-reviews.json").read_text())
    file = tmp_path / "pull-request.json"
    file.write_text(json.dumps(plain | {"headRefOid": commit.removeprefix("gitCommit:")}))
    assert done(ready, "github-reviews", str(file))["statement"]["subjects"] == [commit]


def test_a_review_of_an_older_commit_approves_nothing(ready: Site, tmp_path: Path) -> None:
    plain = json.loads((DATA / "github-reviews.json").read_text())
    file = tmp_path / "pull-request.json"
    file.write_text(json.dumps(plain | {"headRefOid": "f" * 40}))
    found = ready.run(
        "evidence", "import", "github-reviews", str(file), "--subject", BEFORE, "--target", "summit",
        "--role", "observatory-owner",
    )  # fmt: skip
    assert (found.exit_code, "has approved the newest commit" in found.stderr) == (2, True)
