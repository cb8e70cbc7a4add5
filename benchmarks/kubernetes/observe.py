"""Observe 5,000 Deployments with 15,000 pods: `ldmrelease observe` beside `kubectl get -A -o json` of the same objects.

    python benchmarks/kubernetes/observe.py [--repeats 5] [--filled DIR]

Brings up a cluster of its own (number 4, see tests/real/kube), fills it in some minutes through its API server, and
ends it; `--filled` takes one that was left from an earlier run with `--keep`. Fifty applications in as many
namespaces, each with a hundred Deployments that are chosen by a label. Both are whole commands, in turn. Ours also
reads events, says what each digest is, and signs fifty observations into the ledger.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from fill import Shape, fill, stop_controllers, touch  # noqa: E402
from measured import Cost, counted_kubeconfig, ratio, requests, run  # noqa: E402
from workspace import images_of, make_site  # noqa: E402

from ldmrelease.cluster.client.api import open_api  # noqa: E402
from ldmrelease.cluster.client.watch import watched  # noqa: E402
from ldmrelease.cluster.objects.related_objects import lean_pod, read_related  # noqa: E402
from ldmrelease.domain.workload_selection import ClusterAccess, WorkloadKind  # noqa: E402
from tests.real.kube.audit import AuditLog  # noqa: E402
from tests.real.kube.cluster import Own, load  # noqa: E402

INDEX = 4
SLOWER, MEGABYTES = 1.3, 150
CHANGES, PATIENCE = 20, 120
KINDS = "deployments,replicasets,pods"
OURS = [sys.executable, "-m", "ldmrelease.faces.cli.main"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--filled", type=Path, help="the directory of a cluster that is filled")
    parser.add_argument("--keep", type=Path, help="leave the cluster, in this directory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, filled(arguments, Path(scratch)) as cluster:
        lines = list(report(cluster, Path(scratch), arguments.repeats))
    (HERE / "observe.txt").write_text("\n".join(lines) + "\n")


@contextmanager
def filled(arguments: argparse.Namespace, scratch: Path) -> Iterator[Own]:
    if arguments.filled:
        yield load(arguments.filled)
        return
    cluster = Own((arguments.keep or scratch / "cluster").absolute(), INDEX)
    try:
        cluster.up()
        stop_controllers(cluster)
        folder = scratch / "seed"
        site = make_site(folder, access(cluster.kubeconfig), registry(cluster), Shape().names())
        fill(cluster.kubeconfig, Shape(), images_of(site).after)
        yield cluster
    finally:
        if not arguments.keep:
            cluster.down()


def report(cluster: Own, scratch: Path, repeats: int) -> Iterator[str]:
    site = workspace(cluster, scratch / "timed", cluster.kubeconfig)
    sides = (ours(site), kubectl(cluster.kubeconfig))
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(repeats):
        for side, found in zip(sides, costs, strict=True):
            found.append(run(side))
    mine, theirs = costs
    shape = Shape()
    many = shape.namespaces * shape.deployments
    yield said(f"{many:,} Deployments, {many * shape.pods:,} pods; medians of {repeats} interleaved runs")
    yield said(f"{'':22}{'observe':>10}{'kubectl get':>13}   ratio")
    for name, each in (("wall s", "seconds"), ("processor s", "processor"), ("peak MB", "peak")):
        one, other = (statistics.median(getattr(cost, each) for cost in found) for found in (mine, theirs))
        verdict = ratio(one, other, SLOWER) if each == "seconds" else f"{one / other:.2f}"
        yield said(f"{name:22}{one:>10.2f}{other:>13.2f}   {verdict}")
    peak = max(cost.peak for cost in mine)
    yield said(
        f"largest peak of observe: {peak:.0f} MB ({'good' if peak <= MEGABYTES else 'ABOVE'} {MEGABYTES})"
    )
    yield from counts(cluster, scratch)
    yield from steady(cluster, scratch)


def counts(cluster: Own, scratch: Path) -> Iterator[str]:
    for name in ("observe", "kubectl get"):
        folder = scratch / f"counted-{name}"
        folder.mkdir()
        with counted_kubeconfig(cluster, folder) as (kubeconfig, wire):
            command = (
                ours(workspace(cluster, folder, kubeconfig)) if name == "observe" else kubectl(kubeconfig)
            )
            begun = AuditLog(cluster.audit_log).mark()
            run(command)
            asked = requests(cluster, begun)
        listed = ", ".join(f"{count} {what}" for what, count in sorted(asked.items()))
        yield said(
            f"{name}: {sum(asked.values())} requests, {wire.count / 1e6:.1f} MB on the wire ({listed})"
        )


def steady(cluster: Own, scratch: Path) -> Iterator[str]:
    """What following a namespace costs once it is listed: events, and no list again."""
    folder = scratch / "steady"
    folder.mkdir()
    namespace = Shape().names()[0]
    with counted_kubeconfig(cluster, folder) as (kubeconfig, wire):
        begun = AuditLog(cluster.audit_log).mark()
        wanted = list(read_related(namespace, [WorkloadKind.DEPLOYMENT]).values())
        states = watched(open_api(access(kubeconfig)), wanted, until=time.monotonic() + PATIENCE)
        with closing(states):
            pods = next(states).collections[
                wanted.index(next(each for each in wanted if each.keep is lean_pod))
            ]
            listed = wire.count
            for name in sorted(pods)[:CHANGES]:
                # What an earlier run wrote would be no change.
                touch(cluster.kubeconfig, name, secrets.token_hex(4))
                next(state for state in states if any(key == name for _, key in state.changed))
            followed = wire.count - listed
        asked = requests(cluster, begun)
    lists = sum(count for what, count in asked.items() if what.startswith("list "))
    watches = sum(count for what, count in asked.items() if what.startswith("watch "))
    yield said(
        f"following {len(pods)} pods of a namespace: {lists} lists, {watches} watches, {listed / 1e3:.0f} kB; then "
        f"{CHANGES} changes of pods: {followed / 1e3:.0f} kB, no request"
    )


def workspace(cluster: Own, folder: Path, kubeconfig: Path) -> Path:
    shutil.rmtree(folder / "workspace", ignore_errors=True)
    made = make_site(folder / "workspace", access(kubeconfig), registry(cluster), Shape().names())
    return made.root


def registry(cluster: Own) -> str:
    return f"{cluster.registry.address}/context"


def access(kubeconfig: Path) -> ClusterAccess:
    return ClusterAccess(f"ldm{INDEX}", str(kubeconfig))


def ours(folder: Path) -> list[str]:
    return [*OURS, "-C", str(folder), "observe", "--output", "json"]


def kubectl(kubeconfig: Path) -> list[str]:
    return ["kubectl", "--kubeconfig", str(kubeconfig), "get", KINDS, "-A", "-o", "json"]


def said(line: str) -> str:
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
