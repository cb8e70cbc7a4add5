"""The GitHub action and the GitLab job: their steps, run on a sample repository as a runner would.

The image is the project's own, pushed to a registry and named by its digest; the container has no network, and the
checkout holds a bundle in place of the ledger.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests import shop
from tests.real.engine import ROOT, Engine, docker_engine
from tests.real.gated_tree import GatedTree, clone, released_tree
from tests.real.registries import docker_registry

pytestmark = pytest.mark.real

ACTION = ROOT / "manifests" / "ci" / "github"
GITLAB = ROOT / "manifests" / "ci" / "gitlab" / "gate.yml"


@dataclass(frozen=True)
class Runner:
    """A machine of a CI system: a Docker engine, the image by its digest, and a checkout."""

    engine: Engine
    image: str
    tree: GatedTree

    @property
    def checkout(self) -> Path:
        return self.tree.folder


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with docker_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The project's image, which has git, by the digest that a registry gave it."""
    with docker_registry(tmp_path_factory.mktemp("registry")) as registry:
        name = f"{registry.address}/ldmrelease"
        engine.build(f"{name}:test")
        pushed = engine.docker("push", f"{name}:test")
        found = re.search(r"digest: (sha256:[0-9a-f]{64})", pushed)
        assert found is not None, pushed
        engine.docker("pull", f"{name}@{found[1]}")
        yield f"{name}@{found[1]}"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released_tree(tmp_path_factory.mktemp("released"))


@pytest.fixture
def runner(engine: Engine, image: str, released: Path, tmp_path: Path) -> Runner:
    return Runner(engine, image, clone(released, tmp_path / "checkout"))


def run_action(runner: Runner, tmp_path: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """The steps of the action as GitHub's runner has them: exit code, log, outputs, and the job's summary."""
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    given = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
    given |= {"comment": "", "token": "", "base": runner.tree.git("rev-parse", "main")}
    given |= {"head": runner.tree.git("rev-parse", "feature")}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    (step,) = action["runs"]["steps"]
    assert step["shell"] == "bash"
    values = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: given[found[1]], text)
        for name, text in step["env"].items()
    }
    for each in ("temp", "home"):
        (tmp_path / each).mkdir(exist_ok=True)
    files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    # Nothing of this machine's environment reaches it but what a runner has.
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "DOCKER_HOST": f"unix://{runner.engine.socket}",
        "GITHUB_WORKSPACE": str(runner.checkout),
        "GITHUB_ACTION_PATH": str(ACTION),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        **{name: str(file) for name, file in files.items()},
        **values,
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=runner.checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    outputs = dict(line.partition("=")[::2] for line in files["GITHUB_OUTPUT"].read_text().splitlines())
    return done.returncode, done.stdout + done.stderr, outputs, files["GITHUB_STEP_SUMMARY"].read_text()


def by_bundle(runner: Runner) -> dict[str, str]:
    """The inputs of a workflow whose runner has access to nothing else."""
    folder = "release"
    return {
        "image": runner.image,
        "workspace": folder,
        "bundle": f"{folder}/gate.bundle.json",
        "trust": f"{folder}/trust.yaml",
        "network": "none",
    }


def test_the_action_lets_a_change_in_that_may_enter(runner: Runner, tmp_path: Path) -> None:
    runner.tree.change("dev", shop.NEW)
    code, log, outputs, summary = run_action(runner, tmp_path, **by_bundle(runner))
    assert (code, outputs.get("verdict")) == (0, "allowed"), log
    assert "dev/shop" in summary
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert "<testsuite" in Path(outputs["junit"]).read_text()


def test_the_action_fails_a_change_with_a_tag_that_cannot_be_read(runner: Runner, tmp_path: Path) -> None:
    runner.tree.change("prod", "v 1")
    code, log, outputs, _ = run_action(runner, tmp_path, **by_bundle(runner))
    assert (code, outputs.get("verdict")) == (1, "refused"), log
    assert "::error " in log
    assert f"file={shop.file_of('prod')}" in log


def test_the_action_fails_what_waits_only_where_it_is_strict(runner: Runner, tmp_path: Path) -> None:
    runner.tree.change("prod", shop.NEW)
    code, log, outputs, _ = run_action(runner, tmp_path, **by_bundle(runner))
    assert (code, outputs.get("verdict")) == (0, "waiting"), log
    assert run_action(runner, tmp_path, **by_bundle(runner), strict="true")[0] == 4


def test_the_action_takes_an_image_by_digest_alone(runner: Runner, tmp_path: Path) -> None:
    runner.tree.change("dev", shop.NEW)
    tag = runner.image.partition("@")[0] + ":test"
    code, log, outputs, _ = run_action(runner, tmp_path, **by_bundle(runner) | {"image": tag})
    assert code == 2
    assert "::error title=ldmrelease gate::image has to be named by digest" in log
    assert outputs == {}


@pytest.mark.parametrize("hostile", ["--output=json", "$(touch owned)", "`touch owned`", "; touch owned"])
def test_a_hostile_name_of_a_branch_is_a_name_and_nothing_else(
    runner: Runner, tmp_path: Path, hostile: str
) -> None:
    runner.tree.change("dev", shop.NEW)
    code, log, _, _ = run_action(runner, tmp_path, **by_bundle(runner), head=hostile)
    assert code in {2, 3}, log
    assert not list(tmp_path.rglob("owned"))


def test_the_action_leaves_the_checkout_as_it_was(runner: Runner, tmp_path: Path) -> None:
    runner.tree.change("dev", shop.NEW)
    run_action(runner, tmp_path, **by_bundle(runner))
    assert runner.tree.git("status", "--porcelain", "--ignored") == ""


def test_the_job_of_gitlab_gates_a_merge_request(runner: Runner, tmp_path: Path) -> None:
    options = "--bundle release/gate.bundle.json --trust release/trust.yaml --strict"
    runner.tree.change("prod", shop.NEW)
    assert run_job(runner, tmp_path, options=options)[0] == 4
    runner.tree.change("dev", shop.NEW)
    code, log = run_job(runner, tmp_path, options=options)
    assert code == 0, log
    assert json.loads((runner.checkout / "gl-code-quality-report.json").read_text()) == []
    assert "dev/shop" in (runner.checkout / "gate.json").read_text()


def run_job(runner: Runner, tmp_path: Path, options: str) -> tuple[int, str]:
    """The script of the job in its image, as GitLab's runner has it: exit code and log."""
    specification, text = GITLAB.read_text().split("\n---\n")
    inputs = yaml.safe_load(specification)["spec"]["inputs"]
    given = {name: each.get("default", "") for name, each in inputs.items()}
    given |= {"image": runner.image, "workspace": "release", "options": options}
    assert re.fullmatch(inputs["image"]["regex"], runner.image)
    job = yaml.safe_load(re.sub(r"\$\[\[ inputs\.([a-z]+) \]\]", lambda found: given[found[1]], text))
    job = job["ldmrelease-gate"]
    variables = {
        "CI_PROJECT_DIR": "/builds/shop",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": runner.tree.git("rev-parse", "main"),
        "CI_COMMIT_SHA": runner.tree.git("rev-parse", "feature"),
        "HOME": "/tmp",
        **job["variables"],
    }
    # The runner's user owns the checkout there, and is whom the image says.
    subprocess.run(["chmod", "-R", "a+rwX", runner.checkout], check=True)
    done = runner.engine.attempt(
        *("run", "--rm", "--network", "none", "--entrypoint", "sh", "--workdir", "/builds/shop"),
        *("--user", f"{os.getuid()}:{os.getgid()}", "--volume", f"{runner.checkout}:/builds/shop"),
        *(word for name, value in variables.items() for word in ("--env", f"{name}={value}")),
        *(job["image"]["name"], "-c", "\n".join(job["script"])),
    )
    return done.returncode, done.stdout + done.stderr
