"""A workspace whose one site has all that settings of real trees are made of: parts in several files, one that
all share and that has an anchor, one that is absent, one that a chart's values say; and a notebook menu beside them."""

from __future__ import annotations

from pathlib import Path

from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Place
from tests.cycle_site import build, git
from tests.unit.faces.cli.running import run
from tests.workspace import Site

CONTROL, MENU = Place("prod", "control"), Place("prod", "nublado")
COMPONENTS = {
    "ataos": ("c0042.003", "c0044.003", "c0045.001"),
    "atdome": ("c0042.000", "c0044.007", "c0045.001"),
    "mtdome": ("c0042.001", "c0044.012", "c0045"),
}
_LABS = ("w_2026_15_c0042.007", "w_2026_16_c0042.007")
FILES = {
    "environments/values-summit.yaml": """\
controlSystem:
  imageTag: &cycle c0042  # SAL 8
labels:
  cycle: *cycle
""",
    "applications/auxtel/values-summit.yaml": """\
ataos:
  image: {pullPolicy: Always, revision: 3}
atdome:
  image:
    revision: 0
    pullPolicy: Always
""",
    "applications/simonyitel/values-summit.yaml": "mtdome:\n  image:\n    pullPolicy: Always\n",
    "applications/simonyitel/values.yaml": "mtdome:\n  image:\n    revision: 1\n",
    "applications/nublado/values-summit.yaml": """\
controller:
  config:
    images:
      pin: [w_2026_15_c0042.007]
      cycle: 42
    dropdownMenu:
      daily: {number: 3}
""",
    "applications/nublado/values.yaml": """\
controller:
  config:
    images:
      recommendedTag: recommended
      numReleases: 1
      numWeeklies: 2
      numDailies: 3
      cycle: null
      pin: []
""",
}
_SETTING = """\
              - component: {name}
                template: "{{cycle}}[.{{revision:03d}}]"
                parts:
                  cycle: controlSystem.imageTag
                  revision: {revision}
"""
_REVISIONS = {
    "ataos": "applications/auxtel/values-summit.yaml#ataos.image.revision",
    "atdome": "applications/auxtel/values-summit.yaml#atdome.image.revision",
    "mtdome": "[applications/simonyitel/values-summit.yaml#mtdome.image.revision, "
    "applications/simonyitel/values.yaml#mtdome.image.revision]",
}
_WORKSPACE = """\
products:
  telescope:
    grammar: cycle
    default: true
    components:
{components}  lab:
    grammar: rsp
    components:
      sal-lab: {{image: oci:images/sal-lab}}
environments:
  prod:
    level: production
    applications:
      control:
        runs: [{runs}]
        target:
          gitops:
            repository: tree
            file: environments/values-summit.yaml
            settings:
{settings}      nublado:
        runs: [lab/sal-lab]
        target:
          menu:
            repository: tree
            file: applications/nublado/values-summit.yaml
            path: controller.config.images
            defaults: applications/nublado/values.yaml#controller.config.images
            component: lab/sal-lab
            keep: {{weekly: 3}}
            aliases: {{recommended: recommendedTag}}
"""


def composed_site(root: Path) -> Site:
    """All is at c0042, which was found there; c0044, c0045 (with a moving tag) and two notebook images are pinned."""
    assert run("init", str(root), "--sample", "simple").exit_code == 0
    file = root / "ldmrelease.yaml"
    text = file.read_text().replace("oci.example.com/shop/releases", "oci:images/releases")
    written = _WORKSPACE.format(
        components="".join(f"      {each}: {{image: oci:images/{each}}}\n" for each in COMPONENTS),
        runs=", ".join(f"telescope/{each}" for each in COMPONENTS),
        settings="".join(
            _SETTING.format(name=each, revision=revision) for each, revision in _REVISIONS.items()
        ),
    )
    file.write_text(text[: text.index("products:")] + written)
    for level in ("development", "staging", "production"):
        (root / "policies" / f"{level}.yaml").write_text(
            f"apiVersion: ldmrelease/v1alpha1\nkind: Level\nmetadata: {{name: {level}, version: 2}}\nspec:\n"
            "  accepts: [release, moving, weekly]\n  enter:\n    - {id: images, rule: images}\n"
        )
    for name, tags in COMPONENTS.items():
        build(root, name, *tags)
    build(root, "sal-lab", *_LABS)
    _plant(root / "tree")
    site = Site(root)
    site.clock(instant("2026-11-27T12:00:00Z"))
    site.ok("trust", "agree", "--yes")
    for each in ("c0042", f"lab/{_LABS[0]}"):
        site.ok("release", "pin", each)
    site.ok("observe")
    for each in ("c0044", "c0045", f"lab/{_LABS[1]}"):
        site.ok("release", "pin", each)
    return site


def _plant(tree: Path) -> None:
    for name, content in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content)
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "--all")
    git(tree, "commit", "-qm", "The summit")
