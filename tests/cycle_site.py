"""A workspace whose one site runs a cycle: a tree in Phalanx's shape, images in a folder, one place for all of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.times import instant
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_image
from tests.unit.faces.cli.running import run
from tests.workspace import Site

ENVIRONMENT = "environments/values-summit.yaml"
PLACE = "prod/control"
_START = "2026-11-27T12:00:00Z"


def file_of(application: int) -> str:
    """The values of an application at the summit."""
    return f"applications/app{application}/values-summit.yaml"


def cycle_site(
    root: Path,
    builds: Mapping[str, Sequence[str]],
    revisions: Mapping[str, int | None],
    applications: int = 2,
) -> Site:
    """builds: the tags that each component has. revisions: what the tree says, of the cycle c0042; None is nothing."""
    assert run("init", str(root), "--sample", "simple").exit_code == 0
    file = root / "ldmrelease.yaml"
    text = file.read_text().replace("oci.example.com/shop/releases", "oci:images/releases")
    file.write_text(text[: text.index("products:")] + _names(list(builds), applications))
    for level in ("development", "staging", "production"):
        (root / "policies" / f"{level}.yaml").write_text(
            f"apiVersion: ldmrelease/v1alpha1\nkind: Level\nmetadata: {{name: {level}, version: 2}}\nspec:\n"
            "  accepts: [release, moving]\n  enter:\n    - {id: images, rule: images}\n"
        )
    for name, tags in builds.items():
        build(root, name, *tags)
    _plant(root / "tree", revisions, applications)
    site = Site(root)
    site.clock(instant(_START))
    forget_targets(site)
    site.ok("trust", "agree", "--yes")
    return site


def forget_targets(site: Site) -> None:
    """Take the places of the sample out of the trust document: the workspace has others."""
    site.edit(lambda trust: re.sub(r"^targets:\n( .*\n)+", "targets: {}\n", trust, flags=re.M), "trust.yaml")


def build(root: Path, component: str, *tags: str) -> None:
    """Images are pushed."""
    repository = Registries(root).open(parse_reference(f"oci:images/{component}"))
    for tag in tags:
        put_sample_image(repository, tag, seed=f"{component}:{tag}", layers=(64,))


def git(tree: Path, *words: str) -> str:
    """The user's git."""
    command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@x", *words]
    return subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout


def _names(names: Sequence[str], applications: int) -> str:
    components = "".join(f"      {each}: {{image: oci:images/{each}}}\n" for each in names)
    runs = "".join(f"          - telescope/{each}\n" for each in names)
    settings = "".join(
        f"""\
              - component: {each}
                template: "{{cycle}}[.{{revision:03d}}]"
                parts:
                  cycle: controlSystem.imageTag
                  revision: {file_of(number % applications)}#{each}.image.revision
"""
        for number, each in enumerate(names)
    )
    return f"""\
products:
  telescope:
    grammar: cycle
    default: true
    components:
{components}environments:
  prod:
    level: production
    applications:
      control:
        runs:
{runs}        target:
          gitops:
            repository: tree
            file: {ENVIRONMENT}
            settings:
{settings}"""


def _plant(tree: Path, revisions: Mapping[str, int | None], applications: int) -> None:
    files = {ENVIRONMENT: "applications:\n  app0: true\ncontrolSystem:\n  imageTag: c0042  # SAL 8\n"}
    for number, (name, revision) in enumerate(revisions.items()):
        file = file_of(number % applications)
        line = "" if revision is None else f"    revision: {revision}\n"
        files[file] = files.get(file, "") + f"{name}:\n  image:\n    pullPolicy: Always\n{line}"
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content)
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "--all")
    git(tree, "commit", "-qm", "The summit")
