"""A stranger's workspace (`init --sample simple`): two images of one version, at a place each in dev, staging, prod.

The images are in folders, and the git repository is beside it.
"""

import re
import subprocess
from pathlib import Path

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.times import instant
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_index
from tests.unit.faces.cli.running import run
from tests.workspace import Site

START = instant("2024-03-01T12:00:00Z")
OLD, NEW = "1.5.0", "1.6.0"
COMPONENTS = ("api", "worker")
ENVIRONMENTS = ("dev", "staging", "prod")


def new_shop(root: Path) -> Site:
    """1.5.0 is written everywhere, pinned and observed; 1.6.0 is built."""
    assert run("init", str(root), "--sample", "simple").exit_code == 0
    file = root / "ldmrelease.yaml"
    text = re.sub(r"oci\.example\.com/shop/(api|worker)", r"oci:images/\1", file.read_text())
    text = text.replace("oci.example.com/shop/releases", "oci:releases")
    file.write_text(text.replace("git@git.example:shop/deploy.git", "deploy"))
    for tag in (OLD, NEW):
        for each in COMPONENTS:
            build(root, each, tag)
    _deploy(root / "deploy")
    site = Site(root)
    site.clock(START)
    site.ok("trust", "agree", "--yes")
    site.ok("release", "pin", OLD)
    site.ok("observe")
    return site


def build(root: Path, component: str, tag: str, seed: str | None = None) -> None:
    """An image is pushed, in place of what its tag named."""
    repository = Registries(root).open(parse_reference(f"oci:images/{component}"))
    put_sample_index(repository, tag, seed=seed or f"{component} {tag}")


def file_of(environment: str) -> str:
    return f"shop/values-{environment}.yaml"


def write(site: Site, environment: str, **tags: str) -> None:
    """Somebody commits other tags by hand."""
    path = site.root / "deploy" / file_of(environment)
    site.git("reset", "-q", "--hard", repository="deploy")
    text = path.read_text()
    for component, tag in tags.items():
        text = re.sub(rf"^({component}:\n  image:\n    tag: ).*$", rf"\g<1>{tag}", text, flags=re.MULTILINE)
    path.write_text(text)
    site.git("commit", "-qam", f"By hand: {tags}", repository="deploy")


def written(site: Site, environment: str) -> str:
    """The values file of an environment as it is committed."""
    return site.git("show", f"main:{file_of(environment)}", repository="deploy")


def _deploy(folder: Path) -> None:
    for name in ENVIRONMENTS:
        path = folder / file_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{each}:\n  image:\n    tag: {OLD}\n" for each in COMPONENTS))
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-qm", "Three environments"]):
        subprocess.run(
            ["git", "-c", "user.name=Ann", "-c", "user.email=ann@x", *words], cwd=folder, check=True
        )
