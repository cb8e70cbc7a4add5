"""Results in a registry: only the check's own repository is asked, by digest, and what is odd there says nothing."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.checks.outcome import RunOutcome, Unread, judge_output
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.topology import Check
from ldmrelease.registry import errors
from ldmrelease.registry.manifests import (
    EMPTY_JSON,
    OCI_EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    write_object,
)
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import Repository
from ldmrelease.services.checks.referenced_results import LARGEST, MOST_TESTS, resolve_referenced

TESTS = ("starts",)
PLACE = "oci:results"
MANY = tuple(f"notebook-{number:04}" for number in range(1000))
RESULT = json.dumps({"result": "PASSED", "passedTests": MANY, "failedTests": []}).encode()
ABSENT = f"sha256:{'0' * 64}"


@pytest.fixture
def registries(tmp_path: Path) -> Registries:
    return Registries(tmp_path)


@pytest.fixture
def results(registries: Registries) -> Repository:
    return registries.open(parse_reference(PLACE))


def outcome(
    registries: Any, pointer: str, code: int = 0, results: str | None = PLACE
) -> RunOutcome | Unavailable:
    message = json.dumps({"resultAt": pointer})
    check = Check("smoke", "job", TESTS, results=results)
    again = partial(_judge, code, message)
    return resolve_referenced(registries, check, judge_output(TESTS, code, message), again)


def _judge(code: int, message: str, text: str) -> RunOutcome:
    return judge_output(TESTS, code, message, result=text)


def problem(found: RunOutcome | Unavailable) -> str | None:
    assert isinstance(found, RunOutcome)
    assert (found.passed, found.failed) == ((), ())
    return found.problem


def put_manifest(results: Repository, *layers: bytes) -> str:
    kept = [Descriptor("text/plain", results.put_blob(each), len(each)).as_json() for each in layers]
    config = Descriptor(OCI_EMPTY, results.put_blob(EMPTY_JSON), len(EMPTY_JSON)).as_json()
    said = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": kept}
    return results.put_manifest(write_object(said), OCI_MANIFEST)


def test_a_blob_by_digest_is_the_result(registries: Registries, results: Repository) -> None:
    found = outcome(registries, f"{PLACE}@{results.put_blob(RESULT)}")
    assert isinstance(found, RunOutcome)
    assert (found.passed, found.problem, found.result_at) == (MANY, None, None)
    assert "resultAt" in found.output


def test_the_one_layer_of_a_manifest_is_the_result(registries: Registries, results: Repository) -> None:
    found = outcome(registries, f"{PLACE}@{put_manifest(results, RESULT)}")
    assert isinstance(found, RunOutcome)
    assert found.passed == MANY


@pytest.mark.parametrize("layers", [(), (RESULT, RESULT)])
def test_a_manifest_of_no_layer_or_of_several_says_nothing(
    layers: tuple[bytes, ...], registries: Registries, results: Repository
) -> None:
    assert problem(outcome(registries, f"{PLACE}@{put_manifest(results, *layers)}")) == Unread.NOT_TEXT


def test_an_index_says_nothing(registries: Registries, results: Repository) -> None:
    index = write_object({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []})
    digest = results.put_manifest(index, OCI_INDEX)
    assert problem(outcome(registries, f"{PLACE}@{digest}")) == Unread.NOT_TEXT


@pytest.mark.parametrize(
    "pointer", ["", "None", PLACE, f"{PLACE}:1", f"{PLACE}@sha512:{'0' * 128}", "../../etc"]
)
def test_a_pointer_without_a_digest_says_nothing(pointer: str, registries: Registries) -> None:
    assert problem(outcome(registries, pointer)) == Unread.NO_DIGEST


class Nobody:
    """Registries, of which none may be asked."""

    def open(self, reference: object) -> Repository:
        pytest.fail(f"{reference} was opened")


@pytest.mark.parametrize(
    ("pointer", "named"),
    [
        ("evil.example/results", "registry.example/results"),
        ("registry.example/results/more", "registry.example/results"),
        ("registry.example:8443/results", "registry.example/results"),
        ("results", "registry.example/results"),
        ("oci:registry.example/results", "registry.example/results"),
        ("registry.example/results", "oci:results"),
        ("oci:../results", "oci:results"),
        ("registry.example/results", None),
    ],
)
def test_no_repository_is_asked_but_the_one_that_the_check_names(pointer: str, named: str | None) -> None:
    """What is tested says where its result is: it must not send our credentials to a host of its choice."""
    assert problem(outcome(Nobody(), f"{pointer}@{ABSENT}", results=named)) == Unread.ELSEWHERE


def test_what_is_not_there_says_nothing(registries: Registries) -> None:
    assert problem(outcome(registries, f"{PLACE}@{ABSENT}")) == Unread.ABSENT


def test_other_bytes_say_nothing(registries: Registries, results: Repository, tmp_path: Path) -> None:
    digest = results.put_blob(RESULT)
    file = tmp_path / "results" / "blobs" / "sha256" / digest.removeprefix("sha256:")
    file.chmod(0o644)
    file.write_bytes(RESULT.replace(b"PASSED", b"FAILED"))
    assert problem(outcome(registries, f"{PLACE}@{digest}")) == Unread.DIFFERS


@pytest.mark.parametrize(("size", "wanted"), [(LARGEST, None), (LARGEST + 1, Unread.TOO_LARGE)])
@pytest.mark.parametrize("in_manifest", [False, True])
def test_a_result_has_so_many_bytes_at_most(
    size: int, wanted: str | None, in_manifest: bool, registries: Registries, results: Repository
) -> None:
    content = RESULT.rjust(size)
    digest = put_manifest(results, content) if in_manifest else results.put_blob(content)
    found = outcome(registries, f"{PLACE}@{digest}")
    assert isinstance(found, RunOutcome)
    assert found.problem == wanted


@pytest.mark.parametrize(("many", "wanted"), [(MOST_TESTS, None), (MOST_TESTS + 1, Unread.TOO_LARGE)])
def test_a_result_names_so_many_tests_at_most(
    many: int, wanted: str | None, registries: Registries, results: Repository
) -> None:
    lines = "".join(f"ok {number} - test-{number}\n" for number in range(many))
    found = outcome(registries, f"{PLACE}@{results.put_blob(lines.encode())}")
    assert isinstance(found, RunOutcome)
    assert found.problem == wanted


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x1f\x8b\x08\x00"])
def test_other_than_utf_8_says_nothing(content: bytes, registries: Registries, results: Repository) -> None:
    assert problem(outcome(registries, f"{PLACE}@{results.put_blob(content)}")) == Unread.NOT_TEXT


def test_a_pointer_to_a_pointer_is_not_followed(registries: Registries, results: Repository) -> None:
    first = json.dumps({"resultAt": f"{PLACE}@{results.put_blob(RESULT)}"}).encode()
    found = outcome(registries, f"{PLACE}@{results.put_blob(first)}")
    assert problem(found) == Unread.POINTS_ON


@pytest.mark.parametrize("pointer", ["nowhere", f"{PLACE}@{ABSENT}", f"evil.example/x@{ABSENT}"])
def test_a_failure_stays_one_wherever_its_message_points(pointer: str, registries: Registries) -> None:
    found = outcome(registries, pointer, code=1)
    assert isinstance(found, RunOutcome)
    assert (found.failed, found.problem) == (TESTS, None)


class Away:
    """Registries that cannot be reached, each for this reason."""

    def __init__(self, error: errors.RegistryError) -> None:
        self._error = error

    def open(self, reference: object) -> Away:
        return self

    def blob(self, digest: str, *, limit: int) -> bytes:
        raise self._error


@pytest.mark.parametrize(
    "kind", [errors.RegistryUnreachable, errors.Denied, errors.RegistryError, errors.CredentialsUnreadable]
)
@pytest.mark.parametrize("code", [0, 1])
def test_a_registry_that_cannot_be_asked_is_asked_again(kind: type[errors.RegistryError], code: int) -> None:
    error = kind("503", method="GET", repository="registry.example/results")
    found = outcome(Away(error), f"{PLACE}@{ABSENT}", code)
    assert found == error.unavailable
