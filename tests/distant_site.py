"""A workspace whose places are all in one repository of a server."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from ldmrelease.domain.times import instant
from tests.cycle_site import build, forget_targets, git
from tests.unit.faces.cli.running import run
from tests.workspace import Site

OLD, NEW = "1.0.0", "1.1.0"
_START = "2026-11-27T12:00:00Z"
_LEVELS = {"dev": "development", "staging": "staging", "prod": "production"}
_HEAD = """\
products:
  shop:
    grammar: semver
    default: true
    components:
      api: {image: oci:images/api}
environments:
"""


def file_of(environment: str, number: int) -> str:
    """The values of a place."""
    return f"shop{number}/values-{environment}.yaml"


def tree(folder: Path, places: Mapping[str, int]) -> Path:
    """A bare repository with a file for each place. places: how many each environment has."""
    work = folder / "work"
    for environment, count in places.items():
        for number in range(count):
            file = work / file_of(environment, number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"# Shop {number}.\nimage:\n  tag: {OLD}\n")
    git(work, "init", "-q", "-b", "main")
    git(work, "add", "--all")
    git(work, "commit", "-qm", "The shops")
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(folder / "conf.git")], check=True)
    return folder / "conf.git"


def distant_site(root: Path, repository: str, places: Mapping[str, int]) -> Site:
    """The workspace. repository: its address."""
    assert run("init", str(root), "--sample", "simple").exit_code == 0
    file = root / "ldmrelease.yaml"
    text = file.read_text().replace("oci.example.com/shop/releases", "oci:images/releases")
    environments = "".join(_environment(each, count, repository) for each, count in places.items())
    file.write_text(text[: text.index("products:")] + _HEAD + environments)
    for level in _LEVELS.values():
        (root / "policies" / f"{level}.yaml").write_text(
            f"apiVersion: ldmrelease/v1alpha1\nkind: Level\nmetadata: {{name: {level}, version: 2}}\nspec:\n"
            "  accepts: [release, moving]\n  enter:\n    - {id: images, rule: images}\n"
        )
    build(root, "api", OLD, NEW)
    site = Site(root)
    site.clock(instant(_START))
    forget_targets(site)
    site.ok("trust", "agree", "--yes")
    return site


def _environment(name: str, count: int, repository: str) -> str:
    places = "".join(
        f"""\
      shop{number}:
        runs: [shop/api]
        target:
          gitops:
            repository: {repository}
            file: {file_of(name, number)}
            settings:
              - {{component: shop/api, path: image.tag, writes: tag}}
"""
        for number in range(count)
    )
    return f"  {name}:\n    level: {_LEVELS[name]}\n    applications:\n{places}"
