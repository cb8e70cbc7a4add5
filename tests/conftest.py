"""Settings of all tests."""

import gc
from collections.abc import Generator, Iterator

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from tests.examples import FULL, examples
from tests.once import command_tables, program_state, yaml_documents

# Clusters and compilers run beside the tests: how long an example takes says nothing about the code.
settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
full = settings.get_profile("full")
settings.register_profile("unit", full, max_examples=examples(full.max_examples))
settings.load_profile("full" if FULL else "unit")


_FACES = "tests/unit/faces/"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage counts what unit tests reach below the faces: to trace whole commands takes half as long again."""
    measured = Coverage.current()
    if measured is None or (item.nodeid.startswith("tests/unit/") and not item.nodeid.startswith(_FACES)):
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def pytest_collection_finish() -> None:
    """Thousands of tests, and all modules, stay to the end: to look through them again and again frees nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def _once() -> Iterator[None]:
    """What is the same for every command of the process is made once."""
    with pytest.MonkeyPatch.context() as patch:
        for each in (yaml_documents, command_tables, program_state):
            each(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Workspaces of tests are kept in no cache of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
