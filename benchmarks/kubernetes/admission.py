"""Creations of pods with the admission policy of a bundle, beside the same without it, and with the least policy.

    python benchmarks/kubernetes/admission.py [--rounds 10] [--pods 2000] [--digests 100] [--cluster DIR]

Brings up a cluster of its own (number 5, see tests/real/kube) and ends it, or takes one that is up. Pods of three
images that no scheduler takes are created, 200 at once over as many connections, by a small Go program; turn by turn
without any policy, with one that asks next to nothing, and with ours, the order turned around with every round. Between
two turns all pods are deleted. Where the API server has all processors busy, times go with its processor time: so that
is told as well, and the least policy says what no admission policy can do without.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
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
WITHOUT, LEAST, WITH = "without", "the least policy", "with"
ARMS = (WITHOUT, LEAST, WITH)
PERCENTILES = (50, 90, 99)
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
    (HERE / "admission.txt").write_text("\n".join(lines) + "\n")


def report(side: Side, rounds: int, pods: int) -> Iterator[str]:
    for each in ARMS:
        side.turn(each, pods // 2)
    side.processor = {each: [] for each in ARMS}
    took: dict[str, list[list[int]]] = {each: [] for each in ARMS}
    for number in range(rounds):
        for arm in ARMS if number % 2 else ARMS[::-1]:
            took[arm].append(side.turn(arm, pods))
    for line in told(side, took, rounds, pods):
        print(line, flush=True)
        yield line


def told(side: Side, took: dict[str, list[list[int]]], rounds: int, pods: int) -> Iterator[str]:
    yield (
        f"{rounds} rounds of {pods} pods of 3 images, {IN_FLIGHT} in flight; a list of {side.digests} digests in "
        f"{side.parts} part(s); load of the machine: {os.getloadavg()[0]:.1f}"
    )
    bare = {per: percentile([each for turn in took[WITHOUT] for each in turn], per) for per in PERCENTILES}
    processor = {arm: sum(side.processor[arm]) / rounds / pods * 1000 for arm in ARMS}
    for arm in ARMS:
        values = [each for turn in took[arm] for each in turn]
        found = {per: percentile(values, per) for per in PERCENTILES}
        times = "   ".join(
            f"p{per} {found[per] / 1000:7.1f} ms ({found[per] / bare[per]:.3f})" for per in PERCENTILES
        )
        pairs = [percentile(a, 99) / percentile(b, 99) for a, b in zip(took[arm], took[WITHOUT], strict=True)]
        yield (
            f"{arm:16} {times}   p99 of each round {min(pairs):.2f} to {max(pairs):.2f}, median "
            f"{statistics.median(pairs):.3f}   processor {processor[arm]:.3f} ms a pod "
            f"({processor[arm] / processor[WITHOUT]:.3f})"
        )


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
        self.processor: dict[str, list[float]] = {each: [] for each in ARMS}
        self._define()

    @property
    def parts(self) -> int:
        """How many objects the list is in."""
        return sum(each["kind"] == "AllowList" for each in self._objects)

    def turn(self, arm: str, pods: int) -> list[int]:
        """The microseconds that each creation took."""
        self._free()
        if arm != WITHOUT:
            self._govern(self._objects if arm == WITH else self._least)
        words = [*self._reached(), NAMESPACE, self._image(1), str(pods), str(IN_FLIGHT)]
        before = self._processor()
        done = subprocess.run([str(self._program), *words], capture_output=True, text=True, check=False)
        self.processor[arm].append(self._processor() - before)
        if done.returncode:
            raise RuntimeError(done.stderr)
        pods_of = path_of("Pod", NAMESPACE)
        self.kube.request("DELETE", pods_of, gracePeriodSeconds="0")
        until(lambda: not self.kube.request("GET", pods_of, limit="1")["items"])
        time.sleep(1)
        return [int(each) for each in done.stdout.split()]

    def _processor(self) -> float:
        """Seconds of processor time that the API server has taken."""
        process = (self._cluster.directory / "apiserver.pid").read_text().split()[0]
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

    @property
    def _least(self) -> list[dict[str, Any]]:
        """The same with one expression, that looks at one image."""
        made = copy.deepcopy(self._objects)
        for each in made:
            if each["kind"] == "ValidatingAdmissionPolicy":
                each["spec"]["variables"] = []
                wanted = "object.spec.containers[0].image.endsWith('0000000000000001')"
                each["spec"]["validations"] = [{"expression": wanted}]
        return made

    def _govern(self, objects: list[dict[str, Any]]) -> None:
        for each in objects:
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
