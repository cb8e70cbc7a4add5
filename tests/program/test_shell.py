"""The program as a shell starts it: closed streams, other locales, nobody who listens, no git."""

import json
import os
import subprocess

import pytest

from tests.unit.faces.cli.running import PROGRAM
from tests.workspace import PLACE, WEEKLY, Site


def shell(site: Site, words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command as a shell starts it, with its streams redirected in `words`."""
    program = '"$0" -c "$1" ' + words
    return subprocess.run(
        ["/bin/sh", "-c", program, PROGRAM[0], PROGRAM[2]],
        cwd=site.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environ,
    )


@pytest.mark.parametrize(
    "words", ["where >&-", "where <&-", "where 2>&-", "where <&- >&- 2>&-", "tag parse - <&-"]
)
def test_a_stream_that_is_closed_is_nothing_to_read_or_write(ready: Site, words: str) -> None:
    done = shell(ready, words)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_a_promotion_with_all_streams_closed_keeps_its_ledger_whole(ready: Site) -> None:
    assert shell(ready, f"promote {WEEKLY} --target {PLACE} <&- >&- 2>&-").returncode == 0
    ready.ok("ledger", "verify")
    assert "al9-w_2023_16" in ready.committed(PLACE)


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_a_reason_is_read_as_utf8_whatever_the_locale(ready: Site) -> None:
    done = shell(ready, f"promote {WEEKLY} --target {PLACE} --reason 'für die Übung'", **C_LOCALE)
    assert done.returncode == 0, done.stderr
    (promotion,) = json.loads(ready.ok("promotions", "list", "-o", "json"))
    shown = json.loads(ready.ok("promotions", "show", promotion["promotion"], "-o", "json"))
    assert "für die Übung" in json.dumps(shown, ensure_ascii=False)


def test_a_reason_that_is_no_text_is_a_mistake_and_changes_nothing(ready: Site) -> None:
    before = ready.everything()
    done = shell(ready, f"promote {WEEKLY} --target {PLACE} --reason \"$(printf '\\377')\"")
    assert done.returncode == 2
    assert "--reason" in done.stderr
    assert ready.everything() == before


def test_a_promotion_goes_on_when_nobody_listens_any_more(ready: Site) -> None:
    shell(ready, f"promote {WEEKLY} --target {PLACE} 2>&1 | head -1")
    (promotion,) = json.loads(ready.ok("promotions", "list", "-o", "json"))
    assert promotion["state"] == "succeeded"


def test_without_git_it_could_not_be_decided(ready: Site) -> None:
    before = ready.everything()
    done = shell(ready, f"promote {WEEKLY} --target {PLACE}", PATH="/nosuch")
    assert done.returncode == 3
    assert "git is not installed; install it" in done.stdout + done.stderr
    assert ready.everything() == before
