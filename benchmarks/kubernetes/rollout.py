"""Promote an application of ten Deployments: ours beside `kubectl set image` and `kubectl rollout status`.

    python benchmarks/kubernetes/rollout.py [--repeats 5] [--cluster DIR]

Brings up a cluster of its own (number 5, see tests/real/kube) and ends it, or takes one that is up. Every side
rolls ten Deployments of one replica in a namespace of its own from one image to another, both of which the node
has; one after the other, in turn. What ours does beside the rollout: it moves a fence, marks every workload with it,
and does not take a workload's word for what its pods run. The whole command also pins, decides, observes and signs.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from measured import counted_kubeconfig, ratio, requests, run  # noqa: E402
from workspace import AFTER, Images, images_of, make_site, without_checks  # noqa: E402

from ldmrelease.cluster.client.paths import path_of  # noqa: E402
from ldmrelease.cluster.rollout.rollout_wait import RolledOut, wait_for  # noqa: E402
from ldmrelease.domain.targets import KubernetesTarget  # noqa: E402
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads  # noqa: E402
from ldmrelease.targets import registry  # noqa: E402
from ldmrelease.targets.results import Snapshot, Written  # noqa: E402
from ldmrelease.targets.stores.git_file import Access  # noqa: E402
from tests.real.gitops.site import Promoter  # noqa: E402
from tests.real.kube import objects  # noqa: E402
from tests.real.kube.api import Kube  # noqa: E402
from tests.real.kube.audit import AuditLog  # noqa: E402
from tests.real.kube.cluster import Own, load  # noqa: E402
from tests.workspace import agree_workspace  # noqa: E402

INDEX = 5
MANY = 10
SLOWER = 1.2
NAMES = [f"app{number}" for number in range(MANY)]
LABEL = "part=context"
Side = Callable[["Given", Path], float]


@dataclass(frozen=True)
class Given:
    """A fresh namespace with the Deployments, all running the image before; and a workspace about it."""

    cluster: Own
    namespace: str
    images: Images
    folder: Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cluster", type=Path, help="the directory of a cluster that is up")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, running(arguments.cluster, Path(scratch)) as cluster:
        lines = list(report(cluster, Path(scratch), arguments.repeats))
    (HERE / "rollout.txt").write_text("\n".join(lines) + "\n")


@contextmanager
def running(directory: Path | None, scratch: Path) -> Iterator[Own]:
    if directory:
        yield load(directory)
        return
    cluster = Own(scratch / "cluster", INDEX)
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


def report(cluster: Own, scratch: Path, repeats: int) -> Iterator[str]:
    sides: dict[str, Side] = {
        "kubectl": by_kubectl,
        "claim, apply, settle": in_process,
        "ldmrelease promote": by_command,
    }
    for side in sides.values():
        # The images are pulled, the modules compiled.
        once(cluster, scratch, side)
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            taken[name].append(once(cluster, scratch, side))
    yield said(f"{MANY} Deployments of one replica; medians of {repeats} interleaved runs")
    base = statistics.median(taken["kubectl"])
    yield said(f"{'kubectl set image, rollout status':36}{base:6.2f} s")
    for name in list(sides)[1:]:
        own = statistics.median(taken[name])
        pairs = statistics.median(
            one / other for one, other in zip(taken[name], taken["kubectl"], strict=True)
        )
        yield said(
            f"{name:36}{own:6.2f} s   ratio {ratio(own, base, SLOWER)}, median of the pairs {pairs:.2f}"
        )
    for name, side in sides.items():
        yield from counts(cluster, scratch, name, side)


def once(cluster: Own, scratch: Path, side: Side) -> float:
    with given(cluster, scratch) as there:
        return side(there, cluster.kubeconfig)


def counts(cluster: Own, scratch: Path, name: str, side: Side) -> Iterator[str]:
    with given(cluster, scratch) as there, counted_kubeconfig(cluster, scratch) as (kubeconfig, wire):
        begun = AuditLog(cluster.audit_log).mark()
        side(there, kubeconfig)
        asked = requests(cluster, begun)
    listed = ", ".join(f"{count} {what}" for what, count in sorted(asked.items()))
    yield said(f"{name}: {sum(asked.values())} requests, {wire.count / 1e6:.2f} MB on the wire ({listed})")


@contextmanager
def given(cluster: Own, scratch: Path) -> Iterator[Given]:
    namespace = f"context-{secrets.token_hex(3)}"
    folder = scratch / namespace
    access = ClusterAccess(cluster.context, str(cluster.kubeconfig))
    # Receipts are published beside the images: the next promotion shall not find those of this one.
    site = make_site(folder, access, f"{cluster.registry.address}/{namespace}", [namespace])
    without_checks(site)
    there = Given(cluster, namespace, images_of(site), folder)
    kube = Kube(cluster.kubeconfig, cluster.context)
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    try:
        for name in NAMES:
            container = objects.container("main", there.images.before)
            made = objects.deployment(namespace, name, objects.pod_spec([container]))
            kube.request(
                "POST", path_of("Deployment", namespace), labelled(made), fieldManager="kubectl-create"
            )
        preload(kube, namespace, there.images.after)
        for name in NAMES:
            kube.until("Deployment", namespace, name, objects.rolled_out, seconds=120)
        yield there
    finally:
        kube.delete("Namespace", "", namespace)
        # The next one's pods shall not share the node with these.
        kube.gone("Namespace", "", namespace)


def preload(kube: Kube, namespace: str, image: str) -> None:
    """The node has the image, under this very name, when a pod has run it."""
    kube.create(objects.bare_pod(namespace, "preload", objects.pod_spec([objects.container("main", image)])))
    kube.until("Pod", namespace, "preload", objects.ready)
    kube.delete("Pod", namespace, "preload")


def labelled(manifest: dict[str, Any]) -> dict[str, Any]:
    key, _, value = LABEL.partition("=")
    return objects.labelled(manifest, **{key: value})


def by_kubectl(there: Given, kubeconfig: Path) -> float:
    command = ["kubectl", "--kubeconfig", str(kubeconfig), "-n", there.namespace]
    begun = time.perf_counter()
    for words in (
        ["set", "image", "deployment", "-l", LABEL, f"main={there.images.after}"],
        ["rollout", "status", "deployment", "-l", LABEL],
    ):
        subprocess.run([*command, *words], check=True, capture_output=True)
    return time.perf_counter() - begun


def in_process(there: Given, kubeconfig: Path) -> float:
    """What a promotion does with the cluster; imports are done, connections are new."""
    access = ClusterAccess(there.cluster.context, str(kubeconfig))
    selection = Selection(WorkloadKind.DEPLOYMENT, {"main": "scipipe"}, labels=LABEL)
    workloads = Workloads(access, there.namespace, (selection,))
    target = KubernetesTarget(workloads, ("kubectl-create",), None)
    writer, grant = Access(there.folder), Promoter().grant()
    begun = time.perf_counter()
    before = registry.read(target, writer)
    assert isinstance(before, Snapshot), before
    claimed = registry.claim(target, writer, grant)
    assert isinstance(claimed, Written), claimed
    edits = dict.fromkeys(before.values, there.images.after)
    written = registry.write(target, edits, writer, expect=before.values, grant=grant)
    assert isinstance(written, Written), written
    outcome = wait_for(
        writer.cluster(access),
        workloads,
        {"scipipe": there.images.digests},
        progress=lambda *_: None,
        written=True,
    )
    assert isinstance(outcome, RolledOut), outcome
    return time.perf_counter() - begun


def by_command(there: Given, kubeconfig: Path) -> float:
    file = there.folder / "ldmrelease.yaml"
    file.write_text(file.read_text().replace(str(there.cluster.kubeconfig), str(kubeconfig)))
    # A promotion acts on what the trust document records, and the cluster is reached another way now.
    agree_workspace(there.folder)
    command = [sys.executable, "-m", "ldmrelease.faces.cli.main", "-C", str(there.folder)]
    return run([*command, "promote", AFTER, "--target", there.namespace, "--yes"]).seconds


def said(line: str) -> str:
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
