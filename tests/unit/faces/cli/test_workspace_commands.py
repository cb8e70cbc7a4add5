"""`init`, `workspace lint`, `key new`, `doctor`, `policy`: a workspace from nothing, and what is said of it."""

import json
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.policies.load import level_schema
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import PromotionHalting
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import open_context
from ldmrelease.trust.signer import load_signer
from tests.unit.faces.cli.running import files, run
from tests.workspace import Site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "workspace"
    assert run("init", str(made), "--sample", "rubin", "--person", "Ada").exit_code == 0
    subprocess.run(["git", "init", "-q", str(made / "gitops")], check=True)
    return made


def test_a_new_workspace_is_right_and_has_a_ledger(folder: Path):
    assert run("workspace", "lint", folder=folder).exit_code == 0
    with open_ledger(load_workspace(folder / "ldmrelease.yaml").ledger, projectors=PROJECTORS) as ledger:
        assert [(each.kind, each.actor) for each in ledger.events()] == [(EventKind.CREATED, "Ada")]


def test_init_says_what_it_wrote(tmp_path: Path):
    told = json.loads(run("init", str(tmp_path / "w"), "-o", "json").stdout)
    assert sorted(told["written"]) == sorted(files(tmp_path / "w"))


def test_init_says_plainly_that_a_samples_images_are_not_made_and_which_command_makes_them(tmp_path: Path):
    told = run("init", str(tmp_path / "w"), "--sample", "rubin").stdout
    assert "put your registry and git repositories in place of the sample's" in told
    assert (
        "The documents' commands work in the folder that `ldmrelease demo FOLDER` makes, and only there"
        in told
    )
    told = run("init", str(tmp_path / "v"), "--sample", "simple").stdout
    assert "ldmrelease demo" not in told


def test_init_touches_nothing_that_is_there(tmp_path: Path):
    (tmp_path / "ledger.db").write_text("mine")
    done = run("init", str(tmp_path))
    assert done.exit_code == ExitCode.BAD_INPUT
    assert files(tmp_path) == {"ledger.db": b"mine"}


def test_lint_tells_every_problem_with_its_place(folder: Path):
    file = folder / "ldmrelease.yaml"
    file.write_text(file.read_text().replace("level: jupyterlab", "level: jupiterlab"))
    done = run("workspace", "lint", "-o", "json", folder=folder)
    # That nobody has yet who may approve is a notice.
    problems = [each for each in json.loads(done.stdout) if each["severity"] == "error"]
    assert done.exit_code == ExitCode.REFUSED
    assert len(problems) > 1
    assert all(each["line"] and "jupyterlab" in each["remedy"] for each in problems)
    text = run("workspace", "lint", folder=folder)
    # The same trouble at nine places is one line that names them all.
    assert text.stdout.count("jupiterlab") == 1
    for each in problems:
        _, environment, _, application, _ = each["field"].split(".")
        assert f"{environment}/{application} (line {each['line']})" in text.stdout
    assert text.stdout.endswith(f"{len(problems)} problems, 1 notice\n")


@pytest.mark.parametrize("kind", ["p256", "ed25519"])
def test_a_new_key_is_private_and_its_snippet_fits_the_trust_document(folder: Path, kind: str):
    file = folder / "keys" / "extra.pem"
    done = run("key", "new", "extra", "--kind", kind, "--out", str(file), folder=folder)
    assert done.exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    trust = folder / "trust.yaml"
    trust.write_text(trust.read_text() + done.stdout.replace("roles: []", "roles: [ci]"))
    key = load_trust(trust).keyring.named("extra")
    assert key is not None
    assert key.keyid == load_signer(file).keyid


def test_a_new_key_counts_from_the_workspaces_time(site: Site, tmp_path: Path):
    told = json.loads(site.ok("key", "new", "extra", "--out", str(tmp_path / "extra.pem"), "-o", "json"))
    assert told["not_before"] == "2023-04-20T12:00:00Z"


def test_the_doctor_finds_a_working_workspace_well(site: Site):
    before = files(site.root)
    done = site.run("doctor", "--output", "json")
    bad = [each for each in json.loads(done.stdout) if each["health"] == "bad"]
    assert (bad, done.exit_code) == ([], 0)
    assert [each["what"] for each in json.loads(done.stdout) if each["health"] == "warn"] == ["clock"]
    assert files(site.root).keys() - before.keys() <= {"ledger.db-wal", "ledger.db-shm"}


def found(site: Site) -> dict[str, str]:
    """What the doctor finds bad, with its words."""
    done = site.run("doctor", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    told = [each for each in json.loads(done.stdout) if each["health"] == "bad"]
    assert all(each["message"] for each in told)
    return {each["what"]: f"{each['message']}; {each['remedy']}" for each in told}


def test_the_doctor_finds_a_key_that_others_can_read(site: Site):
    (site.root / "keys" / "runner.pem").chmod(0o644)
    assert "chmod 600" in found(site)["key runner"]


def test_the_doctor_finds_a_key_that_nobody_knows(site: Site):
    file = site.root / "keys" / "observer.pem"
    file.unlink()
    site.ok("key", "new", "observer", "--out", str(file))
    assert "add SHA256:" in found(site)["key observer"]


def test_the_doctor_finds_a_key_without_its_role(site: Site):
    trust = site.root / "trust.yaml"
    trust.write_text(trust.read_text().replace("types: [bundle, checkpoint]", "types: [sbom]"))
    assert "may not sign: checkpoint" in found(site)["key ledger"]


def test_the_doctor_finds_a_lost_ledger(site: Site):
    (site.root / "ledger.db").unlink()
    told = found(site)["ledger"]
    assert "ledger import" in told
    assert "`ldmrelease ledger init --anew --reason ...`" in told


def test_the_doctor_finds_a_lost_repository(site: Site):
    (site.root / "gitops").rename(site.root / "elsewhere")
    assert any("is not a git repository" in each for each in found(site).values())


def test_the_doctor_without_a_workspace_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    done = run("doctor")
    assert done.exit_code == ExitCode.REFUSED
    assert "ldmrelease init" in done.stdout


def test_policies_are_explained_with_the_sentences_they_come_from(folder: Path):
    told = " ".join(run("policy", "explain", "commissioning", folder=folder).stdout.split())
    assert "ran-on-development The release ran in an environment of level development for 2h" in told
    assert '"on the order of hours (not days)' not in told
    assert "availability of containers on the Commissioning Cluster should be on the order of hours" in told
    assert "In summit, before anything is touched, also: base-first" in told


def test_policies_are_explained_for_one_environment(folder: Path):
    told = run("policy", "explain", "commissioning", "-e", "summit", folder=folder).stdout
    assert "base-first" in told
    assert "In summit" not in told


def test_policy_lint_tells_every_problem_of_every_file(folder: Path):
    for name in ("commissioning", "production"):
        file = folder / "policies" / f"{name}.yaml"
        file.write_text(file.read_text().replace("rule: images", "rule: image"))
    done = run("policy", "lint", "-o", "json", folder=folder)
    assert done.exit_code == ExitCode.REFUSED
    assert {Path(each["file"]).name for each in json.loads(done.stdout)} == {
        "commissioning.yaml",
        "production.yaml",
    }
    one = run("policy", "lint", str(folder / "policies" / "development.yaml"))
    assert one.exit_code == 0


def test_the_schema_is_that_of_policy_files():
    assert json.loads(run("policy", "schema").stdout) == level_schema()
    assert yaml.safe_load(run("policy", "schema", "-o", "yaml").stdout) == level_schema()


def test_a_checkpoint_shows_a_cut_tail(folder: Path, tmp_path: Path):
    backup, mark = tmp_path / "backup.jsonl", tmp_path / "checkpoint.json"
    assert run("ledger", "export", str(backup), folder=folder).exit_code == 0
    workspace = load_workspace(folder / "ldmrelease.yaml")
    context = open_context(workspace)
    with context.ledger as ledger:
        head = ledger.head()
        context.append([new_event(PromotionHalting(None, "tried"), promotion_stream("P-1"))])
    assert run("ledger", "checkpoint", "--out", str(mark), folder=folder).exit_code == 0
    assert run("ledger", "verify", "--checkpoint", str(mark), folder=folder).exit_code == 0
    Path(workspace.ledger).unlink()
    assert run("ledger", "import", str(backup), folder=folder).exit_code == 0
    assert run("ledger", "verify", folder=folder).exit_code == 0
    cut = run("ledger", "verify", "--checkpoint", str(mark), "-o", "json", folder=folder)
    told = json.loads(cut.stdout)
    assert cut.exit_code == ExitCode.REFUSED
    assert (told["head"]["hash"], [each["code"] for each in told["problems"]]) == (head.hash, ["cut"])


def test_an_edited_ledger_is_found(folder: Path):
    database = sqlite3.connect(folder / "ledger.db")
    triggers = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for name in triggers:
        database.execute(f'DROP TRIGGER "{name}"')
    database.commit()
    database.close()
    done = run("ledger", "verify", folder=folder)
    assert done.exit_code == ExitCode.REFUSED
    assert done.stdout.count("schema at") == len(triggers)


def test_a_checkpoint_on_standard_output_is_its_envelope(folder: Path):
    envelope = json.loads(run("ledger", "checkpoint", folder=folder).stdout)
    assert envelope["payloadType"] == "application/vnd.ldmrelease.checkpoint.v1+json"


def test_events_are_shown_of_a_stream_and_below_it(site: Site):
    site.ok("release", "pin", "w.2023.15")
    told = json.loads(site.ok("ledger", "show", "--stream", "release", "-o", "json"))
    assert [each["stream"] for each in told] == ["release/stack/w.2023.15"]
    assert "release/stack/w.2023.15" in site.ok("ledger", "show", "--last", "1")
