"""Layouts and registries shared with skopeo: it reads what we write, and we read what it writes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ldmrelease.domain.images import ImageIdentity
from ldmrelease.registry.copy import copy
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.oci_layout import LayoutRepository
from ldmrelease.registry.referrers import list_referrers
from tests.images import attach, put_sample_image, put_sample_index
from tests.real.parts import require
from tests.real.registries import RunningRegistry

pytestmark = pytest.mark.real


def skopeo(*arguments: str) -> str:
    program = require("skopeo", "apt-get install skopeo")
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def layout(directory: Path) -> LayoutRepository:
    return LayoutRepository(directory, name=f"oci:{directory}")


def test_skopeo_reads_our_layout_with_referrers_in_it(tmp_path: Path) -> None:
    lab = layout(tmp_path / "lab")
    image = put_sample_index(lab, "w_2023_16", seed="a")
    put_sample_image(lab, "w_2023_17", seed="b")
    attach(lab, "w_2023_16")
    said = json.loads(skopeo("inspect", "--raw", f"oci:{tmp_path}/lab:w_2023_16"))
    assert [entry["digest"] for entry in said["manifests"]] == [each.manifest for each in image.platforms]
    skopeo("copy", "--all", f"oci:{tmp_path}/lab:w_2023_16", f"oci:{tmp_path}/copy:here")
    assert identity(layout(tmp_path / "copy"), "here") == image


def test_we_read_and_go_on_with_skopeos_layout(tmp_path: Path) -> None:
    image = put_sample_index(layout(tmp_path / "lab"), "a", seed="a")
    skopeo("copy", "--all", f"oci:{tmp_path}/lab:a", f"oci:{tmp_path}/theirs:a")
    theirs = layout(tmp_path / "theirs")
    assert theirs.tags() == ["a"]
    assert identity(theirs, image.index) == image
    note = attach(theirs, "a")
    other = put_sample_image(theirs, "b", seed="b")
    skopeo("copy", f"oci:{tmp_path}/theirs:b", f"oci:{tmp_path}/theirs:c")
    assert theirs.tags() == ["a", "b", "c", image.index.replace(":", "-")]
    assert identity(theirs, "c") == other
    assert [each.digest for each in list_referrers(theirs, image.index)] == [note]


def test_skopeo_and_we_push_the_same_image_to_a_registry(
    docker_registry: RunningRegistry, tmp_path: Path
) -> None:
    lab = layout(tmp_path / "lab")
    image = put_sample_index(lab, "a", seed="skopeo")
    copy(lab, "a", docker_registry.open("skopeo/ours"))
    address = docker_registry.address
    source, destination = f"docker://{address}/skopeo/ours:a", f"docker://{address}/skopeo/theirs:a"
    skopeo("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", source, destination)
    assert identity(docker_registry.open("skopeo/theirs"), "a") == image


def test_an_image_in_dockers_own_format_has_an_identity(
    docker_registry: RunningRegistry, tmp_path: Path
) -> None:
    put_sample_image(layout(tmp_path / "lab"), "a", seed="v2s2", platform="linux/arm64")
    target = f"docker://{docker_registry.address}/skopeo/docker:a"
    skopeo("copy", "--format", "v2s2", "--dest-tls-verify=false", f"oci:{tmp_path}/lab:a", target)
    found = identity(docker_registry.open("skopeo/docker"), "a")
    assert isinstance(found, ImageIdentity)
    assert [each.platform for each in found.platforms] == ["linux/arm64"]
    report = copy(docker_registry.open("skopeo/docker"), "a", layout(tmp_path / "back"))
    assert identity(layout(tmp_path / "back"), report.digest) == found
