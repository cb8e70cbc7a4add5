"""Git at a distance: connections, promotions beside each other and beside a hand, servers that hang."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting, Writes
from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.observe import observe
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access, Connections
from ldmrelease.targets.git import mirror
from ldmrelease.targets.results import Refusal, Written
from tests.distant_site import NEW, distant_site, file_of, tree
from tests.far_server import FarServer, git_daemon
from tests.real.gitops.settings import BEFORE, OURS, write
from tests.real.gitops.site import FENCE, Promoter, git, put, target
from tests.workspace import Site

pytestmark = pytest.mark.real

PLACES = {"dev": 4, "staging": 3, "prod": 3}
PROGRAM = [sys.executable, "-c", "from ldmrelease.faces.cli.main import main; main()"]


@dataclass
class Far:
    """A workspace, the server that its places are at, and the repository there."""

    site: Site
    server: FarServer
    bare: Path

    def start(self, *words: str, root: Path | None = None) -> subprocess.Popen[bytes]:
        """The command as a process of its own."""
        return subprocess.Popen(
            [*PROGRAM, "-C", str(root or self.site.root), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def tags(self, environment: str = "dev") -> list[str]:
        """What the places of an environment say now."""
        files = [file_of(environment, each) for each in range(PLACES[environment])]
        return [git(self.bare, "show", f"main:{each}").partition("tag: ")[2] for each in files]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    (tmp_path / "served").mkdir()
    bare = tree(tmp_path / "served", PLACES)
    with git_daemon(tmp_path / "served") as port, FarServer(port) as server:
        site = distant_site(tmp_path / "site", server.url(bare.name), PLACES)
        yield Far(site, server, bare)


def test_all_places_of_a_repository_are_looked_at_by_one_connection(far: Far) -> None:
    for words, code in ((("observe",), 0), (("drift",), 1), (("where", "--live"), 0)):
        done = far.site.run(*words)
        assert done.exit_code == code, done.stderr
        assert "unreachable" not in done.stdout + done.stderr
        assert far.server.counted() == 1, words


def test_a_promotion_takes_a_look_and_a_push_for_each_place(far: Far) -> None:
    far.site.ok("promote", NEW, "--target", "dev/shop0")
    assert far.server.counted() <= 4
    assert far.tags()[0] == NEW
    far.site.ok("promote", NEW, "--target", "dev")
    assert far.server.counted() <= 1 + 3
    assert set(far.tags()) == {NEW}
    assert len(git(far.bare, "for-each-ref", "refs/ldmrelease/dev").splitlines()) == PLACES["dev"]


def test_a_server_that_hangs_costs_one_time_limit(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "SILENCE", 1.0)
    far.server.hangs = True
    context = far.site.context()
    begun = time.monotonic()
    try:
        seen = [observe(context, each) for each in context.topology.applications]
    finally:
        context.ledger.close()
    assert all(isinstance(each, Unavailable) for each in seen), seen
    assert far.server.counted() == 1
    assert time.monotonic() - begun < 1.0 * len(seen)
    far.server.hangs = False
    far.site.ok("observe")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_talks_to_a_server_that_hangs_ends_with_us(far: Far, end: signal.Signals) -> None:
    far.server.hangs = True
    process = far.start("observe")
    url = far.server.url(far.bare.name)
    _until(lambda: bool(_talking_to(url)))
    process.send_signal(end)
    process.wait(20)
    _until(lambda: not _talking_to(url))
    assert process.stdout is not None
    assert b"Traceback" not in process.stdout.read()


def test_promotions_of_one_workspace_do_not_disturb_each_other(far: Far) -> None:
    far.site.ok("observe")
    started = [far.start("promote", NEW, "--target", f"dev/shop{each}") for each in range(PLACES["dev"])]
    told = [each.communicate(timeout=120)[0].decode() for each in started]
    assert [each.returncode for each in started] == [0] * len(started), told
    assert set(far.tags()) == {NEW}
    assert int(git(far.bare, "rev-list", "--count", "main")) == 1 + PLACES["dev"]


def test_ten_clones_write_at_once(bare: Path, tmp_path: Path) -> None:
    files = {f"shop{each}/values.yaml": "image:\n  tag: w_2023_15\n" for each in range(10)}
    put(tmp_path / "conf", files)
    git(tmp_path / "conf", "push", "-q", str(bare), "main")
    done: dict[int, object] = {}

    def promote(number: int) -> None:
        folder = tmp_path / f"clone{number}"
        folder.mkdir()
        place = Place("summit", f"shop{number}")
        done[number] = registry.write(
            _in_file(bare, f"shop{number}/values.yaml"),
            {"image.tag": "w_2023_16"},
            Access(folder, None, Connections(folder)),
            expect={"image.tag": "w_2023_15"},
            grant=Promoter().grant(place=place),
        )

    threads = [threading.Thread(target=promote, args=(each,)) for each in range(10)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(isinstance(each, Written) for each in done.values()), done
    for name in files:
        assert "w_2023_16" in git(bare, "show", f"main:{name}")


def test_a_hand_that_pushes_five_times_a_second_loses_no_commit_and_we_get_through(far: Far) -> None:
    hand, stop, pushed = far.bare.parent / "work", threading.Event(), list[str]()
    # Five times a second, as hands do: at a regular beat nobody gets through whose fetch and push take longer.
    pauses = random.Random(87)

    def push() -> None:
        while not stop.wait(pauses.expovariate(5)):
            (hand / "README").write_text(f"{len(pushed)}\n")
            git(hand, "add", "README")
            git(hand, "commit", "-qm", f"By hand {len(pushed)}")
            # It pulls as we do, and tries again.
            again = ["git", "-C", str(hand), "push", "-q", str(far.bare), "main"]
            while subprocess.run(again, capture_output=True, check=False).returncode:
                git(hand, "pull", "-q", "--rebase", str(far.bare), "main")
            pushed.append(git(hand, "rev-parse", "HEAD"))

    thread = threading.Thread(target=push)
    thread.start()
    try:
        _until(lambda: len(pushed) > 1)
        done = far.site.run("promote", NEW, "--target", "dev/shop0")
    finally:
        stop.set()
        thread.join()
    if done.exit_code:
        # On a machine with too much to do, a fetch and a push may take longer than the hand's pauses.
        assert "moves faster than it can be written" in done.stderr
        far.site.ok("resume", "P-1")
    assert far.tags()[0] == NEW
    subjects = git(far.bare, "log", "--format=%s", "main").splitlines()
    assert sum(each.startswith("By hand") for each in subjects) == len(pushed)
    assert sum(each.startswith("promote") for each in subjects) == 1


def test_a_branch_that_was_forced_back_while_we_write_is_not_brought_back(bare: Path, tmp_path: Path) -> None:
    """The commit that we build upon is gone from the branch: pushed as a fast-forward, ours would bring it back."""
    git(bare, "config", "receive.denyNonFastForwards", "false")
    first = git(bare, "rev-parse", "main")
    put(tmp_path / "conf", {"README": "to be taken back\n"})
    git(tmp_path / "conf", "push", "-q", str(bare), "main")

    def force_back(phase: str, what: str) -> None:
        if (phase, what) == ("before", "push") and git(bare, "rev-parse", "main") != first and not done:
            done.append(git(bare, "update-ref", "refs/heads/main", first))

    done: list[str] = []
    assert isinstance(write(target(bare.as_uri()), Access(tmp_path, force_back)), Written)
    assert git(bare, "rev-parse", "main~") == first


def test_a_fence_that_moves_alone_while_we_write_stops_us(bare: Path, tmp_path: Path) -> None:
    """The branch has not moved, and ours is the fence that we have read: both have to be where they were."""
    early, late = Promoter(epoch=7, promotion="p-1"), Promoter(epoch=9, promotion="p-2")
    access = Access(tmp_path, None, Connections(tmp_path))
    here = target(bare.as_uri())
    assert isinstance(registry.claim(here, access, early.grant()), Written)

    def take_over(phase: str, what: str) -> None:
        if (phase, what) == ("before", "push") and not done:
            done.append(0)
            assert isinstance(registry.claim(here, Access(tmp_path / "other"), late.grant()), Written)

    (tmp_path / "other").mkdir()
    done: list[int] = []
    refusal = registry.write(
        here,
        OURS,
        Access(tmp_path, take_over, Connections(tmp_path, take_over)),
        expect=BEFORE,
        grant=early.grant(),
    )
    assert isinstance(refusal, Refusal), refusal
    assert refusal.code == "fenced"
    assert git(bare, "log", "-1", "--format=%s", FENCE).startswith("p-2")


def test_branches_that_come_and_go_are_seen_as_they_are(bare: Path, tmp_path: Path) -> None:
    opened = Access(tmp_path, None, Connections(tmp_path)).repository(bare.as_uri())
    main, topic, inside = (f"refs/heads/{each}" for each in ("main", "topic", "topic/inside"))
    tip = git(bare, "rev-parse", "main")
    assert opened.tips([main, topic]) == {main: tip, topic: None}
    git(bare, "branch", "topic", "main")
    assert opened.tips([topic]) == {topic: None}, "one look serves the whole run"
    opened.renew()
    assert opened.tips([main, topic]) == {main: tip, topic: tip}
    git(bare, "branch", "-D", "topic")
    git(bare, "branch", "topic/inside", "main")
    opened.renew()
    assert opened.tips([main, topic, inside]) == {main: tip, topic: None, inside: tip}
    again = Access(tmp_path, None, Connections(tmp_path)).repository(bare.as_uri())
    assert again.tips([main, inside]) == {main: tip, inside: tip}
    assert again.tips(["refs/heads/no such ref"]) == {"refs/heads/no such ref": None}


def _in_file(bare: Path, file: str) -> ImageSettingsTarget:
    return ImageSettingsTarget(
        GitFile(bare.as_uri(), "main", file), (Setting("lab", "image.tag", Writes.TAG),)
    )


def _talking_to(url: str) -> list[int]:
    found = []
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdecimal() and url.encode() in (each / "cmdline").read_bytes():
                found.append(int(each.name))
        except OSError:
            continue
    return found


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
