"""Repositories, tags and digests in a real git tree, with a real registry: written whole, and foreign ones refused."""

from __future__ import annotations

import json
import re
import urllib.request
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.copy import Copier
from ldmrelease.registry.opening import Registries
from tests.real.registries import RunningRegistry
from tests.workspace import BEFORE, PLACE, WEEKLY, Site, copy_site, new_site

pytestmark = pytest.mark.real

OLD, NEW = "al9-w_2023_15", "al9-w_2023_16"
_NUMBERS = count()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("foreign-images") / "template"
    new_site(root).release_weekly()
    return root


@pytest.fixture
def repository(referrers_registry: RunningRegistry) -> str:
    return f"{referrers_registry.address}/shop-{next(_NUMBERS)}/scipipe"


@pytest.fixture
def site(template: Path, tmp_path: Path, repository: str) -> Site:
    """The workspace with the images of the stack in a registry, which the tree of the place names."""
    made = copy_site(template, tmp_path / "workspace")
    registries = Registries(made.root)
    source, there = (registries.open(parse_reference(each)) for each in ("oci:images/scipipe", repository))
    with Copier(source, there) as copier:
        for tag in source.tags():
            found = source.resolve(tag)
            assert found is not None
            copier.copy(found.digest, tag)
    made.edit(lambda text: text.replace("oci:images/scipipe", repository))
    made.commit_by_hand(PLACE, "repository: images/scipipe", f"repository: {repository}")
    made.ok("release", "pin", BEFORE)
    made.ok("observe")
    return made


def digest_of(site: Site, repository: str, tag: str) -> str:
    found = Registries(site.root).open(parse_reference(repository)).resolve(tag)
    assert found is not None
    return found.digest


def delete_tag(repository: str, tag: str) -> None:
    address, _, path = repository.partition("/")
    request = urllib.request.Request(f"http://{address}/v2/{path}/manifests/{tag}", method="DELETE")
    with urllib.request.urlopen(request) as done:
        assert done.status == 202


def answer(site: Site, *words: str) -> tuple[int, Any]:
    done = site.run(*words, "-o", "json")
    return done.exit_code, json.loads(done.stdout)


def in_form(site: Site, form: str, path: str = "image.tag") -> None:
    """The place's setting is written in this form."""
    before, file, after = (site.root / "ldmrelease.yaml").read_text().partition("batch/values-usdfdev.yaml")
    after = re.sub(r"path: \S+, writes: [^}]+", f"path: {path}, writes: '{form}'", after, count=1)
    site.edit(lambda _: before + file + after)


def lines_changed(site: Site) -> list[str]:
    told = site.git("show", "--format=", "--unified=0", "main").splitlines()
    return [each for each in told if each[:1] in "+-" and each[:3] not in ("+++", "---")]


def test_a_release_goes_into_each_form_by_exactly_its_line(site: Site, repository: str) -> None:
    old, new = digest_of(site, repository, OLD), digest_of(site, repository, NEW)
    in_form(site, "tag@digest")
    site.commit_by_hand(PLACE, f"tag: {OLD}", f"tag: {OLD}@{old}  # pinned")
    site.ok("promote", WEEKLY, "--target", PLACE)
    assert lines_changed(site) == [
        f"-  tag: {OLD}@{old}  # pinned",
        f"+  tag: {NEW}@{new}  # pinned",
    ]
    assert answer(site, "drift", "--target", PLACE)[0] == 0
    in_form(site, "image", "image")
    site.commit_by_hand(PLACE, site.committed(PLACE), f"image: {repository}:{OLD}  # whole\n")
    site.ok("promote", WEEKLY, "--target", PLACE)
    assert lines_changed(site) == [
        f"-image: {repository}:{OLD}  # whole",
        f"+image: {repository}:{NEW}  # whole",
    ]


@pytest.mark.parametrize("host", ["evil.example", "another path"])
def test_nothing_is_signed_or_written_where_another_repository_is_named(
    site: Site, repository: str, host: str
) -> None:
    address, _, path = repository.partition("/")
    foreign = f"evil.example/{path}" if host == "evil.example" else f"{address}/mallory/scipipe"
    site.commit_by_hand(PLACE, repository, foreign)
    tip, receipts = site.git("rev-parse", "main"), len(site.events(EventKind.RECEIPT))
    assert answer(site, "promote", WEEKLY, "--target", PLACE)[1]["refusals"][0]["values"] == {
        "file": "applications/batch/values-usdfdev.yaml",
        "line": 3,
        "path": "image.repository",
        "found": foreign,
        "expected": [repository],
    }
    site.ok("observe", "--target", PLACE)
    (row,) = answer(site, "where", PLACE)[1]
    assert (row["state"], row["release"], row["digest"]) == ("foreign-image", None, None)
    assert [each["code"] for each in answer(site, "drift", "--target", PLACE)[1]["drift"]] == [
        "foreign-image"
    ]
    assert (site.git("rev-parse", "main"), len(site.events(EventKind.RECEIPT))) == (tip, receipts)
    site.commit_by_hand(PLACE, foreign, repository)
    site.ok("promote", WEEKLY, "--target", PLACE)
    assert lines_changed(site) == [f"-  tag: {OLD}", f"+  tag: {NEW}"]


def test_a_deleted_tag_is_not_written_where_images_are_pulled_by_tag(site: Site, repository: str) -> None:
    site.ok("release", "pin", WEEKLY)
    digest = digest_of(site, repository, NEW)
    delete_tag(repository, NEW)
    assert digest_of(site, repository, digest) == digest
    code, told = answer(site, "promote", WEEKLY, "--target", PLACE)
    assert (code, [each["code"] for each in told["refusals"]]) == (1, ["tag-absent"])
    assert f"tag: {OLD}" in site.committed(PLACE)
    in_form(site, "tag@digest")
    site.ok("promote", WEEKLY, "--target", PLACE)
    assert f"tag: {NEW}@{digest}" in site.committed(PLACE)


def test_a_tree_may_name_the_registry_of_its_environment(site: Site, repository: str) -> None:
    address, _, path = repository.partition("/")
    registry = f"{address}/site-{next(_NUMBERS)}"
    site.edit(lambda text: text.replace("  usdfdev:\n", f"  usdfdev:\n    registry: {registry}\n"))
    site.commit_by_hand(PLACE, repository, f"{registry}/{path}")
    site.ok("promote", WEEKLY, "--target", PLACE)
    assert digest_of(site, f"{registry}/{path}", NEW) == digest_of(site, repository, NEW)
    assert answer(site, "drift", "--target", PLACE)[0] == 0
    site.commit_by_hand(PLACE, f"{registry}/{path}", f"{registry}/mallory")
    assert [each["code"] for each in answer(site, "drift", "--target", PLACE)[1]["drift"]] == [
        "foreign-image"
    ]
