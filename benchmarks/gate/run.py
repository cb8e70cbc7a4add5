"""`gate sync` of 10,000 manifests beside parsing them with libyaml, and beside other gates that have an equal rule.

    PYTHONPATH=. python benchmarks/gate/run.py [--conftest PROGRAM] [--kyverno PROGRAM]

Processor time and the most memory of whole processes, turn by turn: the least of five. Each gate lets in the one digest
of a Deployment's container and of an init container, and refuses any other: conftest by a rule in Rego, Kyverno by a
ClusterPolicy, ldmrelease by deciding about the release that the digest is of.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.workspace import BEFORE, PLACE, new_site

FILES, DOCUMENTS = 100, 100
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  namespace: ns-{file}
  labels: {{app: app-{number}}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: app-{number}}}
  template:
    metadata:
      labels:
        app: app-{number}
    spec:
      containers:
        - name: main
          image: {image}
          args: ["--level", "{file}"]
          env: [{{name: A, value: "1"}}]
"""
_PARSE = """
import collections, glob, sys, yaml
for file in glob.glob(sys.argv[1] + "/*"):
    with open(file, "rb") as text:
        collections.deque(yaml.{act}(text, Loader=yaml.CSafeLoader), maxlen=0)
"""
REGO = """\
package main

import rego.v1

deny contains msg if {{
  some container in input.spec.template.spec.containers
  container.image != "{image}"
  msg := sprintf("%s is not let in", [container.image])
}}
"""
KYVERNO = {
    "apiVersion": "kyverno.io/v1",
    "kind": "ClusterPolicy",
    "metadata": {"name": "digests"},
    "spec": {
        "validationFailureAction": "Enforce",
        "rules": [
            {
                "name": "digests",
                "match": {"any": [{"resources": {"kinds": ["Deployment"]}}]},
                "validate": {
                    "message": "it is not let in",
                    "pattern": {"spec": {"template": {"spec": {"containers": [{"image": ""}]}}}},
                },
            }
        ],
    },
}


def write(folder: Path, image: str) -> int:
    """The manifests; how many lines they have."""
    folder.mkdir()
    lines = 0
    for file in range(FILES):
        numbers = range(file * DOCUMENTS, (file + 1) * DOCUMENTS)
        text = "---\n".join(MANIFEST.format(number=each, file=file, image=image) for each in numbers)
        (folder / f"{file:03}.yaml").write_text(text)
        lines += text.count("\n")
    return lines


def measured(words: list[str], environ: dict[str, str]) -> tuple[float, float, int]:
    """Processor time, wall time and megabytes of a process that succeeds."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        before = os.times().elapsed
        done = subprocess.run(words, capture_output=True, check=False, env=environ)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = [used.ru_utime + used.ru_stime, os.times().elapsed - before, used.ru_maxrss // 1024]
        bad = done.returncode and (done.stdout + done.stderr)[-500:].decode(errors="replace")
        os.write(writer, json.dumps([*told, bad or ""]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        *told, bad = json.loads(pipe.read())
    os.waitpid(child, 0)
    if bad:
        sys.exit(f"{words[0]}: {bad}")
    return told[0], told[1], told[2]


def main() -> None:
    """Write what was measured."""
    parser = argparse.ArgumentParser()
    for name in ("conftest", "kyverno"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--turns", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        site = new_site(Path(work) / "site")
        site.ok("release", "pin", BEFORE)
        shown = json.loads(site.ok("release", "show", BEFORE, "-o", "json"))
        digest = next(each["digest"] for each in shown["components"] if each["name"] == "scipipe")
        image = f"oci:images/scipipe@{digest}"
        folder = Path(work) / "manifests"
        lines = write(folder, image)
        gate = [
            sys.executable,
            "-m",
            "ldmrelease",
            "-C",
            str(site.root),
            "gate",
            "sync",
            "--target",
            PLACE,
            "-f",
        ]
        one = Path(work) / "one.yaml"
        one.write_text(MANIFEST.format(number=0, file=0, image=image))
        act = {each: _PARSE.format(act=each) for each in ("parse", "load_all")}
        commands = {
            "libyaml's events (yaml.parse, CSafeLoader)": [sys.executable, "-c", act["parse"], str(folder)],
            "libyaml's documents (yaml.load_all, CSafeLoader)": [
                sys.executable,
                "-c",
                act["load_all"],
                str(folder),
            ],
            "ldmrelease gate sync": [*gate, str(folder)],
            "ldmrelease gate sync, one manifest": [*gate, str(one)],
        }
        if given.conftest:
            rules = Path(work) / "rego"
            rules.mkdir()
            (rules / "main.rego").write_text(REGO.format(image=image))
            commands["conftest test"] = [str(given.conftest), "test", "-p", str(rules), str(folder)]
        if given.kyverno:
            KYVERNO["spec"]["rules"][0]["validate"]["pattern"]["spec"]["template"]["spec"]["containers"] = [  # type: ignore[index]
                {"image": image}
            ]
            policy = Path(work) / "policy.json"
            policy.write_text(json.dumps(KYVERNO))
            commands["kyverno apply"] = [str(given.kyverno), "apply", str(policy), "--resource", str(folder)]
        report(commands, lines, given.turns)


def report(commands: dict[str, list[str]], lines: int, turns: int) -> None:
    """Print the figures as a table."""
    environ = dict(os.environ)
    found = {name: [measured(words, environ) for words in (command,)] for name, command in commands.items()}
    for _ in range(turns - 1):
        for name, command in commands.items():
            found[name].append(measured(command, environ))
    load = os.getloadavg()[0]
    print(
        f"{FILES * DOCUMENTS:,} manifests, {lines:,} lines; Python {platform.python_version()}, load {load:.1f}"
    )
    print(f"{'':50} {'processor':>10} {'wall':>8} {'memory':>8} {'of documents':>13} {'of events':>10}")
    least = {name: tuple(min(each) for each in zip(*runs, strict=True)) for name, runs in found.items()}
    events, documents = (least[name][0] for name in list(least)[:2])
    for name, (processor, wall, memory) in least.items():
        ratios = f"{processor / documents:12.2f} {processor / events:10.2f}"
        print(f"{name:50} {processor:8.2f} s {wall:6.2f} s {memory:5.0f} MB {ratios}")


if __name__ == "__main__":
    main()
