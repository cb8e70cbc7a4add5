"""Keys that an ssh-agent holds: they sign there, and never leave it.

A client of the agent's protocol (draft-miller-ssh-agent) with the two requests that are needed: which keys there are,
and a signature by one of them. Nothing that an agent answers is believed: a signature is verified before it counts.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from msgspec import Struct

from ldmrelease import logs
from ldmrelease.trust.keys import PublicKey, blob_fingerprint, signed_by, ssh_strings
from ldmrelease.trust.ssh_public_keys import KINDS, read_blob, ssh_texts

SOCKET_VARIABLE = "SSH_AUTH_SOCK"

LIST_SECONDS = 10.0
"""How long an agent may take to say which keys it has."""
SIGN_SECONDS = 60.0
"""How long it may take to sign: it may ask somebody to confirm it, or to touch something."""
SILENT_SECONDS = 1.0
"""After so long whoever waits is told what for."""
LARGEST = 256 * 1024
"""Bytes of a message in either direction: OpenSSH's own limit."""
_MOST_KEYS = 2048

_LIST, _LISTED = 11, 12
_SIGN, _SIGNED = 13, 14
_FAILED = 5

Waiting = Callable[[str], None]
"""Told what is waited for, where an agent takes its time."""


class AgentProblem(Exception):
    """An agent gives no signature; the message says why and, after a semicolon, what to do."""


class HeldKey(Struct, frozen=True):
    """A key that an agent has, as it lists it: its bytes for ssh, and its comment."""

    blob: bytes
    comment: str

    @property
    def keyid(self) -> str:
        """Its fingerprint."""
        return blob_fingerprint(self.blob)

    @property
    def kind(self) -> str:
        """What ssh calls its kind; empty where its bytes do not say."""
        try:
            return ssh_texts(self.blob, 1)[0][0].decode(errors="replace")
        except IndexError:
            return ""

    def __str__(self) -> str:
        return f"{self.keyid} ({ascii(self.kind)[1:-1]} {ascii(self.comment)[1:-1]})"


class AgentKey(Struct, frozen=True):
    """A key of an agent that signs as a private key would. `address` is the agent's socket."""

    address: str
    held: HeldKey
    public: PublicKey
    waiting: Waiting

    def public_key(self) -> PublicKey:
        """Its public half."""
        return self.public

    def sign(self, message: bytes) -> bytes:
        """The signature as verifiers read it: of ed25519 its bytes, of ECDSA its two numbers in DER.

        Raises `AgentProblem`.
        """
        request = ssh_strings(self.held.blob, message) + bytes(4)
        if len(request) >= LARGEST:
            raise AgentProblem(
                f"{len(message)} bytes are more than an ssh-agent signs; take a key file for that"
            )
        what = f"the ssh-agent to sign with {self.held}; it may be asking for a confirmation"
        with logs.asked("ssh-agent", f"sign with {self.held.keyid}"), _connected(self.address) as agent:
            kind, answer = _asked(
                agent, _SIGN, request, seconds=SIGN_SECONDS, waiting=lambda: self.waiting(what)
            )
        if kind == _FAILED:
            raise AgentProblem(
                f"the ssh-agent refuses to sign with {self.held}: nobody confirmed it, the key is gone, or the agent "
                "is locked; `ssh-add -l` lists its keys, `ssh-add -X` unlocks it"
            )
        signature = _signature(kind, answer, self.public)
        if not signed_by(self.public, signature, message):
            raise AgentProblem(f"what the ssh-agent gave is no signature by {self.held}; is it a proxy?")
        return signature


def find_key(which: str, waiting: Waiting) -> AgentKey:
    """The key that an agent has under a fingerprint or a comment; of an empty text the only one that can sign here.

    Raises `AgentProblem`.
    """
    address = os.environ.get(SOCKET_VARIABLE, "")
    if not address:
        raise AgentProblem(
            f"{SOCKET_VARIABLE} is not set, so there is no ssh-agent; `eval $(ssh-agent)` and `ssh-add FILE` begin one"
        )
    held = list_keys(address, waiting)
    found = [each for each in held if which in (each.keyid, each.comment) or not which]
    # One that is asked for by its name is not passed over where it does not fit: it is said why.
    fitting = [each for each in found if each.kind in KINDS] or ([] if not which else found)
    if len(fitting) != 1:
        raise AgentProblem(_not_one(which, held, fitting))
    try:
        public = read_blob(fitting[0].blob)
    except ValueError as error:
        raise AgentProblem(f"{fitting[0].keyid}: {error}") from None
    return AgentKey(address, fitting[0], public, waiting)


def list_keys(address: str, waiting: Waiting) -> tuple[HeldKey, ...]:
    """The keys that an agent has, of whatever kind. Raises `AgentProblem`."""
    what = "the ssh-agent to say which keys it has"
    with logs.asked("ssh-agent", "list keys"), _connected(address) as agent:
        kind, answer = _asked(agent, _LIST, b"", seconds=LIST_SECONDS, waiting=lambda: waiting(what))
    if kind == _FAILED:
        raise AgentProblem("the ssh-agent refuses to list its keys; `ssh-add -X` unlocks it")
    try:
        count, rest = int.from_bytes(answer[:4], "big"), answer[4:]
        if kind != _LISTED or len(answer) < 4 or count > _MOST_KEYS:
            raise _nonsense()
        held = []
        for _ in range(count):
            (blob, comment), rest = ssh_texts(rest, 2)
            held.append(HeldKey(blob, comment.decode(errors="replace")))
    except IndexError:
        raise _nonsense() from None
    if rest:
        raise _nonsense()
    return tuple(held)


def _not_one(which: str, held: tuple[HeldKey, ...], fitting: list[HeldKey]) -> str:
    """Why a key is not found, or not known among several."""
    if not held:
        return "the ssh-agent has no keys, or is locked; `ssh-add FILE` adds one, `ssh-add -X` unlocks it"
    shown = ", ".join(map(str, held[:8])) + (f" and {len(held) - 8} more" if len(held) > 8 else "")
    if fitting:
        named = f" with the comment {which!a}" if which else " that can sign"
        return f"the ssh-agent has several keys{named}; name one by its fingerprint: {shown}"
    if which:
        return f"the ssh-agent has no key {ascii(which)[1:-1]}; it has {shown}"
    return f"the ssh-agent has no key that can sign: those are ed25519 and ECDSA on P-256; it has {shown}"


@contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as agent:
        try:
            agent.settimeout(LIST_SECONDS)
            agent.connect(address)
        except OSError as error:
            raise AgentProblem(
                f"no ssh-agent answers at {ascii(address)[1:-1]} ({error.strerror or error}), which "
                f"{SOCKET_VARIABLE} names; start it anew, or name a key file"
            ) from error
        yield agent


def _asked(
    agent: socket.socket, kind: int, request: bytes, *, seconds: float, waiting: Callable[[], None]
) -> tuple[int, bytes]:
    """The kind and the body of the answer to a request. Raises `AgentProblem`."""
    inbound = _Inbound(agent, seconds, waiting)
    try:
        agent.sendall(ssh_strings(bytes([kind]) + request))
        size = int.from_bytes(inbound.read(4), "big")
        if not 0 < size <= LARGEST:
            raise _nonsense()
        answer = inbound.read(size)
    except TimeoutError:
        raise AgentProblem(
            f"the ssh-agent has not answered within {seconds:g} s; confirm what it asks, and try again"
        ) from None
    except OSError as error:
        raise AgentProblem(f"the ssh-agent went away ({error.strerror or error}); start it anew") from error
    return answer[0], answer[1:]


class _Inbound:
    """Reads what an agent sends, up to a moment that does not move, however slowly it comes."""

    def __init__(self, agent: socket.socket, seconds: float, waiting: Callable[[], None]) -> None:
        self._agent = agent
        self._end = time.monotonic() + seconds
        self._told = time.monotonic() + SILENT_SECONDS
        self._waiting = waiting

    def read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self._part(size - len(data))
            if part is not None and not part:
                raise AgentProblem("the ssh-agent went away before it had answered; start it anew")
            data += part or b""
        return bytes(data)

    def _part(self, size: int) -> bytes | None:
        """Some bytes; none at the end; None where nothing came yet, and it was told that we wait."""
        now = time.monotonic()
        if now >= self._end:
            raise TimeoutError
        silent = now < self._told
        self._agent.settimeout(max(min(self._told if silent else self._end, self._end) - now, 0.001))
        try:
            return self._agent.recv(size)
        except TimeoutError:
            if not silent:
                raise
            self._told = 0.0
            self._waiting()
            return None


def _signature(kind: int, answer: bytes, public: PublicKey) -> bytes:
    """The signature of an answer, as verifiers read it (RFC 8709, section 6; RFC 5656, section 3.1.2)."""
    wanted = b"ssh-ed25519" if isinstance(public, ed25519.Ed25519PublicKey) else b"ecdsa-sha2-nistp256"
    try:
        (blob,), rest = ssh_texts(answer, 1)
        (name, value), more = ssh_texts(blob, 2)
        if kind != _SIGNED or rest or more or name != wanted:
            raise _nonsense()
        if wanted == b"ssh-ed25519":
            return value
        (r, s), more = ssh_texts(value, 2)
    except IndexError:
        raise _nonsense() from None
    numbers = [int.from_bytes(each, "big", signed=True) for each in (r, s)]
    if more or any(number <= 0 or len(each) > 33 for number, each in zip(numbers, (r, s), strict=True)):
        raise _nonsense()
    return encode_dss_signature(*numbers)


def _nonsense() -> AgentProblem:
    return AgentProblem("what the ssh-agent answered is not of its protocol; is it another program?")
