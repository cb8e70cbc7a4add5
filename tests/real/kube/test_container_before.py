"""A check in a container on this machine's Docker engine, before anything is deployed to the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.engine import Engine, docker_engine
from tests.real.kube import objects
from tests.real.kube.one_place import OnePlace
from tests.real.kube.pair import agree
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with docker_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def careful(place: OnePlace, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> OnePlace:
    """A place that lets in what was seen to start on an engine; another release runs there."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{engine.socket}")
    place.deploy(objects.deployment(place.namespace, "app", place.pod()))
    place.select("Deployment/app")
    starts = {"kind": "container", "image": "stack/scipipe", "template": "starts", "tests": ["starts"]}
    place.edit(lambda said: said["checks"].update(starts=starts))
    policy = place.site.root / "policies" / "development.yaml"
    level: dict[str, Any] = yaml.safe_load(policy.read_text())
    level["spec"]["enter"].append(
        {"id": "starts", "rule": "check", "check": "starts", "about": "release", "source": "LDM-564 2.2"}
    )
    policy.write_text(yaml.safe_dump(level))
    agree(place.site.root)
    return place


def test_what_starts_in_a_container_may_be_deployed(careful: OnePlace):
    weekly = careful.push_weekly()
    careful.site.ok("release", "pin", WEEKLY)
    told = careful.promote(ExitCode.REFUSED).stdout
    assert f"ldmrelease check-run starts {WEEKLY} --target usdfdev" in told
    assert "PASSED" in careful.run("check-run", "starts", WEEKLY, "--target", PLACE).stdout
    assert careful.images() == {careful.old.by_tag}, "nothing is deployed yet"
    careful.promote()
    assert careful.images() == {weekly.by_digest}


def test_what_does_not_start_is_kept_out(careful: OnePlace):
    careful.push_weekly(script="crash")
    careful.site.ok("release", "pin", WEEKLY)
    careful.run("check-run", "starts", WEEKLY, "--target", PLACE, code=ExitCode.REFUSED)
    assert "starts failed" in careful.promote(ExitCode.REFUSED).stdout
    assert careful.images() == {careful.old.by_tag}
