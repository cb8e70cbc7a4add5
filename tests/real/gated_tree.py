"""A GitOps repository that gates its changes by a bundle in it: no key, no ledger, no images."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests import shop

WORKSPACE = "release"


@dataclass(frozen=True)
class GatedTree:
    """A clone of it."""

    folder: Path

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def change(self, environment: str, tag: str) -> None:
        """One commit on a new branch `feature`, as of somebody's pull request."""
        self.git("checkout", "-q", "-B", "feature", "main")
        file = self.folder / shop.file_of(environment)
        file.write_text(re.sub(r"tag: .*", f"tag: {tag}", file.read_text()))
        self.git("commit", "-qam", f"{environment} to {tag}")


def released_tree(folder: Path) -> Path:
    """The repository: the shop's, with the workspace's files and a bundle in `release/`."""
    site = shop.new_shop(folder / "shop")
    site.ok("release", "pin", shop.NEW)
    repository = site.root / "deploy"
    workspace = repository / WORKSPACE
    workspace.mkdir()
    for each in ("policies", "checks"):
        shutil.copytree(site.root / each, workspace / each)
    for each in ("ldmrelease.yaml", "trust.yaml", "trust.signatures.json"):
        shutil.copy(site.root / each, workspace)
    site.ok("bundle", "export", str(workspace / "gate.bundle.json"))
    site.git("add", ".", repository="deploy")
    site.git("commit", "-qm", "The gate's bundle", repository="deploy")
    return repository


def clone(repository: Path, folder: Path) -> GatedTree:
    """A clone of a developer."""
    subprocess.run(["git", "clone", "-q", repository, folder], check=True)
    found = GatedTree(folder)
    found.git("config", "user.name", "A Developer")
    found.git("config", "user.email", "dev@example.org")
    return found
