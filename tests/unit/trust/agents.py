"""An ssh-agent of the tests: it answers on a socket of its own, well or ill."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ldmrelease.trust.keys import KeyKind, point, read_public, ssh_strings
from ldmrelease.trust.signer import Signer
from ldmrelease.trust.ssh_public_keys import ssh_texts

LIST, LISTED, SIGN, SIGNED, FAILED = 11, 12, 13, 14, 5
REFUSAL = bytes([FAILED])

Answer = Callable[[bytes], bytes | None]
"""What an agent answers to a request, without the length; None goes away."""


def blob_of(signer: Signer) -> bytes:
    """A public key as ssh sends it."""
    public = read_public(signer.public_pem)
    if signer.kind is KeyKind.ED25519:
        return ssh_strings(b"ssh-ed25519", public.public_bytes_raw())
    return ssh_strings(b"ecdsa-sha2-nistp256", b"nistp256", point(public))


def listed(*keys: tuple[bytes, str]) -> bytes:
    """The answer that an agent has these keys."""
    body = b"".join(ssh_strings(blob, comment.encode()) for blob, comment in keys)
    return bytes([LISTED]) + len(keys).to_bytes(4, "big") + body


def signed(signer: Signer, message: bytes) -> bytes:
    """The answer with an honest signature."""
    raw = signer._signature(message)
    if signer.kind is KeyKind.ED25519:
        return signed_as(b"ssh-ed25519", raw)
    return signed_as(b"ecdsa-sha2-nistp256", ssh_strings(*map(mpint, decode_dss_signature(raw))))


def signed_as(kind: bytes, value: bytes) -> bytes:
    return bytes([SIGNED]) + ssh_strings(ssh_strings(kind, value))


def mpint(number: int) -> bytes:
    """A positive number (RFC 4251, section 5)."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def honest(*keys: tuple[Signer, str]) -> Answer:
    """An agent that has these keys, with their comments, and signs what it is asked to."""
    by_blob = {blob_of(signer): signer for signer, _ in keys}

    def answer(request: bytes) -> bytes:
        if request[0] == LIST:
            return listed(*((blob_of(signer), comment) for signer, comment in keys))
        (blob, message), _ = ssh_texts(request[1:], 2)
        return signed(by_blob[blob], message) if blob in by_blob else REFUSAL

    return answer


def framed(answer: bytes) -> bytes:
    return ssh_strings(answer)


@contextmanager
def agent(answer: Answer, frame: Callable[[bytes], bytes] = framed, drip: float = 0) -> Iterator[str]:
    """The socket of an agent. frame: how an answer goes over the wire. drip: seconds between its bytes."""
    with (
        tempfile.TemporaryDirectory(prefix="agent", dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX) as server,
    ):
        path = str(Path(folder, "s"))
        server.bind(path)
        server.listen()
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    client, _ = server.accept()
                    with client:
                        _serve(client, answer, frame, drip, ended)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            ended.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _serve(
    client: socket.socket,
    answer: Answer,
    frame: Callable[[bytes], bytes],
    drip: float,
    ended: threading.Event,
) -> None:
    while len(size := client.recv(4)) == 4:
        request = b""
        while len(request) < int.from_bytes(size, "big"):
            request += client.recv(65536)
        found = answer(request)
        if found is None:
            return
        data = frame(found)
        if not drip:
            client.sendall(data)
        for each in data if drip else ():
            if ended.is_set():
                return
            client.sendall(bytes([each]))
            time.sleep(drip)
