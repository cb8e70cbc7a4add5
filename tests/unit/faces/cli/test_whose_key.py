"""Whose act it is: the key that --key, LDMRELEASE_KEY or the workspace names signs it, or nothing is appended."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ldmrelease.trust import ssh_agent
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import Signer, generate
from tests.unit.trust.agents import LIST, REFUSAL, Answer, agent, blob_of, honest, listed
from tests.workspace import MENU, PLACE, WEEKLY, Site

ADA = generate(KeyKind.ED25519)
KEY = "LDMRELEASE_KEY"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (KEY, "SSH_AUTH_SOCK", "LDMRELEASE_KEY_PASSWORD"):
        monkeypatch.delenv(each, raising=False)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    with ExitStack() as stack:

        def begin(answer: Answer) -> None:
            monkeypatch.setenv("SSH_AUTH_SOCK", stack.enter_context(agent(answer)))

        yield begin


def ssh_file(signer: Signer, path: Path) -> Path:
    path.write_bytes(signer.private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))  # type: ignore[union-attr]
    path.chmod(0o600)
    return path


def trusted(site: Site, key: str, role: str = "release-manager") -> None:
    site.ok("trust", "add-key", "ada", key, "--role", role, "--person", "Ada Lovelace", "--yes")


def signed_by(site: Site, kind: str) -> str:
    """Who signed the newest event of a kind."""
    return site.events(kind)[-1].body["envelope"]["signatures"][0]["keyid"]


def unknown(site: Site, folder: Path) -> str:
    return str(ssh_file(ADA, folder / "id"))


def without_the_role(site: Site, folder: Path) -> str:
    trusted(site, str(ssh_file(ADA, folder / "id")), "observer")
    return str(folder / "id")


ACTS = {
    "promote": (("promote", WEEKLY, "--target", PLACE), "request"),
    "release pin": (("release", "pin", WEEKLY), "pin"),
    "rollback": (("rollback", "w.2023.15", "--target", PLACE), "request"),
    "freeze": (("freeze", "summit", "--reason", "the mirror is out", "--yes"), "hold"),
    "recall": (("recall", WEEKLY, "--reason", "it segfaults", "--yes"), "hold"),
    "lift": (("lift", "H-1", "--reason", "fixed", "--yes"), "lift"),
    "alias move": (("alias", "move", "recommended", "w.2023.15", "--target", MENU), "request"),
}


@pytest.mark.parametrize("by", ["option", "variable", "workspace"])
def test_the_named_key_signs(ready: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    path = ssh_file(ADA, tmp_path / "id_ed25519")
    trusted(ready, str(path))
    words: tuple[str, ...] = ()
    if by == "option":
        words = ("--key", str(path))
    elif by == "variable":
        monkeypatch.setenv(KEY, str(path))
    else:
        ready.edit(lambda text: text.replace("me: keys/me.pem", f"me: {path}"))
    ready.ok("promote", WEEKLY, "--target", PLACE, *words)
    assert {signed_by(ready, each) for each in ("release.pinned", "promotion.requested")} == {ADA.keyid}
    assert signed_by(ready, "decision.made") != ADA.keyid
    assert "Ada Lovelace" in ready.ok("promotions", "list", "-o", "json")


def test_the_option_goes_before_the_variable(
    ready: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ssh_file(ADA, tmp_path / "id_ed25519")
    trusted(ready, str(path))
    monkeypatch.setenv(KEY, str(tmp_path / "none"))
    ready.ok("release", "pin", WEEKLY, "--key", str(path))
    assert signed_by(ready, "release.pinned") == ADA.keyid


@pytest.mark.parametrize("spoil", [unknown, without_the_role], ids=["unknown", "without the role"])
@pytest.mark.parametrize(("words", "type"), ACTS.values(), ids=ACTS)
def test_a_key_that_may_not_act_is_refused_before_anything_is_written(  # type: ignore[no-untyped-def]
    ready: Site, tmp_path: Path, words: tuple[str, ...], type: str, spoil
) -> None:
    key = spoil(ready, tmp_path)
    before = ready.everything()
    done = ready.run(*words, "--key", key)
    assert done.exit_code == 2, done.stdout
    assert f"{type} is signed in the roles" in done.stderr
    assert "release-manager (" in done.stderr
    if spoil is unknown:
        assert f"`ldmrelease trust add-key NAME {key} --role release-manager`" in done.stderr
    assert ready.everything() == before


def test_the_command_that_is_told_makes_the_key_known(ready: Site, tmp_path: Path) -> None:
    key = unknown(ready, tmp_path)
    assert ready.run("release", "pin", WEEKLY, "--key", key).exit_code == 2
    ready.ok("trust", "add-key", "ada", key, "--role", "release-manager", "--yes")
    ready.ok("release", "pin", WEEKLY, "--key", key)


def test_an_agent_signs_what_a_person_does(ready: Site, serve) -> None:  # type: ignore[no-untyped-def]
    serve(honest((ADA, "ada@lsst.org")))
    trusted(ready, "ssh-agent:ada@lsst.org")
    ready.edit(lambda text: text.replace("me: keys/me.pem", f"me: ssh-agent:{ADA.keyid}"))
    ready.ok("workspace", "lint")
    told = [line for line in ready.run("doctor").stdout.splitlines() if "key me" in line]
    assert "ada of Ada Lovelace (release-manager)" in told[0]
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert signed_by(ready, "promotion.requested") == ADA.keyid
    ready.ok("ledger", "verify")


def test_whoever_waits_for_an_agent_is_told(ready: Site, serve, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(ssh_agent, "SILENT_SECONDS", 0.05)
    answer = honest((ADA, "ada"))

    def asking(request: bytes) -> bytes | None:
        if request[0] != LIST:
            time.sleep(0.2)
        return answer(request)

    serve(asking)
    trusted(ready, "ssh-agent:")
    done = ready.run("release", "pin", WEEKLY, "--key", "ssh-agent:ada")
    assert done.exit_code == 0
    told = f"waiting for the ssh-agent to sign with {ADA.keyid} (ssh-ed25519 ada); it may be asking for a confirmation"
    assert told in done.stderr


REFUSALS = {
    "refuses": lambda _: REFUSAL,
    "vanishes": lambda _: None,
    "signs something else": lambda request: honest((ADA, ""))(request[:-9] + b"x" + request[-8:]),
}


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("act", ["promote", "release pin"])
def test_where_an_agent_does_not_sign_nothing_is_appended(ready: Site, serve, act: str, answer) -> None:  # type: ignore[no-untyped-def]
    words, _ = ACTS[act]
    serve(lambda request: listed((blob_of(ADA), "ada")) if request[0] == LIST else answer(request))
    trusted(ready, "ssh-agent:")
    before = ready.everything()
    done = ready.run(*words, "--key", "ssh-agent:ada")
    assert done.exit_code == 2, done.stdout
    assert "error: ssh-agent:ada: " in done.stderr
    assert ready.everything() == before


def test_no_agent_is_asked_to_find_a_workspace_right(ready: Site) -> None:
    """`workspace lint` says the same to everybody; the doctor asks."""
    ready.edit(lambda text: text.replace("me: keys/me.pem", f"me: ssh-agent:{ADA.keyid}"))
    lint = ready.run("workspace", "lint")
    assert lint.exit_code == 1
    assert f"`ldmrelease trust add-key NAME ssh-agent:{ADA.keyid} --role " in lint.stdout
    ready.edit(lambda text: text.replace(f"me: ssh-agent:{ADA.keyid}", "me: 'ssh-agent:'"))
    assert ready.run("workspace", "lint").exit_code == 0
    assert "SSH_AUTH_SOCK is not set" in ready.run("doctor").stdout
    assert ready.run("check", WEEKLY, "--target", PLACE).exit_code == 0


def test_a_job_of_the_night_needs_no_agent(ready: Site, serve, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Who asked is known by the fingerprint; observing and carrying on are signed by keys of their own."""
    serve(honest((ADA, "ada")))
    trusted(ready, f"ssh-agent:{ADA.keyid}")
    ready.edit(lambda text: text.replace("me: keys/me.pem", f"me: ssh-agent:{ADA.keyid}"))
    ready.ok("promote", WEEKLY, "--target", PLACE)
    monkeypatch.delenv("SSH_AUTH_SOCK")
    ready.advance(hours=1)
    ready.ok("observe")
    ready.ok("resume", "--all")
    done = ready.run("release", "pin", "w.2023.15", "--reason", "again")
    assert done.exit_code == 0, "nothing has to be signed"
    assert ready.run("rollback", "--target", PLACE).exit_code == 2


def test_a_key_is_shown_with_whose_it_is(ready: Site, tmp_path: Path) -> None:
    path = ssh_file(ADA, tmp_path / "id_ed25519")
    assert "in no trust document here" in ready.ok("key", "show", str(path))
    trusted(ready, str(path))
    shown = ready.ok("key", "show", str(path))
    assert f"# {ADA.keyid} (ed25519): key ada of Ada Lovelace\n" in shown
    told = json.loads(ready.ok("key", "show", str(path), "-o", "json"))
    assert (told["known_as"], told["person"]) == ("ada", "Ada Lovelace")
