"""What is logged of requests to other systems: what, of whom, how long; and never a credential."""

import logging

import pytest

from ldmrelease import logs


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logs, "_enabled", True)
    caplog.set_level(logging.INFO, "ldmrelease")
    return caplog


def test_nothing_is_logged_where_nobody_asks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ldmrelease")
    with logs.asked("registry", "GET https://registry.example/v2/"):
        pass
    assert not caplog.records


def test_a_request_is_told_with_its_time_and_without_credentials(logged: pytest.LogCaptureFixture) -> None:
    with logs.asked("registry", "PUT https://ada:secret@registry.example/v2/a/blobs/uploads/1?_state=token"):
        pass
    (record,) = logged.records
    assert record.name == "ldmrelease.registry"
    assert record.getMessage().startswith("PUT https://registry.example/v2/a/blobs/uploads/1 ")
    assert record.getMessage().endswith(" ms")


def test_what_failed_is_a_warning(logged: pytest.LogCaptureFixture) -> None:
    with pytest.raises(OSError, match="away"), logs.asked("git", "git fetch"):
        raise OSError("away")
    (record,) = logged.records
    assert (record.levelno, record.name) == (logging.WARNING, "ldmrelease.git")
    assert "git fetch failed after" in record.getMessage()
    assert record.getMessage().endswith("OSError")


@pytest.mark.parametrize(
    ("verbose", "variable", "level"),
    [(False, "", None), (True, "", "info"), (False, "DEBUG", "debug"), (True, "warning", "warning")],
)
def test_the_environment_says_more_than_the_option(
    monkeypatch: pytest.MonkeyPatch, verbose: bool, variable: str, level: str | None
) -> None:
    monkeypatch.setenv(logs.VARIABLE, variable)
    assert logs.wanted(verbose) == level
