"""Creations of pods with the admission policy of a bundle, beside the same without it.

    python benchmarks/kubernetes/admission.py [--rounds 10] [--pods 2000] [--digests 100] [--cluster DIR]

Brings up a cluster of its own (number 5, see tests/real/kube) and ends it, or takes one that is up. Pods of three
images that no scheduler takes are created, 200 at once over as many connections, by a small Go program; turn by turn
without any policy and with it, the order changing with every round. Between two turns all pods are deleted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from rollout import running  # noqa: E402

from ldmrelease.cluster.client.paths import path_of  # noqa: E402
from ldmrelease.domain.bundle import AllowedBecause  # noqa: E402
from ldmrelease.services.bundles.admission_policy import GROUP_VERSION, admission_policy  # noqa: E402
from tests.bundles import Made, digest  # noqa: E402
from tests.real.kube.api import Kube, Refused  # noqa: E402
from tests.real.kube.cluster import Own  # noqa: E402

IN_FLIGHT = 200
NAMESPACE = "creations"
LISTS = f"/apis/{GROUP_VERSION}/allowlists"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--digests", type=int, default=100)
    parser.add_argument("--cluster", type=Path, help="the directory of a cluster that is up")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, running(arguments.cluster, Path(scratch)) as cluster:
        side = Side(cluster, Path(scratch), arguments.digests)
        lines = list(report(side, arguments.rounds, arguments.pods))
    with (HERE / "admission.txt").open("a") as file:
        file.write("\n".join([*lines, "", ""]))


def report(side: Side, rounds: int, pods: int) -> Iterator[str]:
    took: dict[bool, list[list[int]]] = {False: [], True: []}
    for each in (False, True):
        side.turn(each, pods)
    side.processor = {False: [], True: []}
    for number in range(rounds):
        for governed in (False, True) if number % 2 else (True, False):
            took[governed].append(side.turn(governed, pods))
    for line in told(side, took, rounds, pods):
        print(line, flush=True)
        yield line


def told(side: Side, took: dict[bool, list[list[int]]], rounds: int, pods: int) -> Iterator[str]:
    with_, without = ([each for turn in took[key] for each in turn] for key in (True, False))
    yield (
        f"{rounds} rounds of {pods} pods of 3 images, {IN_FLIGHT} in flight; a list of {side.digests} digests in "
        f"{side.parts} part(s)"
    )
    for name, per in (("p50", 50), ("p90", 90), ("p99", 99)):
        ours, bare = percentile(with_, per), percentile(without, per)
        pairs = [
            percentile(a, per) / percentile(b, per) for a, b in zip(took[True], took[False], strict=True)
        ]
        yield (
            f"{name}  with {ours / 1000:7.1f} ms   without {bare / 1000:7.1f} ms   ratio {ours / bare:.3f}   "
            f"of each round: median {statistics.median(pairs):.3f}, from {min(pairs):.3f} to {max(pairs):.3f}"
        )
    ours, bare = (sum(side.processor[key]) / rounds / pods * 1000 for key in (True, False))
    yield (
        f"processor time of the API server for each pod: with {ours:.3f} ms, without {bare:.3f} ms, "
        f"ratio {ours / bare:.3f}; load of the machine: {os.getloadavg()[0]:.1f}"
    )
    # How much two halves of the same side differ says what a ratio means on this machine.
    odd, even = took[False][::2], took[False][1::2]
    if even:
        halves = [percentile([each for turn in half for each in turn], 99) for half in (odd, even)]
        yield f"p99 of the rounds without, odd ones to even ones: {halves[0] / halves[1]:.3f}"


def percentile(values: list[int], per: int) -> int:
    return sorted(values)[min(len(values) - 1, len(values) * per // 100)]


class Side:
    """A cluster that is governed or not."""

    def __init__(self, cluster: Own, scratch: Path, digests: int) -> None:
        self.kube = Kube(cluster.kubeconfig, cluster.context)
        self.digests, self._cluster = digests, cluster
        self._program = scratch / "create_pods"
        build = ["go", "build", "-buildvcs=false", "-o", str(self._program), "."]
        subprocess.run(build, cwd=HERE / "create_pods", check=True)
        self._objects = self._made()
        self.processor: dict[bool, list[float]] = {False: [], True: []}
        self._define()

    @property
    def parts(self) -> int:
        """How many objects the list is in."""
        return sum(each["kind"] == "AllowList" for each in self._objects)

    def turn(self, governed: bool, pods: int) -> list[int]:
        """The microseconds that each creation took."""
        self._govern() if governed else self._free()
        begin = ["create_pods", *self._reached(), NAMESPACE, self._image(1), str(pods), str(IN_FLIGHT)]
        done = subprocess.run([str(self._program), *begin[1:]], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        pods_of = path_of("Pod", NAMESPACE)
        self.kube.request("DELETE", pods_of, gracePeriodSeconds="0")
        until(lambda: not self.kube.request("GET", pods_of, limit="1")["items"])
        time.sleep(1)
        return [int(each) for each in done.stdout.split()]

    def _processor(self) -> float:
        """Seconds of processor time that the API server has taken."""
        process = (self._cluster.directory / "apiserver.pid").read_text().strip()
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _made(self) -> list[dict[str, Any]]:
        made = Made(as_of=datetime.now(UTC).replace(microsecond=0))
        spread = [f"sha256:{number % 16:x}{number:063x}" for number in range(2, self.digests + 1)]
        allowed = dict.fromkeys([digest(1), *spread], AllowedBecause.ADMITTED)
        bundle = made.bundle(allowed, exempt=("kube-system", "default"))
        return admission_policy(made.verified(bundle), bundle.environments[0])

    def _define(self) -> None:
        definition = yaml.safe_load((HERE.parents[1] / "manifests/admission/allow-list.yaml").read_text())
        self._apply(f"{DEFINITIONS}/{definition['metadata']['name']}", definition)
        with contextlib.suppress(Refused):
            self.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.kube.until("ServiceAccount", NAMESPACE, "default", bool)
        until(lambda: self._answers(LISTS))

    def _govern(self) -> None:
        for each in self._objects:
            self._apply(self._path(each), each)
        until(lambda: not self._may_create(2**200))
        until(lambda: self._may_create(1))

    def _free(self) -> None:
        for each in reversed(self._objects):
            with contextlib.suppress(Refused):
                self.kube.request("DELETE", self._path(each))
        until(lambda: self._may_create(2**200))

    def _may_create(self, number: int) -> bool:
        container = {"name": "main", "image": self._image(number)}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}}
        try:
            self.kube.request(
                "POST", path_of("Pod", NAMESPACE), {**pod, "spec": {"containers": [container]}}, dryRun="All"
            )
        except Refused:
            return False
        return True

    def _answers(self, path: str) -> bool:
        try:
            self.kube.request("GET", path)
        except Refused:
            return False
        return True

    def _apply(self, path: str, manifest: dict[str, Any]) -> None:
        kind = "application/apply-patch+yaml"
        self.kube.request("PATCH", path, manifest, content_type=kind, fieldManager="benchmark", force="true")

    def _path(self, found: dict[str, Any]) -> str:
        name = found["metadata"]["name"]
        return f"{LISTS}/{name}" if found["kind"] == "AllowList" else path_of(found["kind"], None, name)

    def _image(self, number: int) -> str:
        return f"registry.example.org/app@{digest(number)}"

    def _reached(self) -> list[str]:
        """The server, and the files of the administrator's certificate."""
        there = yaml.safe_load(self._cluster.kubeconfig.read_text())
        cluster, user = there["clusters"][0]["cluster"], there["users"][0]["user"]
        return [
            cluster["server"],
            cluster["certificate-authority"],
            user["client-certificate"],
            user["client-key"],
        ]


def until(true: Any) -> None:
    """Wait for what comes in a moment."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise TimeoutError("it did not come to it")


if __name__ == "__main__":
    main()
