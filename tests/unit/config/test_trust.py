"""The trust document: a keyring, the placement of environments, the policies that were agreed."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ldmrelease.config.policies.load import load_level
from ldmrelease.config.trust import load_trust
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.topology import Place
from ldmrelease.trust.keyring import Role
from ldmrelease.trust.keys import read_public
from ldmrelease.trust.signer import generate

POLICY = Path(__file__).parents[3] / "policies" / "jupyterlab.yaml"
ALICE = generate().public_pem
BOB = generate().public_pem


def ssh_line(pem: str) -> str:
    return read_public(pem).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def indented(pem: str) -> str:
    return "|\n" + "".join(f"      {line}\n" for line in pem.splitlines())


HEAD = """\
apiVersion: ldmrelease/v1alpha1
kind: Trust
version: 3
policies: {jupyterlab: {version: 1, digest: DIGEST}}
environments: {summit: commissioning, summit/nublado: jupyterlab}
roles:
  runner: {types: [check, run], environments: [summit], repositories: ['ghcr.io/lsst/*']}
  manager: {types: [pin]}
keys:
""".replace("DIGEST", load_level(POLICY).digest)


def entry(name: str, public: str, more: str = "") -> str:
    roles = "" if "roles:" in more else "    roles: [runner]\n"
    return f"  {name}:\n    person: {name}\n{roles}    not-before: 2023-04-01\n{more}    public: {public.rstrip()}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "trust.yaml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_trust(write(folder, text))
    return [str(each) for each in caught.value.problems]


@pytest.fixture(autouse=True)
def _in_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_keys_are_read_from_the_text_and_from_files_beside_it(tmp_path):
    (tmp_path / "bob.pub").write_text(BOB)
    more = "    not-after: 2024-04-01\n    compromised-since: 2023-09-01T12:00:00Z\n"
    trust = load_trust(
        write(tmp_path, HEAD + entry("alice", indented(ALICE)) + entry("bob", "bob.pub", more))
    )
    alice, bob = trust.keyring.keys
    assert (alice.public_pem, bob.public_pem) == (ALICE, BOB)
    assert (alice.person, alice.roles, alice.not_before) == (
        "alice",
        ("runner",),
        datetime(2023, 4, 1, tzinfo=UTC),
    )
    assert bob.not_after == datetime(2024, 4, 1, tzinfo=UTC)
    assert bob.compromised_since == datetime(2023, 9, 1, 12, tzinfo=UTC)
    assert trust.keyring.roles[0] == Role("runner", ("check", "run"), ("summit",), ("ghcr.io/lsst/*",))


def test_the_digest_is_that_of_the_keys_however_they_are_spelled(tmp_path):
    """In PEM or as ssh spells them, in the document or in a file beside it."""
    line = ssh_line(ALICE)
    (tmp_path / "alice.pub").write_text(f"{line} alice@host\n")
    spelled = [indented(ALICE), line, f"{line} a comment", indented(f"# mine\n{line}"), "alice.pub"]
    digests = {load_trust(write(tmp_path, HEAD + entry("alice", each))).digest for each in spelled}
    assert len(digests) == 1


def test_a_pipe_in_place_of_a_key_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "alice.pub")
    [told] = faults(tmp_path, HEAD + entry("alice", "alice.pub"))
    assert "alice.pub is a pipe; name a PEM file" in told


def test_a_key_that_cannot_sign_here_is_named_as_what_it_is(tmp_path):
    [told] = faults(tmp_path, HEAD + entry("alice", "ssh-rsa AAAAB3NzaC1yc2E= alice"))
    assert "key 'alice': the key is of kind ssh-rsa, neither ECDSA on P-256 nor ed25519" in told


def test_an_application_that_differs_from_its_environment_is_placed_by_its_own_entry(tmp_path):
    trust = load_trust(write(tmp_path, HEAD.replace("keys:", "keys: {}")))
    assert trust.level_of(Place("summit", "ocps")) == "commissioning"
    assert trust.level_of(Place("summit", "nublado")) == "jupyterlab"
    assert trust.level_of(Place("base", "ocps")) is None


def test_it_agrees_with_a_policy_of_these_very_bytes_alone(tmp_path):
    trust = load_trust(write(tmp_path, HEAD.replace("keys:", "keys: {}")))
    assert trust.agrees_with(load_level(POLICY))
    edited = tmp_path / "jupyterlab.yaml"
    edited.write_bytes(POLICY.read_bytes() + b"\n")
    assert not trust.agrees_with(load_level(edited))
    assert not trust.agrees_with(load_level(POLICY.with_name("development.yaml")))


def test_faults_of_the_shape_are_told_at_once(tmp_path):
    text = HEAD.replace("sha256:", "SHA256:").replace("types: [pin]", "types: []") + entry(
        "a", "x", "    rolls: []\n"
    )
    assert [each.partition("; ")[0].split(": found")[0] for each in faults(tmp_path, text)] == [
        "trust.yaml:4:45: policies.jupyterlab.digest",
        "trust.yaml:8:20: roles.manager.types",
        "trust.yaml:14:5: keys.a.rolls: unknown key",
    ]


def test_faults_of_keys_and_roles_are_told_at_once(tmp_path):
    text = (
        HEAD.replace("types: [pin]", "types: ['*']")
        + entry("a", "gone.pub")
        + entry("b", indented(ALICE), "    roles: [runer]\n")
        + entry("c", indented(ALICE))
        + entry("d", "'-----BEGIN NONSENSE'")
        + entry("e", indented(BOB), "    not-after: 2022-01-01\n")
    )
    assert faults(tmp_path, text) == [
        "trust.yaml:8:12: roles.manager: role 'manager': '*' is not a type; name each type that the role may sign",
        "trust.yaml:14:13: keys.a.public: gone.pub cannot be read: No such file or directory; name a PEM file, or "
        "write the PEM text",
        "trust.yaml:18:13: keys.b.roles[0]: no role 'runer'; did you mean runner?",
        "trust.yaml:28:13: keys.c.public: the same key as 'b'; keep one of them",
        "trust.yaml:37:13: keys.d.public: key 'd': not a public key in PEM (BEGIN PUBLIC KEY)",
        "trust.yaml:43:13: keys.e.public: key 'e': notAfter is not later than notBefore",
    ]


def test_a_key_that_looks_like_the_mark_of_a_shape_is_an_unknown_key(tmp_path):
    # Found by fuzzing: such a key has no place of its own in what pydantic tells.
    file = tmp_path / "trust.yaml"
    file.write_text("<<apiVersion: ldmrelease/v1alpha1\nkind: Trust\nversion: 1\n")
    with pytest.raises(BadInput, match="<<apiVersion: unknown key"):
        load_trust(file)
