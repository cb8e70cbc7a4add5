"""What a command logs when it is asked to: on stderr, beside its answer."""

from tests.unit.faces.cli.running import process
from tests.workspace import Site


def test_a_command_says_what_it_asked_of_git_on_stderr_alone(ready: Site) -> None:
    quiet = process("-C", str(ready.root), "observe")
    told = process("-C", str(ready.root), "--verbose", "observe")
    assert b"ldmrelease.git: git " not in quiet.stderr
    assert b"INFO ldmrelease.git: git " in told.stderr
    assert b"ldmrelease.git" not in told.stdout


def test_a_level_that_does_not_exist_is_bad_usage(ready: Site) -> None:
    done = process("-C", str(ready.root), "where", LDMRELEASE_LOG="loud")
    assert done.returncode == 2
    assert b"debug, info, warning, error" in done.stderr
