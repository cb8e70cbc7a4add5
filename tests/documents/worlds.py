"""In what documents are played: a registry with images and a git repository, or an empty folder."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ldmrelease.registry.sample import put_sample_index
from tests.documents.board import ask, people
from tests.documents.campaign import prepare
from tests.documents.play import Stage
from tests.documents.telescope import REGISTRY as TELESCOPE_REGISTRY
from tests.documents.telescope import plant as plant_telescope
from tests.real.registries import referrers_registry

IMAGES = ("api", "worker")
TAGS = ("1.5.0", "1.6.0")
_READERS = "registry.shop.internal"


@contextmanager
def empty(folder: Path) -> Iterator[Stage]:
    """A home folder with nothing in it."""
    home = folder / "home"
    yield Stage(home, {"/home/ann": str(home)})


@contextmanager
def shop(folder: Path) -> Iterator[Stage]:
    """Two images in a registry, and a git repository whose values files deploy them: not yet our business."""
    data = folder / "registry"
    data.mkdir()
    with referrers_registry(data) as registry, empty(folder) as stage:
        for image in IMAGES:
            for tag in TAGS:
                put_sample_index(registry.open(f"shop/{image}"), tag, seed=f"{image}:{tag}")
        address = f"localhost:{registry.address.rpartition(':')[2]}"
        _deploy(stage.home / "deploy.git", folder / "work", address)
        words = {
            "oci.example.com": address,
            "git@git.example:shop/deploy.git": str(stage.home / "deploy.git"),
        }
        stage.stands_for = words | stage.stands_for
        yield stage


def _deploy(bare: Path, work: Path, registry: str) -> None:
    values = work / "shop"
    values.mkdir(parents=True)
    for environment in ("dev", "staging", "prod"):
        settings = (
            f"{each}:\n  image:\n    repository: {registry}/shop/{each}\n    tag: {TAGS[0]}\n"
            for each in IMAGES
        )
        (values / f"values-{environment}.yaml").write_text("".join(settings))
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "--all"],
        [
            "-c",
            "user.name=Ann Example",
            "-c",
            "user.email=ann@shop.example",
            "commit",
            "-qm",
            "Three environments",
        ],
        ["clone", "-q", "--bare", ".", str(bare)],
    ):
        subprocess.run(["git", *words], cwd=work, check=True)


@contextmanager
def gated(folder: Path) -> Iterator[Stage]:
    """The shop with its workspace, `release`, in which 1.5.0 was seen everywhere, and a clone of its repository."""
    with shop(folder) as stage:
        stage.run("ldmrelease init --sample simple --person 'Ann Example' release")
        stage.edit("release/ldmrelease.yaml")
        for command in ("trust agree --yes", "release pin 1.5.0", "observe"):
            told, code = stage.run(f"ldmrelease -C release {command}")
            assert code == 0, told
        stage.run(f"git clone -q {stage.home}/deploy.git deploy")
        yield stage


@contextmanager
def imported(folder: Path) -> Iterator[Stage]:
    """The same, in the workspace, with files of other tools beside it."""
    with gated(folder) as stage:
        shutil.copytree(Path(__file__).parents[1] / "data" / "evidence", stage.home / "release" / "outside")
        stage.folder = stage.home / "release"
        yield stage


@contextmanager
def adoptable(folder: Path) -> Iterator[Stage]:
    """A checkout of a tree for Kustomize, `deploy`, with an overlay for each environment."""
    with empty(folder) as stage:
        # A reader's registry has a name of its own: one that is reserved for examples is a finding of lint.
        stage.stands_for = {"oci.example.com": _READERS} | stage.stands_for
        tree = stage.home / "deploy"
        for environment, tag in (("dev", TAGS[1]), ("staging", TAGS[1]), ("prod", TAGS[0])):
            overlay = tree / "overlays" / environment
            overlay.mkdir(parents=True)
            images = [f"  - {{name: {_READERS}/shop/{each}, newTag: {tag}}}\n" for each in IMAGES]
            (overlay / "kustomization.yaml").write_text(
                f"resources: [../../base]\nimages:\n{''.join(images)}"
            )
        base = tree / "base"
        base.mkdir()
        (base / "kustomization.yaml").write_text("resources: [deployments.yaml]\n")
        (base / "deployments.yaml").write_text("---\n".join(_deployment(each) for each in IMAGES))
        who = ["-c", "user.name=Ann Example", "-c", "user.email=ann@shop.example"]
        for words in (["init", "-q", "-b", "main"], ["add", "--all"], [*who, "commit", "-qm", "What runs"]):
            subprocess.run(["git", "-C", str(tree), *words], check=True)
        yield stage


def _deployment(name: str) -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n"
        f"      containers:\n        - {{name: {name}, image: {_READERS}/shop/{name}}}\n"
    )


@contextmanager
def telescope(folder: Path) -> Iterator[Stage]:
    """A checkout of a tree, `phalanx`, and a workspace, `release`, for the control software of base and the summit."""
    with empty(folder) as stage:
        plant_telescope(stage.home, stage.run)
        stage.folder = stage.home / "release"
        stage.stands_for = {TELESCOPE_REGISTRY: "oci:images"} | stage.stands_for
        yield stage


@contextmanager
def board(folder: Path) -> Iterator[Stage]:
    """The demonstration's workspace, `release`, with a board and others who are asked, and a release for production."""
    with empty(folder) as stage:
        shutil.copytree(_with_people(), stage.home / "release", symlinks=True)
        stage.folder = stage.home / "release"
        yield stage


@contextmanager
def asked(folder: Path) -> Iterator[Stage]:
    """The same, in which the release manager has asked for production, and the board has not answered."""
    with board(folder) as stage:
        ask(stage.folder, lambda command: _done(stage, command))
        yield stage


@contextmanager
def campaign(folder: Path) -> Iterator[Stage]:
    """The demonstration's workspace, `release`, with a campaign, notes of a release, and places in enclaves."""
    with empty(folder) as stage:
        shutil.copytree(_with_campaign(), stage.home / "release", symlinks=True)
        stage.folder = stage.home / "release"
        yield stage


@cache
def _with_campaign() -> Path:
    """Made once for each process."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with empty(folder) as stage:
        prepare(stage.home, lambda command: _done(stage, command))
        return stage.home / "release"


@cache
def _with_people() -> Path:
    """Made once for each process: four documents begin with a copy of it."""
    folder = Path(tempfile.mkdtemp(prefix="people-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with empty(folder) as stage:
        people(stage.home, lambda command: _done(stage, command))
        return stage.home / "release"


def _done(stage: Stage, command: str) -> None:
    told, code = stage.run(command)
    assert code == 0, told


WORLDS = {
    "adoptable": adoptable,
    "asked": asked,
    "board": board,
    "campaign": campaign,
    "empty": empty,
    "gated": gated,
    "imported": imported,
    "shop": shop,
    "telescope": telescope,
}
