"""Where the default policies ask for it: who built the images, and that all of each image is there."""

import json
from pathlib import Path

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from tests.workspace import PLACE, WEEKLY, Site


def provenance(site: Site, builder: str | None, *, counts: bool = True) -> None:
    for component in ("scipipe", "sciplat-lab"):
        file = str(site.root / f"{component}.json")
        by = ("--builder", builder) if builder else ()
        site.ok(
            "evidence", "sign", WEEKLY, "--type", "provenance", "--component", component, *by,
            "--key", str(site.root / "keys/ci.pem"), "--out", file,
        )  # fmt: skip
        assert site.run("evidence", "add", file, "--release", WEEKLY).exit_code == (0 if counts else 1)


def built_by_ci(site: Site) -> str:
    decided = json.loads(site.run("check", WEEKLY, "--target", "base/ocps", "-o", "json").stdout)
    return json.dumps(
        [each for each in find(decided) if each.get("requirement", each.get("id")) == "built-by-ci"]
    )


def find(plain: object) -> list[dict[str, object]]:
    if isinstance(plain, dict):
        return [plain, *(one for each in plain.values() for one in find(each))]
    return [one for each in plain for one in find(each)] if isinstance(plain, list) else []


def test_the_default_policies_ask_who_built_it(ready: Site) -> None:
    provenance(ready, None)
    assert '"attested"' in built_by_ci(ready)


def test_a_builder_that_nobody_named_is_not_enough(ready: Site) -> None:
    provenance(ready, "https://evil.example/my-laptop", counts=False)
    found = built_by_ci(ready)
    assert "not-counted" in found
    assert "other-builder" in found


def first_layer(site: Site, tag: str) -> Path:
    repository = Registries(site.root).open(parse_reference("oci:images/scipipe"))
    index = repository.manifest(tag)
    manifest = repository.manifest(index.children()[0].digest)
    digest = manifest.layers()[0].digest
    return site.root / "images/scipipe/blobs" / digest.replace(":", "/")


def test_an_image_whose_layer_is_gone_is_not_let_in(ready: Site) -> None:
    first_layer(ready, "al9-w_2023_16").unlink()
    before = ready.committed(PLACE)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 1, done.stdout + done.stderr
    assert "the image of scipipe is not there whole" in done.stdout
    assert "layer sha256:" in done.stdout
    assert ready.committed(PLACE) == before
