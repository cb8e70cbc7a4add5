"""A release that is named by a digest is the revision of its tag that has it, never another one."""

import json
from pathlib import Path

import pytest

from tests.shop import NEW, build, new_shop
from tests.workspace import Site


@pytest.fixture
def rebuilt(tmp_path: Path) -> Site:
    """1.6.0 is pinned twice, with another image of `api` and the same of `worker`; and a third time with others."""
    site = new_shop(tmp_path / "workspace")
    site.ok("release", "pin", NEW)
    for name, seed in (("api", "again"), ("worker", "at last")):
        build(site.root, name, NEW, seed=seed)
        site.ok("release", "pin", NEW, "--reason", "built again")
    return site


def shown(site: Site, release: str) -> dict[str, str]:
    """The digest of a release as it is pinned, and those of its images, by name."""
    told = json.loads(site.ok("release", "show", release, "-o", "json"))
    return {"": told["digest"], **{each["name"]: each["digest"] for each in told["components"]}}


@pytest.mark.parametrize("revision", [1, 2, 3])
def test_a_digest_is_its_own_revision_in_every_command(rebuilt: Site, revision: int) -> None:
    digest = shown(rebuilt, f"{NEW}@{revision}")[""]
    assert shown(rebuilt, digest)[""] == digest
    for command in (("check",), ("policy", "simulate"), ("promote", "--dry-run")):
        for release in (digest, digest[:16], f"shop/{digest}"):
            done = rebuilt.run(*command, release, "--target", "staging", "-o", "json")
            assert done.exit_code == 1, done.stderr
            assert f'"release_digest": "{digest}"' in done.stdout


def test_a_digest_of_another_revision_than_is_named_is_refused(rebuilt: Site) -> None:
    digest = shown(rebuilt, f"{NEW}@1")[""]
    for command in (("check",), ("promote", "--dry-run"), ("rollback", "--dry-run")):
        done = rebuilt.run(*command, f"{digest}@2", "--target", "staging")
        assert done.exit_code == 2
        assert f"{digest} is not of shop/{NEW}@2; it is of shop/{NEW}@1" in done.stderr


def test_an_image_of_several_revisions_is_the_newest_one_or_has_to_be_said(rebuilt: Site) -> None:
    first, last = shown(rebuilt, f"{NEW}@1"), shown(rebuilt, f"{NEW}@3")
    assert shown(rebuilt, last["api"])[""] == last[""]
    assert shown(rebuilt, first["api"])[""] == first[""]
    done = rebuilt.run("promote", first["worker"], "--target", "dev", "--yes")
    assert done.exit_code == 2
    assert f"is of several revisions of shop/{NEW}; say which: shop/{NEW}@1 or shop/{NEW}@2" in done.stderr


def test_nothing_goes_back_to_another_revision_than_the_digest_names(rebuilt: Site) -> None:
    digest = shown(rebuilt, f"{NEW}@1")[""]
    rebuilt.ok("promote", NEW, "--target", "dev", "--yes")
    done = rebuilt.run("rollback", digest, "--target", "dev", "--dry-run")
    assert done.exit_code != 0
    assert "is at dev/shop already" not in done.stdout
