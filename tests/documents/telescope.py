"""The control software of two sites, base and the summit, in a GitOps tree of Phalanx's shape, and the next cycle."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_image

REGISTRY = "ts-dockerhub.lsst.org"
_BUILDS = {
    "dmocps": ("c0044.000", "c0045.001"),
    "athexapod": ("c0044.007", "c0045.003", "c0045.004"),
    "atdome": ("c0044.002", "c0045.000"),
}
_FILES = {"dmocps": ("uws", "atocps"), "athexapod": ("auxtel", "athexapod"), "atdome": ("auxtel", "atdome")}
_POLICY = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: commissioning, version: 2}
spec:
  accepts: [release, moving]
  enter:
    - {id: images, rule: images}
    - {id: one-cycle, rule: same-cycle}
  environments:
    summit:
      excludes: [moving]
      enter:
        - {id: base-first, rule: after, environment: base}
"""


def plant(home: Path, run: Callable[[str], object]) -> None:
    """`release` and `phalanx` in a home folder. run: gives a command to a shell there."""
    run("ldmrelease init --sample rubin --person 'Ann Example' release")
    workspace = home / "release"
    file = workspace / "ldmrelease.yaml"
    text = file.read_text()
    head = text[: text.index("products:")]
    checks = text[text.index("# What policies may ask for.") : text.index("environments:\n")]
    file.write_text(re.sub(r"^# clock:.*$", "", head, flags=re.MULTILINE) + checks + _workspace())
    (workspace / "policies" / "commissioning.yaml").write_text(_POLICY)
    for name, tags in _BUILDS.items():
        push(workspace, name, *tags)
    _tree(home / "phalanx")
    for each in ("trust agree --yes", "release pin c0044", "observe"):
        run(f"cd release && ldmrelease {each}; cd ..")


def push(workspace: Path, name: str, *tags: str) -> None:
    """Images, as the build of the control software pushes them."""
    repository = Registries(workspace).open(parse_reference(f"oci:images/{name}"))
    for each in tags:
        put_sample_image(repository, each, seed=f"{name}:{each}", layers=(64,))


def _workspace() -> str:
    components = "".join(f"      {each}: {{image: {REGISTRY}/{each}}}\n" for each in _BUILDS)
    return f"""\
products:
  control:
    grammar: cycle
    default: true
    components:
{components.replace(REGISTRY + "/", "oci:images/")}
patterns:
  - environments: [base, summit]
    applications: [control]
    target:
      gitops:
        repository: ../phalanx
        file: environments/values-{{environment}}.yaml
        settings:
{"".join(_setting(each) for each in _BUILDS)}
environments:
  base: {{level: commissioning}}
  summit: {{level: commissioning}}
"""


def _setting(component: str) -> str:
    application, key = _FILES[component]
    return f"""\
          - component: control/{component}
            template: "{{cycle}}[.{{revision:03d}}]"
            parts:
              cycle: controlSystem.imageTag
              revision: applications/{application}/values-{{environment}}.yaml#{key}.image.revision
"""


def _tree(tree: Path) -> None:
    files: dict[str, str] = {}
    for site in ("base", "summit"):
        files[f"environments/values-{site}.yaml"] = "controlSystem:\n  imageTag: c0044\n"
        for name, (application, key) in _FILES.items():
            file = f"applications/{application}/values-{site}.yaml"
            revision = int(_BUILDS[name][0].partition(".")[2])
            files[file] = files.get(file, "") + f"{key}:\n  image:\n    revision: {revision}\n"
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    who = ["-c", "user.name=Ann Example", "-c", "user.email=ann@shop.example"]
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], [*who, "commit", "-qm", "What runs"]):
        subprocess.run(["git", "-C", str(tree), *words], check=True)
