"""`doctor --fix`: what is safe is put right, each thing asked for; what somebody agreed stays."""

import re
import shutil
import stat
from pathlib import Path

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.faces.cli import doctor
from tests.unit.faces.cli.running import files, run
from tests.workspace import PLACE, WEEKLY, Site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "workspace"
    assert run("init", str(made), "--sample", "rubin").exit_code == 0
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
