"""Keys of an ssh-agent: what it signs verifies as what a file's key signs; whatever it does else is a clear refusal."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ldmrelease.trust import ssh_agent
from ldmrelease.trust.dsse import pae
from ldmrelease.trust.keys import KeyKind, read_public, signed_by, ssh_strings
from ldmrelease.trust.signer import InAgent, KeyProblem, generate, key_place, load_signer, read_public_half
from tests.unit.trust.agents import (
    LIST,
    LISTED,
    REFUSAL,
    SIGNED,
    agent,
    blob_of,
    honest,
    listed,
    mpint,
    signed,
    signed_as,
)

ADA, CI, OTHER = generate(KeyKind.ED25519), generate(KeyKind.P256), generate(KeyKind.ED25519)
ADA_HERE = listed((blob_of(ADA), "ada"))
TOKEN = ssh_strings(b"sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:")
RSA = ssh_strings(b"ssh-rsa", b"\1\0\1", bytes(256))


@pytest.fixture
def serve(monkeypatch):
    """Begins an agent, which SSH_AUTH_SOCK names."""
    running = []

    def begin(answer, **how):
        there = agent(answer, **how)
        address = there.__enter__()
        running.append(there)
        monkeypatch.setenv("SSH_AUTH_SOCK", address)
        return address

    yield begin
    for each in running:
        each.__exit__(None, None, None)


@pytest.fixture
def hurry(monkeypatch):
    monkeypatch.setattr(ssh_agent, "LIST_SECONDS", 0.3)
    monkeypatch.setattr(ssh_agent, "SIGN_SECONDS", 0.3)
    monkeypatch.setattr(ssh_agent, "SILENT_SECONDS", 0.05)


@pytest.mark.parametrize("signer", [ADA, CI], ids=["ed25519", "p256"])
def test_what_it_signs_verifies_with_the_plain_public_key(serve, signer):
    serve(honest((ADA, "ada"), (CI, "ci")))
    held = load_signer(InAgent(signer.keyid))
    assert (held.keyid, held.kind, held.public_pem) == (signer.keyid, signer.kind, signer.public_pem)
    for number in range(8):  # a number of ECDSA has a zero in front, or none
        payload = f"hi {number}".encode()
        envelope = held.sign("text/x", payload)
        value = envelope.signatures[0].value
        assert signed_by(read_public(signer.public_pem), value, pae("text/x", payload))
    assert read_public_half(InAgent(signer.keyid)).pem == signer.public_pem


def test_a_key_is_named_by_its_comment_or_as_the_only_one(serve):
    serve(honest((ADA, "ada@lsst.org"), (CI, "ci")))
    assert load_signer(InAgent("ada@lsst.org")).keyid == ADA.keyid
    with pytest.raises(
        KeyProblem, match=r"several keys that can sign; name one by its fingerprint: SHA256:.*ci\)"
    ):
        load_signer(InAgent())
    serve(honest((ADA, "ada@lsst.org")))
    assert load_signer(InAgent()).keyid == ADA.keyid
    serve(lambda _: listed((RSA, "old"), (TOKEN, "token"), (blob_of(ADA), "ada")))
    assert load_signer(InAgent()).keyid == ADA.keyid


def test_its_spelling_names_no_file():
    assert key_place("ssh-agent:SHA256:ab//c", Path("/x")) == InAgent("SHA256:ab//c")
    assert str(InAgent("SHA256:ab//c")) == "ssh-agent:SHA256:ab//c"
    assert key_place("ssh-agent:", Path("/x")) == InAgent()
    assert key_place("keys/me.pem", Path("/x")) == Path("/x/keys/me.pem")


def test_its_key_is_never_written(serve, tmp_path):
    serve(honest((ADA, "ada")))
    with pytest.raises(KeyProblem, match="gives no key away"):
        load_signer(InAgent()).write_key(tmp_path / "key.pem")


LISTS = {
    "has none, or is locked": (listed(), "", "no keys, or is locked; `ssh-add FILE`"),
    "refuses to list": (REFUSAL, "", "refuses to list its keys"),
    "has another": (ADA_HERE, CI.keyid, "has no key SHA256:.*; it has SHA256:"),
    "has it twice by comment": (
        listed((blob_of(ADA), "me"), (blob_of(OTHER), "me")),
        "me",
        "several keys with the comment 'me'",
    ),
    "has one on a token": (listed((TOKEN, "token")), "token", "on a FIDO token"),
    "has one of RSA": (listed((RSA, "old")), "old", "of kind ssh-rsa, neither"),
    "has none that fits": (listed((RSA, "old")), "", "no key that can sign"),
    "has a terminal's escapes": (listed((RSA, "\x1b[2J")), "x", r"\\x1b\[2J"),
    "says nothing": (b"", "", "not of its protocol"),
    "answers something else": (bytes([SIGNED]), "", "not of its protocol"),
    "is cut": (ADA_HERE[:-3], "", "not of its protocol"),
    "has more behind it": (ADA_HERE + b"x", "", "not of its protocol"),
    "counts to four billion": (bytes([LISTED]) + b"\xff" * 4, "", "not of its protocol"),
    "counts one too many": (
        bytes([LISTED]) + (2).to_bytes(4, "big") + ADA_HERE[5:],
        "",
        "not of its protocol",
    ),
    "has an empty key": (listed((b"", "me")), "me", "not whole"),
}


@pytest.mark.parametrize(("answer", "which", "why"), LISTS.values(), ids=LISTS)
def test_an_agent_that_lists_no_fitting_key_is_refused(serve, answer, which, why):
    serve(lambda _: answer)
    with pytest.raises(KeyProblem, match=f"^ssh-agent:.*{why}"):
        load_signer(InAgent(which))


SIGNATURES = {
    "refuses": (lambda _: REFUSAL, "refuses to sign with SHA256:.*nobody confirmed it"),
    "goes away": (lambda _: None, "went away before it had answered"),
    "signs something else": (lambda _: signed(ADA, b"else"), "gave is no signature by"),
    "signs with another key": (lambda request: signed(OTHER, request[5:]), "gave is no signature by"),
    "calls it another kind": (lambda _: signed_as(b"ssh-rsa", bytes(64)), "not of its protocol"),
    "gives too few bytes": (lambda _: signed_as(b"ssh-ed25519", bytes(3)), "gave is no signature by"),
    "gives nothing": (lambda _: bytes([SIGNED]), "not of its protocol"),
    "gives a list": (lambda _: ADA_HERE, "not of its protocol"),
    "adds something": (lambda _: signed(ADA, b"x") + b"x", "not of its protocol"),
}


@pytest.mark.parametrize(("answer", "why"), SIGNATURES.values(), ids=SIGNATURES)
def test_an_agent_that_does_not_sign_is_refused(serve, answer, why):
    serve(lambda request: ADA_HERE if request[0] == LIST else answer(request))
    signer = load_signer(InAgent("ada"))
    with pytest.raises(KeyProblem, match=f"^ssh-agent:ada: .*{why}"):
        signer.sign("text/x", b"hi")


NUMBERS = {
    "negative": ssh_strings(b"\xff", mpint(5)),
    "nothing": ssh_strings(b"", mpint(5)),
    "huge": ssh_strings(b"\1" * 1000, mpint(5)),
    "one": ssh_strings(mpint(5)),
    "three": ssh_strings(mpint(5), mpint(5), mpint(5)),
    "wrong": ssh_strings(mpint(5), mpint(6)),
}


@pytest.mark.parametrize("value", NUMBERS.values(), ids=NUMBERS)
def test_numbers_that_are_no_signature_are_refused(serve, value):
    serve(
        lambda request: (
            listed((blob_of(CI), "ci")) if request[0] == LIST else signed_as(b"ecdsa-sha2-nistp256", value)
        )
    )
    with pytest.raises(KeyProblem, match=r"not of its protocol|no signature"):
        load_signer(InAgent()).sign("text/x", b"hi")


def test_it_vanishes_after_it_was_found(serve, monkeypatch):
    serve(honest((ADA, "ada")))
    signer = load_signer(InAgent())
    Path(signer.private.address).unlink()
    with pytest.raises(KeyProblem, match=r"no ssh-agent answers at .* which SSH_AUTH_SOCK names"):
        signer.sign("text/x", b"hi")


def test_there_is_none(monkeypatch, tmp_path):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(KeyProblem, match="SSH_AUTH_SOCK is not set"):
        load_signer(InAgent())
    for path in (tmp_path / "none", tmp_path, Path("/" + "x" * 300)):
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        with pytest.raises(KeyProblem, match="no ssh-agent answers at"):
            load_signer(InAgent())


@pytest.mark.parametrize("size", [0, 2**31, 2**32 - 1, 300_000])
def test_an_answer_of_another_size_is_not_read(serve, size):
    serve(lambda _: ADA_HERE, frame=lambda answer: size.to_bytes(4, "big") + answer)
    with pytest.raises(KeyProblem, match="not of its protocol"):
        load_signer(InAgent())


def test_an_agent_that_asks_somebody_is_waited_for_with_a_word(serve, monkeypatch):
    monkeypatch.setattr(ssh_agent, "SILENT_SECONDS", 0.05)
    answer = honest((ADA, "ada"))

    def slow(request):
        if request[0] != LIST:
            time.sleep(0.3)
        return answer(request)

    serve(slow)
    told: list[str] = []
    assert load_signer(InAgent(), told.append).sign("text/x", b"hi")
    [said] = told
    assert said.startswith(f"the ssh-agent to sign with {ADA.keyid} (ssh-ed25519 ada)")


@pytest.mark.parametrize("drip", [0, 0.02], ids=["silent", "byte by byte"])
def test_an_agent_that_never_ends_is_not_waited_for_forever(serve, hurry, drip):
    """However often it sends something, the moment at which we give up does not move."""
    many = listed(*((blob_of(ADA), "ada") for _ in range(20)))
    serve(lambda _: many, drip=drip or 1)
    with pytest.raises(KeyProblem, match=r"not answered within 0\.3 s"):
        load_signer(InAgent())


def test_more_than_an_agent_takes_is_not_sent(serve):
    serve(honest((ADA, "ada")))
    with pytest.raises(KeyProblem, match="more than an ssh-agent signs"):
        load_signer(InAgent()).sign("text/x", bytes(300_000))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_it_answers_is_a_signature_or_refused(serve, data):
    """Bytes changed in its two answers: nothing but a signature that verifies, or a clear refusal."""
    message = pae("text/x", b"hi")
    answers = []
    for before in (ADA_HERE, signed(ADA, message)):
        place = data.draw(st.integers(0, len(before)), "place")
        answers.append(before[:place] + data.draw(st.binary(max_size=3), "put in") + before[place + 1 :])
    serve(lambda request: answers[request[0] != LIST])
    with suppress(KeyProblem):
        signer = load_signer(InAgent())
        value = signer.sign("text/x", b"hi").signatures[0].value
        assert signed_by(signer.private.public, value, message)
