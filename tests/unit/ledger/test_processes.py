"""Several processes on one ledger: no lost update, no half append, whatever dies when."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ldmrelease.domain.events import Moved, NewEvent
from ldmrelease.ledger import Ledger, open_ledger
from ldmrelease.projections.registry import PROJECTORS

from .conftest import NOON

WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ldmrelease.domain.events import Moved, NewEvent
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
name, path, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
at = datetime(2023, 4, 20, 12, tzinfo=UTC)
done = 0
with open_ledger(path, projectors=PROJECTORS) as ledger:
    while done < count:
        version = ledger.version("shared")
        events = [NewEvent("test", "shared", {"saw": version}), NewEvent("test", name)]
        if not isinstance(ledger.append(events, at=at, actor=name, expect={"shared": version}), Moved):
            done += 1
            print(done, flush=True)
"""

DIE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
when, path = sys.argv[1], Path(sys.argv[2])
ledger = open_ledger(
    path, projectors=PROJECTORS, observer=lambda now, _kinds: os._exit(9) if now == when else None
)
ledger.append([NewEvent("test", "a"), NewEvent("test", "b")], at=datetime(2023, 4, 20, 12, tzinfo=UTC), actor="x")
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)


def test_concurrent_processes_lose_nothing(ledger: Ledger, path: Path) -> None:
    writers = [start(WRITE, name, str(path), "40") for name in ("one", "two", "three")]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert ledger.version("shared") == 120
    assert [ledger.version(name) for name in ("one", "two", "three")] == [40, 40, 40]
    saw = [event.body["saw"] for event in ledger.events(stream="shared")]
    assert saw == list(range(120))
    assert ledger.verify() == ()


def test_the_second_of_two_that_read_the_same_is_refused(ledger: Ledger, path: Path) -> None:
    version = ledger.version("shared")
    start(WRITE, "other", str(path), "1").communicate()
    answer = ledger.append([NewEvent("test", "shared")], at=NOON, actor="late", expect={"shared": version})
    assert answer == Moved("shared", 0, 1)
    assert ledger.version("shared") == 1


def test_a_process_killed_while_it_appends_leaves_whole_appends(ledger: Ledger, path: Path) -> None:
    writer = start(WRITE, "victim", str(path), "1000000")
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(25)]
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert ledger.version("victim") >= told[-1]
    assert ledger.version("victim") == ledger.version("shared")
    assert ledger.verify() == ()
    ledger.append([NewEvent("test", "shared")], at=NOON, actor="next")


def test_killed_before_an_append_has_nothing_and_after_it_everything(ledger: Ledger, path: Path) -> None:
    for when, size in (("before", 1), ("after", 3)):
        process = start(DIE, when, str(path))
        process.communicate()
        assert process.returncode == 9
        with open_ledger(path, projectors=PROJECTORS) as again:
            assert again.head().size == size
            assert again.verify() == ()
