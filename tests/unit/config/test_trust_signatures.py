"""The file of signed versions is read strictly: what is wrong is told with file and field."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.config import trust_signatures
from ldmrelease.config.trust import load_trust
from ldmrelease.config.trust_signatures import parse_signatures, read_signatures, spell_signatures
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.yaml.problems import BadInput

AT = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The signatures of a new workspace."""
    folder = tmp_path_factory.mktemp("signed")
    init_workspace(folder, "simple", AT)
    return (folder / "trust.signatures.json").read_bytes()


def told(data: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        parse_signatures(data, "trust.signatures.json")
    (problem,) = caught.value.problems
    return str(problem)


def changed(data: bytes, change: Callable[[Any], object]) -> bytes:
    plain = json.loads(data)
    change(plain)
    return json.dumps(plain).encode()


def test_what_is_written_is_what_is_read(signed: bytes) -> None:
    versions = parse_signatures(signed, "trust.signatures.json")
    assert [each.version for each in versions] == [1]
    assert spell_signatures(versions) == signed


def moved(plain: Any) -> None:
    plain["versions"].append({"version": 2, "envelopes": plain["versions"][0]["envelopes"]})


def twice(plain: Any) -> None:
    plain["versions"][0]["envelopes"] *= 2


def other_payload(plain: Any) -> None:
    (envelope,) = plain["versions"][0]["envelopes"]
    document = json.loads(base64.b64decode(envelope["payload"]))
    document["version"] = 7
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    plain["versions"][0]["envelopes"].append(
        {**envelope, "payload": base64.b64encode(text.encode()).decode()}
    )


def junk_payload(plain: Any) -> None:
    plain["versions"][0]["envelopes"][0]["payload"] = base64.b64encode(b'{"version": 1}').decode()


CASES: dict[str, tuple[Callable[[Any], object], str]] = {
    "unknown field": (lambda plain: plain.update(note=1), "note: is unknown"),
    "unknown field of a version": (
        lambda plain: plain["versions"][0].update(note=1),
        "versions[0].note: is unknown",
    ),
    "unknown field of an envelope": (
        lambda plain: plain["versions"][0]["envelopes"][0].update(note=1),
        "versions[0].envelopes[0]: an envelope has no field 'note'",
    ),
    "missing field": (lambda plain: plain["versions"][0].pop("version"), "versions[0].version: is missing"),
    "another kind": (lambda plain: plain.update(kind="Trust"), "kind: has to be TrustSignatures"),
    "no list": (lambda plain: plain.update(versions={}), "versions: has to be a list"),
    "no envelopes": (
        lambda plain: plain["versions"][0].update(envelopes=[]),
        "versions[0].envelopes: has to have 1 to 100 envelopes",
    ),
    "a signature of another version moved over": (
        moved,
        "versions[1].version: is 2, and what is signed is version 1",
    ),
    "the same key twice": (twice, "versions[0].envelopes[1].signatures: the same key has signed twice"),
    "two documents of one version": (
        other_payload,
        "versions[0].envelopes[1].payload: is another document than that of the first envelope",
    ),
    "a payload that is no document": (
        junk_payload,
        "versions[0].envelopes[0].payload: is not a trust document",
    ),
    "another payload type": (
        lambda plain: plain["versions"][0]["envelopes"][0].update(payloadType="text/plain"),
        "versions[0].envelopes[0].payloadType: has to be",
    ),
}


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES)
def test_junk_is_refused_with_its_field(
    signed: bytes, change: Callable[[Any], object], expected: str
) -> None:
    assert f"trust.signatures.json: {expected}" in told(changed(signed, change))


def test_duplicate_keys_are_refused(signed: bytes) -> None:
    assert "stands twice" in told(signed.replace(b'"kind"', b'"kind": "TrustSignatures", "kind"', 1))


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"{", b"null", b"[" * 100_000], ids=range(6))
def test_what_is_not_such_a_file_at_all_is_refused(data: bytes) -> None:
    assert told(data).startswith("trust.signatures.json: ")


def test_an_oversize_file_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust_signatures, "LARGEST", 1000)
    file = tmp_path / "trust.signatures.json"
    file.write_bytes(b" " * 1001)
    with pytest.raises(BadInput, match="more than 1000 bytes"):
        read_signatures(file)


def test_a_document_with_another_layout_is_still_signed(tmp_path: Path) -> None:
    init_workspace(tmp_path, "simple", AT)
    file = tmp_path / "trust.yaml"
    file.write_text(f"# a remark\n{file.read_text()}\n")
    assert load_trust(file).unsigned is None
    file.write_text(file.read_text().replace("version: 1", "version: 2", 1))
    fault = load_trust(file).unsigned
    assert fault is not None
    assert fault.code == "edited"


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("{keys: [me], threshold: 2}", "root.threshold: 2 persons have to sign, and the root keys are of 1"),
        ("{keys: [nobody], threshold: 1}", "root.keys[0]: no key 'nobody'"),
        ("{keys: [], threshold: 1}", "root.keys"),
        ("{keys: [me], threshold: 0}", "root.threshold"),
    ],
    ids=["too few persons", "an unknown key", "no key", "no threshold"],
)
def test_root_keys_by_which_nobody_could_sign_are_refused(tmp_path: Path, root: str, expected: str) -> None:
    init_workspace(tmp_path, "simple", AT)
    file = tmp_path / "trust.yaml"
    text = file.read_text()
    start, end = text.index("root:"), text.index("policies:")
    file.write_text(f"{text[:start]}root: {root}\n{text[end:]}")
    with pytest.raises(BadInput) as caught:
        load_trust(file)
    assert any(expected in str(each) for each in caught.value.problems)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "trust.signatures.json")
    with pytest.raises(BadInput, match="is a pipe"):
        read_signatures(tmp_path / "trust.signatures.json")
