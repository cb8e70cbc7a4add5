"""Which kinds of check there are, and that each behaves as one."""

import inspect
from importlib import import_module
from typing import Any

import pytest

from ldmrelease.checks import registry
from ldmrelease.checks.interface import CheckKind
from ldmrelease.checks.kinds import command
from ldmrelease.config.workspace.schema import CheckEntry
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Check
from tests.unit.checks import memory
from tests.unit.checks.contract import TESTS, KindContract, ran


class Commands:
    """Checks that are shell scripts."""

    kind: CheckKind = command

    def check(self, status: int, *lines: str) -> Check:
        script = "".join(f"echo '{each}'\n" for each in lines) + f"exit {status}"
        return Check("smoke", "command", TESTS, ("/bin/sh", "-c", script))

    def late(self) -> Check:
        return Check("smoke", "command", TESTS, ("/bin/sh", "-c", "sleep 60"), deadline=1)


class InMemory:
    """Checks that run nothing."""

    kind: CheckKind = memory

    def check(self, status: int, *lines: str) -> Check:
        return Check("smoke", "memory", TESTS, (str(status), *lines))

    def late(self) -> Check:
        return Check("smoke", "memory", TESTS, ("late",))


class TestKinds(KindContract):
    """All that a kind has to do."""

    @pytest.fixture(params=[Commands, InMemory])
    def there(self, request: pytest.FixtureRequest) -> Any:
        return request.param()


def test_every_kind_that_a_workspace_may_name_is_registered_and_no_other() -> None:
    assert CheckEntry.model_json_schema()["properties"]["kind"]["enum"] == [
        "command",
        "container",
        "job",
        "reported",
    ]
    assert list(registry.KINDS) == ["command", "container", "job", "reported"]


@pytest.mark.parametrize("name", registry.KINDS)
def test_every_kind_offers_the_interface(name: str) -> None:
    wanted = {each for each, _ in inspect.getmembers(CheckKind, inspect.isfunction) if each[0] != "_"}
    module = import_module(registry.KINDS[name])
    assert {"TRAITS", *wanted} <= set(dir(module))


def test_what_is_said_of_the_kinds() -> None:
    def having(trait: str) -> set[str]:
        return {each for each in registry.KINDS if getattr(registry.traits(each), trait)}

    assert having("run_by_us") == {"command", "container", "job"}
    assert having("has_command") == {"command"}
    assert having("runs_image") == {"container", "job"}
    assert having("in_cluster") == {"job"}
    assert having("about_place") == {"command", "job"}


def test_a_new_kind_is_one_module_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "memory", memory.__name__)
    assert registry.kind_of("memory").run is memory.run


def test_somebody_elses_check_is_not_run() -> None:
    class Reported:
        kind: CheckKind = registry.kind_of("reported")

    done = ran(Reported(), Check("smoke", "reported", TESTS))  # type: ignore[arg-type]
    assert done.ran.problem == "not-started"


def test_a_job_without_a_cluster_says_nothing() -> None:
    class Jobs:
        kind: CheckKind = registry.kind_of("job")

    done = ran(Jobs(), Check("smoke", "job", TESTS, image="lab"))  # type: ignore[arg-type]
    assert done.ran.problem == "no-cluster"


def test_who_cannot_be_asked_is_told() -> None:
    this = Check("smoke", "memory", TESTS, (memory.AWAY,))
    with pytest.raises(AssertionError):
        ran(InMemory(), this)
    assert isinstance(memory.run(type("Run", (), {"check": this, "run": "run-1"})()), Unavailable)
