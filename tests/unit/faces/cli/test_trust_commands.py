"""`trust agree`, `trust add-key`, `trust role`, `key show`: the trust document is kept without an editor."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.faces.cli import trust_writing
from tests.unit.faces.cli.running import run
from tests.workspace import PLACE, WEEKLY, Site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "workspace"
    assert run("init", str(made), "--sample", "rubin").exit_code == 0
    subprocess.run(["git", "init", "-q", str(made / "gitops")], check=True)
    return made


def lines(folder: Path) -> list[str]:
    return (folder / "trust.yaml").read_text().splitlines()


def test_a_changed_policy_is_agreed_and_nothing_else_of_the_document_changes(folder: Path):
    policy = folder / "policies" / "commissioning.yaml"
    policy.write_text(policy.read_text() + "# changed\n")
    before = lines(folder)
    done = run("trust", "agree", "--yes", "-o", "json", folder=folder)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["version"], told["written"]) == (0, 2, True)
    assert [each["field"] for each in told["changes"]] == ["policies.commissioning.digest"]
    changed = [(old, new) for old, new in zip(before, lines(folder), strict=True) if old != new]
    assert [new.split(":")[0].strip() for _, new in changed] == ["version", "digest"]
    assert load_workspace(folder / "ldmrelease.yaml").local_policies == ()
    assert run("workspace", "lint", folder=folder).exit_code == 0


def test_only_the_named_policies_are_agreed(folder: Path):
    for name in ("commissioning", "production"):
        policy = folder / "policies" / f"{name}.yaml"
        policy.write_text(policy.read_text() + "# changed\n")
    assert run("trust", "agree", "production", "--yes", folder=folder).exit_code == 0
    assert load_workspace(folder / "ldmrelease.yaml").local_policies == ("commissioning",)
    unknown = run("trust", "agree", "produktion", "--yes", folder=folder)
    assert unknown.exit_code == ExitCode.BAD_INPUT
    assert "did you mean production" in unknown.stderr


def test_a_level_that_differs_is_agreed_where_no_command_accepts_the_workspace(folder: Path):
    document = folder / "trust.yaml"
    text = document.read_text().replace("  summit: commissioning\n", "")
    document.write_text(text.replace("  base: commissioning", "  base: production"))
    assert run("where", folder=folder).exit_code == ExitCode.BAD_INPUT
    done = run("trust", "agree", "--yes", folder=folder)
    assert done.exit_code == 0, done.stderr
    assert run("where", folder=folder).exit_code == 0


def test_what_an_application_has_of_its_own_in_the_document_is_agreed_too(folder: Path):
    level = "  summit: commissioning\n"
    text = (folder / "trust.yaml").read_text()
    (folder / "trust.yaml").write_text(text.replace(level, f"{level}  summit/ocps: production\n"))
    assert run("trust", "agree", "--yes", folder=folder).exit_code == 0
    assert run("workspace", "lint", folder=folder).exit_code == 0


def test_who_cannot_be_asked_has_to_say_yes_and_sees_what_it_is_about(folder: Path):
    policy = folder / "policies" / "commissioning.yaml"
    policy.write_text(policy.read_text() + "# changed\n")
    before = lines(folder)
    done = run("trust", "agree", folder=folder)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "+version: 2" in done.stderr
    assert "--yes" in done.stderr
    assert run("trust", "agree", "--dry-run", folder=folder).exit_code == 0
    assert lines(folder) == before


@pytest.mark.parametrize(("answer", "code", "version"), [("y\n", 0, 2), ("n\n", ExitCode.REFUSED, 1)])
def test_on_a_terminal_it_is_asked_for(folder, monkeypatch, answer, code, version):
    monkeypatch.setattr(trust_writing, "on_terminal", lambda: True)
    policy = folder / "policies" / "commissioning.yaml"
    policy.write_text(policy.read_text() + "# changed\n")
    assert run("trust", "agree", folder=folder, input=answer).exit_code == code
    assert load_trust(folder / "trust.yaml").version == version


def test_agreed_twice_is_nothing_to_do(folder: Path):
    done = run("trust", "agree", folder=folder)
    assert done.exit_code == 0
    assert "nothing to do" in done.stdout
    assert load_trust(folder / "trust.yaml").version == 1


def test_a_key_is_added_with_its_person_and_address(folder: Path):
    file = folder / "grace.pem"
    assert run("key", "new", "grace", "--out", str(file), folder=folder).exit_code == 0
    words = ("--role", "release-manager", "--person", "Grace Hopper", "--mail", "grace@lsst.org", "--yes")
    assert run("trust", "add-key", "grace", str(file), *words, folder=folder).exit_code == 0
    shown = json.loads(run("key", "show", str(file), "-o", "json", folder=folder).stdout)
    key = load_trust(folder / "trust.yaml").keyring.named("grace")
    assert key is not None
    assert (key.person, key.mail, key.roles, key.keyid) == (
        "Grace Hopper",
        "grace@lsst.org",
        ("release-manager",),
        shown["keyid"],
    )
    again = run("trust", "add-key", "other", str(file), "--role", "ci", "--yes", folder=folder)
    assert again.exit_code == ExitCode.BAD_INPUT
    assert "'grace'" in again.stderr


def test_a_public_half_is_shown_and_added_without_the_private_one(folder: Path):
    private, public = folder / "grace.pem", folder / "grace.pub"
    run("key", "new", "grace", "--out", str(private), folder=folder)
    told = json.loads(run("key", "show", str(private), "-o", "json", folder=folder).stdout)
    public.write_text(told["public"])
    private.unlink()
    assert (
        json.loads(run("key", "show", str(public), "-o", "json", folder=folder).stdout)["keyid"]
        == told["keyid"]
    )
    assert (
        run("trust", "add-key", "grace", str(public), "--role", "ci", "--yes", folder=folder).exit_code == 0
    )


def test_what_is_no_key_is_said_to_be_none(folder: Path):
    done = run("key", "show", str(folder / "trust.yaml"), folder=folder)
    assert done.exit_code == ExitCode.BAD_INPUT
    done = run("trust", "add-key", "me", str(folder / "keys" / "ci.pem"), "--role", "ci", folder=folder)
    assert "never replaced" in done.stderr


def test_a_role_is_made_and_changed(folder: Path):
    new = (
        "trust",
        "role",
        "night",
        "--type",
        "check",
        "-e",
        "summit",
        "--repository",
        "ghcr.io/lsst/*",
        "--yes",
    )
    assert run(*new, folder=folder).exit_code == 0
    assert run("trust", "role", "night", "-e", "summit", "-e", "base", "--yes", folder=folder).exit_code == 0
    found = {each.name: each for each in load_trust(folder / "trust.yaml").keyring.roles}["night"]
    assert (found.types, found.environments, found.repositories) == (
        ("check",),
        ("summit", "base"),
        ("ghcr.io/lsst/*",),
    )
    done = run("trust", "role", "broad", "--type", "check", "--yes", folder=folder)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "--repository" in done.stderr


def test_a_role_with_what_it_has_in_another_order_is_unchanged(folder: Path):
    before = (folder / "trust.yaml").read_text()
    done = run("trust", "role", "ledger", "--type", "checkpoint", "--type", "bundle", "--yes", folder=folder)
    assert done.exit_code == 0
    assert (folder / "trust.yaml").read_text() == before


def authors(site: Site) -> set[str]:
    return set(site.git("log", "-1", "--format=%an <%ae>; %cn", "main").splitlines())


def test_commits_are_by_the_person_with_the_address_of_the_trust_document(site: Site):
    me = "  me:\n    person:"
    mail = me.replace("person", "mail: ada@lsst.org\n    person")
    site.edit(lambda text: text.replace(me, mail), "trust.yaml")
    site.release_weekly()
    site.ok("promote", WEEKLY, "--target", PLACE, "--yes")
    (found,) = authors(site)
    assert found.endswith("<ada@lsst.org>; ldmrelease")


def test_commits_have_the_address_that_git_knows(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Grace Hopper\n\temail = grace@lsst.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    site.release_weekly()
    site.ok("promote", WEEKLY, "--target", PLACE, "--yes")
    (found,) = authors(site)
    assert found.endswith("<grace@lsst.org>; ldmrelease")


def test_a_key_is_added_in_the_workspaces_time_while_something_else_in_it_is_wrong(folder: Path) -> None:
    file, policy = folder / "ldmrelease.yaml", folder / "policies" / "commissioning.yaml"
    file.write_text(f"{file.read_text()}clock: 2023-04-21T18:00:00Z\n")
    policy.write_text(f"{policy.read_text()}  nonsense: true\n")
    assert run("key", "new", "grace", "--out", str(folder / "keys/grace.pem"), folder=folder).exit_code == 0
    words = (
        "trust",
        "add-key",
        "grace",
        str(folder / "keys/grace.pem"),
        "--role",
        "release-manager",
        "--yes",
    )
    assert run(*words, folder=folder).exit_code == 0
    key = load_trust(folder / "trust.yaml").keyring.named("grace")
    assert key is not None
    assert key.not_before == datetime(2023, 4, 21, 18, tzinfo=UTC)


def test_an_editor_that_is_not_there_is_named_plainly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor")
    done = run("trust", "edit", folder=folder)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "no-such-editor cannot be run" in done.stderr
    assert "Errno" not in done.stderr
