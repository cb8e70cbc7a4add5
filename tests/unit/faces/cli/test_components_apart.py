"""A release of two images whose applications are deployed apart: soak and order are about each that the place runs."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.times import instant
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_index
from tests.unit.faces.cli.running import run
from tests.workspace import Site

NEW, OLD = "1.6.0", "1.5.0"
APPS = ("api", "worker")
START = instant("2024-03-01T12:00:00Z")


def environment(name: str, level: str) -> str:
    lines = [f"  {name}:", f"    level: {level}", "    applications:"]
    for each in APPS:
        lines += [
            f"      {each}:",
            f"        runs: [shop/{each}]",
            "        target:",
            "          gitops:",
            "            repository: deploy",
            f"            file: {each}-{name}.yaml",
            f"            settings: [{{component: shop/{each}, path: image.tag, writes: tag}}]",
        ]
    return "\n".join(lines) + "\n"


def policy(level: str, after: str = "") -> str:
    return (
        f"apiVersion: ldmrelease/v1alpha1\nkind: Level\nmetadata: {{name: {level}, version: 2}}\nspec:\n"
        "  accepts: [release]\n  enter:\n    - {id: images, rule: images}\n"
        + (f"    - {{id: soaked, rule: after, level: {after}}}\n" if after else "")
    )


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("shop") / "workspace"
    assert run("init", str(root), "--sample", "simple").exit_code == 0
    file = root / "ldmrelease.yaml"
    text = re.sub(r"oci\.example\.com/shop/", "oci:images/", file.read_text())
    text = text[: text.index("environments:")] + "environments:\n"
    for name, level in (("dev", "development"), ("staging", "staging"), ("prod", "production")):
        text += environment(name, level)
    file.write_text(text)
    for level, after in (("development", ""), ("staging", "development"), ("production", "staging")):
        (root / "policies" / f"{level}.yaml").write_text(policy(level, after))
    registries = Registries(root)
    for each, tag in ((each, tag) for each in APPS for tag in (OLD, NEW)):
        # The worker was not built anew: both releases have the same image of it.
        seed = "worker" if each == "worker" else f"api {tag}"
        put_sample_index(registries.open(parse_reference(f"oci:images/{each}")), tag, seed=seed)
    deploy(root / "deploy")
    site = Site(root)
    site.clock(START)
    site.ok("trust", "agree", "--yes")
    site.ok("release", "pin", OLD)
    site.ok("observe")
    return site


def deploy(folder: Path) -> None:
    folder.mkdir()
    for name in ("dev", "staging", "prod"):
        for each in APPS:
            (folder / f"{each}-{name}.yaml").write_text(f"image:\n  tag: {OLD}\n")
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-qm", "Three environments"]):
        subprocess.run(
            ["git", "-c", "user.name=Ann", "-c", "user.email=ann@x", *words], cwd=folder, check=True
        )


@pytest.fixture
def shop(shop_once: Site, tmp_path: Path) -> Site:
    """1.5.0 runs everywhere; 1.6.0 has another api, and the same image of the worker."""
    return shop_once.copy(tmp_path / "workspace")


def soak(site: Site, target: str) -> dict[str, Any]:
    told = json.loads(site.run("check", NEW, "--target", target, "-o", "json").stdout)
    (found,) = [each for each in told["decisions"][0]["findings"] if each["requirement"] == "soaked"]
    return dict(found)


def test_an_image_that_an_older_release_brought_is_no_run_of_the_newer_one(shop: Site) -> None:
    """truth.md, row 3: the worker's image runs in staging, and the api of 1.6.0 ran nowhere."""
    for place in ("dev", "staging"):
        shop.ok("promote", OLD, "--target", place)
    shop.advance(hours=1)
    shop.ok("release", "pin", NEW)
    shop.ok("observe")
    assert soak(shop, "prod/api")["outcome"] == "missing"
    before = shop.everything()
    done = shop.run("promote", NEW, "--target", "prod/api", "--dry-run")
    assert done.exit_code == 1
    assert shop.everything() == before
    refused = shop.run("promote", NEW, "--target", "prod/api")
    assert refused.exit_code == 1
    assert f"tag: {OLD}" in shop.git("show", "main:api-prod.yaml", repository="deploy")
    names = {each["release"] for each in json.loads(shop.ok("where", "-o", "json"))}
    assert names == {f"shop/{OLD}"}, "nothing of 1.6.0 is anywhere"


def test_one_component_on_development_does_not_let_another_in(shop: Site) -> None:
    """truth.md, row 4: 1.6.0 on dev/worker alone."""
    shop.ok("promote", NEW, "--target", "dev/worker")
    shop.advance(hours=1)
    shop.ok("observe")
    found = soak(shop, "staging/api")
    assert found["outcome"] == "missing"
    assert "it has not run at level development yet" in found["sentence"]
    assert shop.run("promote", NEW, "--target", "staging/api").exit_code == 1
    assert soak(shop, "staging/worker")["outcome"] == "satisfied", "the worker did run there"
    shop.ok("promote", NEW, "--target", "dev/api")
    assert soak(shop, "staging/api")["outcome"] == "satisfied"
    shop.ok("promote", NEW, "--target", "staging/api")


def test_an_environment_enters_with_the_worst_of_its_components(shop: Site) -> None:
    shop.ok("promote", NEW, "--target", "dev/worker")
    assert shop.run("check", NEW, "--target", "staging").exit_code == 1
    assert shop.run("promote", NEW, "--target", "staging").exit_code == 1
    assert f"tag: {OLD}" in shop.git("show", "main:api-staging.yaml", repository="deploy")
