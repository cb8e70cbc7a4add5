"""`doctor --fix`: what is safe is put right, each thing asked for; what somebody agreed stays."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.faces.cli import doctor
from tests.unit.faces.cli.running import files, run
from tests.workspace import PLACE, WEEKLY, Site


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests left in the cache of all is not for this command to tidy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # Where jobs share folders there is no cache.
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "workspace"
    assert run("init", str(made), "--sample", "rubin").exit_code == 0
    subprocess.run(["git", "init", "-q", str(made / "gitops")], check=True)
    return made


def keys_told(folder: Path) -> set[str]:
    """How the keys are, by the first word of their lines."""
    told = run("doctor", folder=folder).stdout.splitlines()
    return {each.split()[0] for each in told if " key " in each}


def test_nothing_is_changed_where_nothing_is_wrong(folder: Path) -> None:
    before = files(folder)
    assert "done" not in run("doctor", "--fix", "--yes", folder=folder).stderr
    assert files(folder) == before


def test_a_key_that_others_can_read_is_kept_from_them(folder: Path) -> None:
    key = folder / "keys" / "me.pem"
    key.chmod(0o644)
    assert keys_told(folder) == {"ok", "bad"}
    assert "chmod 600" in run("doctor", "--fix", "--yes", folder=folder).stderr
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert keys_told(folder) == {"ok"}


def test_a_key_without_a_line_gets_one_with_its_file_and_its_trust(folder: Path) -> None:
    file = folder / "ldmrelease.yaml"
    text = file.read_text()
    file.write_text(text.replace("  promoter: keys/promoter.pem\n", ""))
    (folder / "keys" / "promoter.pem").unlink()
    old = load_trust(folder / "trust.yaml").keyring.named("promoter")
    assert run("doctor", "--fix", "--yes", folder=folder).exit_code in (0, 1)
    keyring = load_trust(folder / "trust.yaml").keyring
    new = keyring.named("promoter-2")
    assert new is not None
    assert keyring.named("promoter") == old, "the key that is lost still counts for what it signed"
    assert load_workspace(file).keys["promoter"] == folder / "keys" / "promoter-2.pem"
    assert keys_told(folder) == {"ok"}
    comments = [each for each in text.splitlines() if each.lstrip().startswith("#")]
    assert [each for each in file.read_text().splitlines() if each.lstrip().startswith("#")] == comments


def test_a_key_of_an_agent_is_not_made_anew(folder: Path) -> None:
    file = folder / "ldmrelease.yaml"
    file.write_text(file.read_text().replace("me: keys/me.pem", "me: 'ssh-agent:'"))
    before = files(folder)
    run("doctor", "--fix", "--yes", folder=folder)
    assert files(folder) == before


def test_a_folder_of_keys_that_is_lost_is_made_anew(folder: Path) -> None:
    shutil.rmtree(folder / "keys")
    run("doctor", "--fix", "--yes", folder=folder)
    assert keys_told(folder) == {"ok"}
    assert run("workspace", "lint", folder=folder).exit_code == 0


def test_what_the_trust_document_lacks_is_recorded_and_what_differs_stays(folder: Path) -> None:
    trust = folder / "trust.yaml"
    policy = folder / "policies" / "commissioning.yaml"
    policy.write_text(policy.read_text() + "# changed\n")
    trust.write_text(
        re.sub(r"  summit: \[?.*\n", "", trust.read_text().replace("  summit: commissioning\n", ""))
    )
    assert run("where", folder=folder).exit_code == ExitCode.BAD_INPUT
    run("doctor", "--fix", "--yes", folder=folder)
    found = load_workspace(folder / "ldmrelease.yaml")
    assert found.local_policies == ("commissioning",), "agreeing to a change is for somebody to decide"


def test_each_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("me", "runner"):
        (folder / "keys" / f"{name}.pem").chmod(0o644)
    assert run("doctor", "--fix", folder=folder).exit_code == ExitCode.BAD_INPUT
    monkeypatch.setattr(doctor, "on_terminal", lambda: True)
    run("doctor", "--fix", folder=folder, input="n\ny\n")
    modes = [stat.S_IMODE((folder / "keys" / f"{name}.pem").stat().st_mode) for name in ("me", "runner")]
    assert modes == [0o644, 0o600]


def test_a_new_promoter_promotes(site: Site) -> None:
    (site.root / "keys" / "promoter.pem").unlink()
    site.release_weekly()
    assert site.run("promote", WEEKLY, "--target", PLACE).exit_code == ExitCode.BAD_INPUT
    site.run("doctor", "--fix", "--yes")
    site.ok("promote", WEEKLY, "--target", PLACE)


def old(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (0, 0))
    return path


@pytest.fixture
def untidy(folder: Path, tmp_path: Path) -> Path:
    """A workspace with everything beside its records that can be put right."""
    gone = tmp_path / "gone"
    assert run("init", str(gone)).exit_code == 0
    for each in (folder, gone):
        assert run("where", folder=each).exit_code == 0
    shutil.rmtree(gone)
    (folder / "keys").chmod(0o777)
    (folder / "keys" / "me.pem").chmod(0o640)
    (folder / ".gitignore").write_text("/keys/\n*.pyc")
    old(folder / "gitops" / ".git" / "index.lock")
    old(folder / "gitops" / ".git" / "refs" / "heads" / "main.lock")
    (folder / "gitops" / ".git" / "config.lock").touch()
    (folder / ".ldmrelease" / "git" / "0123456789abcdef.git").mkdir(parents=True)
    return folder


def test_what_lies_beside_the_records_is_put_in_order_and_the_records_stay(untidy: Path, tmp_path: Path):
    git, cache = untidy / "gitops" / ".git", tmp_path / "cache" / "ldmrelease" / "workspaces"
    records = {name: (untidy / name).read_bytes() for name in ("trust.yaml", "ldmrelease.yaml", "ledger.db")}
    assert len(list(cache.iterdir())) == 2
    told = run("doctor", "--fix", "--yes", folder=untidy).stderr
    assert told.count("done: ") == 7
    assert stat.S_IMODE((untidy / "keys").stat().st_mode) == 0o755
    assert stat.S_IMODE((untidy / "keys" / "me.pem").stat().st_mode) == 0o600
    assert (untidy / ".gitignore").read_text() == "/keys/\n*.pyc\n/ledger.db*\n"
    assert not (git / "index.lock").exists()
    assert not (git / "refs" / "heads" / "main.lock").exists()
    assert (git / "config.lock").exists(), "somebody may be at work: it is new"
    assert not (untidy / ".ldmrelease" / "git" / "0123456789abcdef.git").exists()
    assert len(list(cache.iterdir())) == 1
    assert {name: (untidy / name).read_bytes() for name in records} == records
    assert "done: " not in run("doctor", "--fix", "--yes", folder=untidy).stderr


def test_a_dry_run_says_the_same_and_does_nothing(untidy: Path):
    before = files(untidy)
    told = [
        each for each in run("doctor", "--fix", "-n", folder=untidy).stderr.splitlines() if "would: " in each
    ]
    assert files(untidy) == before
    assert stat.S_IMODE((untidy / "keys").stat().st_mode) == 0o777
    done = run("doctor", "--fix", "--yes", folder=untidy).stderr
    assert [each.replace("would: ", "done: ") for each in told] == [
        each for each in done.splitlines() if "done: " in each
    ]


def test_the_folder_of_a_ledger_is_made(folder: Path):
    file = folder / "ldmrelease.yaml"
    file.write_text(file.read_text().replace("ledger: ledger.db", "ledger: data/ledger.db"))
    assert "make the folder" in run("doctor", "--fix", "--yes", folder=folder).stderr
    assert (folder / "data").is_dir()


@pytest.mark.parametrize("flag", ["--dry-run", "--yes"])
def test_what_goes_with_fix_alone(folder: Path, flag: str):
    done = run("doctor", flag, folder=folder)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "say --fix" in done.stderr
