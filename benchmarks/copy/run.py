"""Copy images within one registry: ours beside crane, in one run, interleaved.

    python benchmarks/copy/run.py [--repeats 7]

Needs docker-registry and Go. crane copies no referrers: ours is measured without them, which is the same work, and
with them. Requests are counted by a proxy, in runs of their own: the proxy is slower than either.

A whole command of ours begins with Python's start and its imports, which alone take as long as crane needs for one
image beside it on one machine: without latency that row cannot be good, and shows what it costs. Our modules are
compiled first, as installing does it and as crane is.

Latency is made by `latency`, a process of its own through which every byte of both sides goes. Measured through it
with none, it shows what it costs itself, and how many round trips in a row each side waits for.
"""

from __future__ import annotations

import argparse
import compileall
import itertools
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

import copy_command  # noqa: E402

from ldmrelease.domain.images import parse_reference  # noqa: E402
from ldmrelease.registry.opening import Registries  # noqa: E402
from ldmrelease.registry.sample import put_sample_image  # noqa: E402
from tests.real.faultproxy import FaultProxy  # noqa: E402
from tests.real.gotools import go_tool  # noqa: E402
from tests.real.registries import docker_registry, free_port  # noqa: E402

Copy = Callable[[str, str, str], float]
WORK = {"one": ("big:t", "1 image of 20 layers"), "all": ("many", "50 images of 8 layers")}
# The same work in the same conditions is held to this ratio; the other rows are shown.
TARGETS = {"in process": 0.7}
WHOLE = "whole command"
ONE_WAY = 0.010
TARGET_WITH_LATENCY = 0.6
_numbers = itertools.count()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    crane = go_tool("crane", "github.com/google/go-containerregistry/cmd/crane", HERE)
    library = go_tool("incrane", "./incrane", HERE)
    compileall.compile_dir(HERE.parent.parent / "ldmrelease", quiet=1)
    command = (sys.executable, str(HERE / "copy_command.py"))

    def crane_command(what: str, source: str, destination: str) -> float:
        every = ["--all-tags"] if what == "all" else []
        return timed(str(crane), "copy", "--insecure", *every, source, destination)

    late_ways: dict[str, tuple[Copy, Copy]] = {
        WHOLE: (lambda *what: timed(*command, *what, "alone"), crane_command),
        f"{WHOLE}, with referrers": (lambda *what: timed(*command, *what), crane_command),
    }
    ways: dict[str, tuple[Copy, Copy]] = {
        "in process": (
            lambda *what: ours_in_process(*what, "alone"),
            lambda *what: said(str(library), *what),
        ),
        "in process, with referrers": (ours_in_process, lambda *what: said(str(library), *what)),
        WHOLE: late_ways[WHOLE],
    }
    good = True
    # In memory where there is such a place: the disk is the same for both, and noisy.
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as directory, docker_registry(Path(directory)) as registry:
        make_images(registry.address)
        for what, (source, title) in WORK.items():
            for way, sides in ways.items():
                work = (what, registry.address, source)
                good &= held(f"{title}, {way}", compare(sides, work, repeats), TARGETS.get(way))
        good &= compare_with_latency(registry.address, late_ways, repeats)
        for what, (source, title) in WORK.items():
            count_requests(registry.address, title, (what, source), ways[WHOLE])
    return 0 if good else 1


def make_images(address: str) -> None:
    places = Registries(Path())
    put_sample_image(places.open(parse_reference(f"{address}/big")), "t", seed="big", layers=[2000] * 20)
    many = places.open(parse_reference(f"{address}/many"))
    for number in range(50):
        put_sample_image(many, f"t{number}", seed=f"many{number}", layers=[2000] * 8)


def compare_with_latency(address: str, ways: dict[str, tuple[Copy, Copy]], repeats: int) -> bool:
    source, title = WORK["one"]
    with wire(address, 0) as near:
        without = compare(ways[WHOLE], ("one", near, source), repeats)
        held(f"{title}, {WHOLE}, wire of 0 ms", without)
    good, waits = True, [0.0, 0.0]
    with wire(address, ONE_WAY) as far:
        for way, sides in ways.items():
            late = compare(sides, ("one", far, source), repeats)
            good &= held(f"{title}, {way}, wire of 20 ms", late, TARGET_WITH_LATENCY)
            if way == WHOLE:
                waits = [(slow - fast) / (2 * ONE_WAY) for slow, fast in zip(late, without, strict=True)]
    print(f"{title:65} round trips in a row: ours {waits[0]:.1f}, crane {waits[1]:.1f}")
    return good


@contextmanager
def wire(address: str, one_way: float) -> Iterator[str]:
    """Another address of the registry, from which and to which each byte takes so long (in seconds)."""
    program = go_tool("latency", "./latency", HERE)
    mine = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen([str(program), mine, address, f"{one_way}s"], stderr=subprocess.DEVNULL)
    try:
        while not answers(mine):
            time.sleep(0.02)
        yield mine
    finally:
        process.terminate()
        process.wait()


def answers(address: str) -> bool:
    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def compare(sides: tuple[Copy, Copy], work: tuple[str, str, str], repeats: int) -> tuple[float, float]:
    """The medians in seconds; interleaved, so that whatever else the machine does falls on both."""
    what, address, source = work
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for side, times in zip(sides, seconds, strict=True):
            times.append(side(what, f"{address}/{source}", destination(address, source)))
    ours, cranes = (statistics.median(times) for times in seconds)
    return ours, cranes


def held(title: str, seconds: tuple[float, float], target: float | None = None) -> bool:
    """Print one row; whether it is within the target, if it has one."""
    ours, cranes = seconds
    ratio = ours / cranes
    reached = target is None or ratio <= target
    verdict = "" if target is None else f"  good: <= {target}" if reached else f"  ABOVE {target}"
    print(f"{title:65} ours {ours:6.3f} s   crane {cranes:6.3f} s   ratio {ratio:.2f}{verdict}", flush=True)
    return reached


def count_requests(address: str, title: str, work: tuple[str, str], sides: tuple[Copy, Copy]) -> None:
    what, source = work
    counts = []
    for side in sides:
        with FaultProxy(address) as proxy:
            side(what, f"{proxy.address}/{source}", destination(proxy.address, source))
            counts.append(proxy.count())
    print(f"{title:65} requests: ours {counts[0]}, crane {counts[1]}, ratio {counts[0] / counts[1]:.2f}")


def destination(address: str, source: str) -> str:
    _, colon, tag = source.partition(":")
    return f"{address}/to{next(_numbers)}{colon}{tag}"


def ours_in_process(*arguments: str) -> float:
    """With new connections, as crane's library has them; imports are done."""
    begun = time.perf_counter()
    copy_command.main(*arguments)
    return time.perf_counter() - begun


def timed(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def said(*command: str) -> float:
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    sys.exit(main())
