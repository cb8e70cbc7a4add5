"""Settings of all tests."""

import gc
from collections.abc import Iterator
from functools import cache

import pytest
import typer.testing
from hypothesis import HealthCheck, settings

from tests.examples import FULL, examples

# Clusters and compilers run beside the tests: how long an example takes says nothing about the code.
settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
full = settings.get_profile("full")
settings.register_profile("unit", full, max_examples=examples(full.max_examples))
settings.load_profile("full" if FULL else "unit")


def pytest_collection_finish() -> None:
    """Thousands of tests, and all modules, stay to the end: to look through them again and again frees nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def _command_line_once() -> Iterator[None]:
    """The table of commands is built once, as in each process of the program, and not for each call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Workspaces of tests are kept in no cache of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
