"""A workspace for a tree in Phalanx's shape with its templates: a cycle of two components, and a tag with a default.

`prod/control` is the control software of `summit` (its parts stand in two files), `dev/lab` an application of `base`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ldmrelease.domain.times import instant
from tests.cycle_site import build, forget_targets, git
from tests.unit.faces.cli.running import run
from tests.unit.trees.tree_samples import FILES, write_tree
from tests.workspace import Site

CONTROL = "prod/control"
LAB = "dev/lab"
CYCLE = "environments/values-summit.yaml"
AUXTEL = "applications/auxtel/values-summit.yaml"
PROXY = "applications/lab/values-base.yaml"
_START = "2026-11-27T12:00:00Z"
_BUILDS = {
    "ataos": ("c0042.004", "c0044.003"),
    "atdome": ("c0042.000", "c0044.007"),
    "proxy": ("1.4", "1.5", "1.6"),
}
_WORKSPACE = """\
products:
  telescope:
    grammar: cycle
    default: true
    components:
      ataos: {image: oci:images/ataos}
      atdome: {image: oci:images/atdome}
  proxy:
    grammar: {release: "{major}.{minor}"}
    components:
      proxy: {image: oci:images/proxy}
environments:
  prod:
    level: production
    applications:
      control:
        runs: [telescope/ataos, telescope/atdome]
        target:
          gitops:
            repository: tree
            file: environments/values-summit.yaml
            settings:
              - component: ataos
                template: "{cycle}[.{revision:03d}]"
                parts:
                  cycle: controlSystem.imageTag
                  revision: applications/auxtel/values-summit.yaml#ataos.image.revision
              - component: atdome
                template: "{cycle}[.{revision:03d}]"
                parts:
                  cycle: controlSystem.imageTag
                  revision: applications/auxtel/values-summit.yaml#atdome.image.revision
  dev:
    level: development
    applications:
      lab:
        runs: [proxy/proxy]
        target:
          gitops:
            repository: tree
            file: applications/lab/values-base.yaml
            settings:
              - component: proxy
                path: [proxy.image.tag, applications/lab/values.yaml#proxy.image.tag]
"""


def phalanx_site(root: Path, files: Mapping[str, str | None] | None = None) -> Site:
    """files: those of the tree that say something else than in `tree_samples`; None is one that is not there."""
    assert run("init", str(root), "--sample", "simple").exit_code == 0
    file = root / "ldmrelease.yaml"
    text = file.read_text().replace("oci.example.com/shop/releases", "oci:images/releases")
    file.write_text(text[: text.index("products:")] + _WORKSPACE)
    for level in ("development", "staging", "production"):
        (root / "policies" / f"{level}.yaml").write_text(
            f"apiVersion: ldmrelease/v1alpha1\nkind: Level\nmetadata: {{name: {level}, version: 2}}\nspec:\n"
            "  accepts: [release, moving]\n  enter:\n    - {id: images, rule: images}\n"
        )
    for name, tags in _BUILDS.items():
        build(root, name, *tags)
    _plant(root / "tree", files or {})
    site = Site(root)
    site.clock(instant(_START))
    forget_targets(site)
    site.ok("trust", "agree", "--yes")
    return site


def tip(site: Site) -> str:
    """The commit that the tree is at."""
    return git(site.root / "tree", "rev-parse", "main").strip()


def by_hand(site: Site, file: str, old: str, new: str) -> None:
    """Somebody changes a file of the tree and commits it."""
    path = site.root / "tree" / file
    text = path.read_text()
    assert old in text, text
    path.write_text(text.replace(old, new, 1))
    git(site.root / "tree", "add", "--all")
    git(site.root / "tree", "commit", "-qm", "By hand")


def _plant(tree: Path, files: Mapping[str, str | None]) -> None:
    write_tree(tree)
    for name, text in FILES.items():
        # The images of the workspace are in a folder beside it.
        (tree / name).write_text(text.replace("example.org/", "images/"))
    for name, changed in files.items():
        if changed is None:
            (tree / name).unlink()
        else:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(changed)
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "--all")
    git(tree, "commit", "-qm", "The tree")
