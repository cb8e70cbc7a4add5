"""`gate merge` on a tree of Phalanx's size, the whole process, without rendering; and with, where there are templates.

    PYTHONPATH=. python benchmarks/gate/merge.py [--tree DIR] [--render]

Wall and processor time, children included: the least of five. The tree is put into a repository with a branch for each
change, its workspace is tests/data/phalanx. The tags are such as no registry has to be asked about. `--render` takes a
tree with its templates, and Helm.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ldmrelease.config.workspace.model import FILE
from tests.unit.config.workspace.pattern_workspaces import record

SHARED = Path(__file__).parents[3] / "shared/data/phalanx"
WORKSPACE = Path("tests/data/phalanx") / FILE
CHANGES = {
    "one tag of one environment": ("applications/mobu/values-idfdemo.yaml", r"tag: .*", "tag: v99.0.x"),
    "the cycle of a site": ("environments/values-summit.yaml", r"imageTag: .*", 'imageTag: "c0042x"'),
    "the version of a chart": ("applications/mobu/Chart.yaml", r"appVersion: .*", "appVersion: v99.0.x"),
    "what all environments read": ("environments/values.yaml", r"targetRevision: .*", 'targetRevision: "x"'),
}
LEVEL = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {{name: {name}, version: 9}}
spec:
  accepts: [release, weekly]
  enter:
    - {{id: one-cycle, rule: same-cycle}}
    - {{id: no-return, rule: not-returned}}
"""


def ldmrelease(*words: str) -> subprocess.CompletedProcess[str]:
    """The whole process."""
    command = [sys.executable, "-m", "ldmrelease", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def git(tree: Path, *words: str) -> None:
    """The user's git."""
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@x")
    subprocess.run(["git", "-C", str(tree), *who, *words], check=True, capture_output=True)


def planted(source: Path, home: Path) -> Path:
    """A repository of the tree, with a branch for each change, and a workspace that writes to it."""
    tree, workspace = home / "tree", home / "workspace"
    shutil.copytree(source, tree)
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "--all")
    git(tree, "commit", "-qm", "The tree")
    for number, (file, before, after) in enumerate(CHANGES.values()):
        git(tree, "checkout", "-qb", f"change-{number}", "main")
        text = (tree / file).read_text()
        (tree / file).write_text(re.sub(before, after, text, count=1))
        git(tree, "commit", "-qam", "A change")
    ldmrelease("init", str(workspace), "--sample", "rubin")
    file = workspace / FILE
    keys = re.search(r"^keys:\n(?:[ #].*\n)+", file.read_text(), re.MULTILINE)
    text = WORKSPACE.read_text().replace("https://github.com/lsst-sqre/phalanx", str(tree))
    file.write_text(text + (keys[0] if keys is not None else ""))
    record(file, source)
    for each in (workspace / "policies").glob("*.yaml"):
        each.write_text(LEVEL.format(name=each.stem))
    done = ldmrelease("-C", str(workspace), "trust", "agree", "--yes")
    assert done.returncode == 0, done.stderr
    return workspace


def spent() -> float:
    """The processor time of ended children, in seconds."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--tree", type=Path, default=SHARED)
    options.add_argument("--render", action="store_true")
    given = options.parse_args()
    how = "--render" if given.render else "--no-render"
    with tempfile.TemporaryDirectory() as home:
        workspace = planted(given.tree, Path(home))
        print(f"{'gate merge ' + how:32} {'wall':>8} {'processor':>10}  images")
        for number, name in enumerate(CHANGES):
            words = (
                "-C",
                str(workspace),
                "gate",
                "merge",
                "--base",
                "main",
                "--head",
                f"change-{number}",
                how,
            )
            times = []
            for _ in range(5):
                began, before = time.monotonic(), spent()
                done = ldmrelease(*words)
                times.append((time.monotonic() - began, spent() - before))
            assert done.returncode in (0, 1), done.stderr
            wall, processor = (min(each) for each in zip(*times, strict=True))
            told = done.stdout.splitlines()[0].rpartition("main: ")[2]
            print(f"{name:32} {wall:6.2f} s {processor:8.2f} s  {told}")


if __name__ == "__main__":
    main()
