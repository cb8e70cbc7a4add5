"""The file of a trust document's signed versions (`trust.signatures.json` beside `trust.yaml`).

Each version has its DSSE envelopes, one for each signature, with the whole document as payload: so the file alone is
enough to follow the document from any version on. It is read strictly: what could be read in two ways is refused, with
the field.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.domain import canonical
from ldmrelease.trust.dsse import Envelope, Malformed, read_envelope
from ldmrelease.trust.root_chain import TRUST_TYPE, TrustVersion, read_version

LARGEST = 16 * 1024 * 1024
"""Bytes of a file: some hundred versions of a large document."""
MOST_SIGNATURES = 100
"""Signatures of one version."""

_HEAD = {"apiVersion": "ldmrelease/v1alpha1", "kind": "TrustSignatures"}


def signatures_file(trust: Path) -> Path:
    """Where the signatures of a trust document are: `trust.signatures.json` beside `trust.yaml`."""
    return trust.with_suffix(".signatures.json")


def read_signatures(path: Path) -> tuple[tuple[TrustVersion, ...], str]:
    """The versions that the file has, oldest first, whoever signed them, and the digest of its bytes.

    Raises `BadInput` with file and field.
    """
    if path.is_fifo():
        raise BadInput([Problem(shown(path), "is a pipe; nobody would wait for what comes through it")])
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput([Problem(shown(path), f"cannot be read: {error.strerror}")]) from error
    return parse_signatures(data, shown(path)), canonical.digest(data)


def parse_signatures(data: bytes, file: str) -> tuple[TrustVersion, ...]:
    """The same of the bytes of a file that is shown as `file`."""
    if len(data) > LARGEST:
        raise BadInput([Problem(file, f"more than {LARGEST} bytes, which are the most that is read")])
    try:
        plain = canonical.parse(data)
    except canonical.NotCanonical as error:
        raise BadInput([Problem(file, str(error))]) from error
    return tuple(_Reader(file).versions(plain))


def spell_signatures(versions: Sequence[TrustVersion]) -> bytes:
    """The bytes of the file: a line for each envelope."""
    entries = []
    for each in versions:
        lines = ",\n".join(f"  {envelope.to_bytes().decode()}" for envelope in each.envelopes)
        entries.append(f' {{"version": {each.version}, "envelopes": [\n{lines}]}}')
    head = ", ".join(f'"{name}": "{value}"' for name, value in _HEAD.items())
    return (f'{{{head}, "versions": [\n' + ",\n".join(entries) + "\n]}\n").encode()


class _Reader:
    """Reads the plain values of a file; the first that is wrong is told with its field."""

    def __init__(self, file: str) -> None:
        self._file = file

    def versions(self, plain: Any) -> Iterator[TrustVersion]:
        self._require_fields(plain, {*_HEAD, "versions"}, "")
        for name, value in _HEAD.items():
            if plain[name] != value:
                self._refuse(name, f"has to be {value}")
        for index, each in enumerate(self._list(plain["versions"], "versions")):
            yield self._version(each, f"versions[{index}]")

    def _version(self, plain: Any, field: str) -> TrustVersion:
        self._require_fields(plain, {"version", "envelopes"}, field)
        found = self._list(plain["envelopes"], f"{field}.envelopes")
        if not 0 < len(found) <= MOST_SIGNATURES:
            self._refuse(f"{field}.envelopes", f"has to have 1 to {MOST_SIGNATURES} envelopes")
        envelopes = [self._envelope(each, f"{field}.envelopes[{index}]") for index, each in enumerate(found)]
        for index, each in enumerate(envelopes):
            here = f"{field}.envelopes[{index}]"
            if each.payload != envelopes[0].payload:
                self._refuse(f"{here}.payload", "is another document than that of the first envelope")
            if each in envelopes[:index] or each.signatures[0].keyid in _keyids(envelopes[:index]):
                self._refuse(f"{here}.signatures", "the same key has signed twice")
        try:
            version = read_version(envelopes[0].payload, envelopes)
        except ValueError as error:
            self._refuse(f"{field}.envelopes[0].payload", f"is not a trust document: {error}")
        if version.version != plain["version"]:
            self._refuse(
                f"{field}.version",
                f"is {plain['version']!r}, and what is signed is version {version.version}",
            )
        return version

    def _envelope(self, plain: Any, field: str) -> Envelope:
        found = read_envelope(plain)
        if isinstance(found, Malformed):
            self._refuse(field, found.detail)
        if found.payload_type != TRUST_TYPE:
            self._refuse(f"{field}.payloadType", f"has to be {TRUST_TYPE}")
        return found

    def _list(self, plain: Any, field: str) -> list[Any]:
        if not isinstance(plain, list):
            self._refuse(field, "has to be a list")
        return plain

    def _require_fields(self, plain: Any, names: set[str], field: str) -> None:
        if not isinstance(plain, dict):
            self._refuse(field, "has to be an object")
        for name in sorted(plain.keys() ^ names):
            self._refuse(
                f"{field}.{name}" if field else name, "is unknown" if name in plain else "is missing"
            )

    def _refuse(self, field: str, message: str) -> NoReturn:
        raise BadInput([Problem(self._file, message, field=field)])


def _keyids(envelopes: Sequence[Envelope]) -> set[str]:
    return {keyid for each in envelopes if (keyid := each.signatures[0].keyid) is not None}
