"""Results of checks in real registries: a blob, or a manifest's one layer, whichever way the registry gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from ldmrelease.checks.outcome import RunOutcome, Unread, judge_output
from ldmrelease.domain.topology import Check
from ldmrelease.registry.opening import Registries
from ldmrelease.services.checks.referenced_results import resolve_referenced
from tests.real.registries import RunningRegistry, docker_registry, referrers_registry
from tests.unit.services.checks.test_referenced_results import ABSENT, MANY, RESULT, put_manifest

pytestmark = pytest.mark.real


@pytest.fixture(params=[docker_registry, referrers_registry], scope="module")
def registry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningRegistry]:
    start: Callable[[Path], AbstractContextManager[RunningRegistry]] = request.param
    with start(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


def pointed(registry: RunningRegistry, digest: str) -> RunOutcome:
    """A passing run whose message points to this digest."""
    named = f"{registry.address}/results"
    message = json.dumps({"resultAt": f"{named}@{digest}"})
    check = Check("smoke", "job", ("starts",), results=named)
    found = resolve_referenced(
        Registries(registry.directory),
        check,
        judge_output(check.tests, 0, message),
        lambda text: judge_output(check.tests, 0, message, result=text),
    )
    assert isinstance(found, RunOutcome)
    return found


@pytest.mark.parametrize("in_manifest", [False, True])
def test_a_result_is_read(in_manifest: bool, registry: RunningRegistry) -> None:
    results = registry.open("results")
    digest = put_manifest(results, RESULT) if in_manifest else results.put_blob(RESULT)
    assert pointed(registry, digest).passed == MANY


def test_what_is_not_there_is_absent(registry: RunningRegistry) -> None:
    registry.open("results").put_blob(RESULT)
    assert pointed(registry, ABSENT).problem == Unread.ABSENT
