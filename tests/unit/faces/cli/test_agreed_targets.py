"""Where a release goes is agreed to, as policies are: who edits the workspace alone sends nothing elsewhere."""

import json
import re
import shutil
from pathlib import Path

import pytest

from ldmrelease.config.workspace.model import FILE
from tests import shop
from tests.workspace import PLACE, WEEKLY, Site

CHANGES = {
    "repository": ("repository: gitops", "repository: elsewhere"),
    "branch": ("repository: gitops\n", "repository: gitops\n            branch: other\n"),
    "path": ("component: stack/scipipe, path: image.tag", "component: stack/scipipe, path: other.tag"),
    "observed": ("      batch:\n", "      batch:\n        observe-every: 30d\n"),
}


@pytest.fixture
def moved(ready: Site) -> Site:
    """Somebody who can write the workspace's file leads every place to a repository of his."""
    shutil.copytree(ready.root / "gitops", ready.root / "elsewhere", symlinks=True)
    edit(ready, *CHANGES["repository"])
    return ready


def edit(site: Site, old: str, new: str) -> None:
    """Without the trust document, as whoever lacks its signers' agreement has to."""
    file = site.root / FILE
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new))


@pytest.mark.parametrize(
    "words",
    [
        ("promote", WEEKLY, "--target", PLACE),
        ("promote", WEEKLY, "--target", "development"),
    ],
)
def test_nothing_is_promoted_to_a_target_that_nobody_agreed_to(moved: Site, words: tuple[str, ...]) -> None:
    before, refs = moved.everything(), moved.refs("elsewhere")
    done = moved.run(*words)
    assert done.exit_code == 2, done.stdout
    assert "the targets of" in done.stderr
    assert "differ from what the trust document records" in done.stderr
    assert (moved.everything(), moved.refs("elsewhere")) == (before, refs)


def test_nothing_is_signed_about_it_either(moved: Site) -> None:
    moved.edit(lambda text: text.replace("al9-w_2023_15", "al9-w_2023_16"), _values("elsewhere"))
    moved.git("commit", "-qam", "By hand", repository="elsewhere")
    before = moved.head()
    observed = moved.run("observe", "--target", PLACE)
    assert observed.exit_code == 3
    assert "the targets of usdfdev differ from what" in observed.stderr
    assert moved.run("check-run", "smoke", "w.2023.15", "--target", PLACE).exit_code == 2
    assert moved.head() == before


def _values(repository: str) -> str:
    return f"{repository}/applications/batch/values-usdfdev.yaml"


@pytest.mark.parametrize("name", ["branch", "observed"])
def test_a_look_says_that_it_is_hypothetical(ready: Site, name: str) -> None:
    ready.git("branch", "other")
    edit(ready, *CHANGES[name])
    text = ready.run("check", WEEKLY, "--target", PLACE).stdout
    assert text.startswith("hypothetical: the targets of usdfdev")
    plain = json.loads(ready.run("check", WEEKLY, "--target", PLACE, "-o", "json").stdout)
    assert "usdfdev" in plain["unagreed_targets"]
    dry = ready.run("promote", WEEKLY, "--target", PLACE, "--dry-run")
    assert "hypothetical: the targets of usdfdev" in dry.stdout
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 2


def test_what_was_begun_is_not_gone_on_with_elsewhere(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", "tucson-teststand/ocps")
    assert ready.run("promote", WEEKLY, "--target", "base/ocps").exit_code == 4
    edit(ready, *CHANGES["repository"])
    shutil.copytree(ready.root / "gitops", ready.root / "elsewhere", symlinks=True)
    refs = ready.refs("elsewhere")
    assert ready.run("resume", "--all").exit_code in (2, 3)
    assert ready.refs("elsewhere") == refs


def test_lint_and_doctor_say_what_to_record(moved: Site) -> None:
    lint = moved.run("workspace", "lint")
    assert lint.exit_code == 1
    assert "its targets are not what" in lint.stdout
    told = moved.run("doctor", "-o", "json")
    found = [each for each in json.loads(told.stdout) if each["what"] == "targets usdfdev"]
    assert [each["health"] for each in found] == ["warn"]
    assert "record `usdfdev: [sha256:" in lint.stdout
    moved.ok("trust", "agree", "--yes")
    assert moved.run("workspace", "lint").exit_code == 0
    assert moved.run("promote", WEEKLY, "--target", PLACE).exit_code == 0
    assert "al9-w_2023_16" in moved.git(
        "show", "main:applications/batch/values-usdfdev.yaml", repository="elsewhere"
    )


def test_a_digest_that_was_agreed_to_is_part_of_the_trust_documents_own(ready: Site) -> None:
    """Without a new signed version of the document nobody records another target in silence."""
    ready.ok("promote", WEEKLY, "--target", PLACE)
    trust = ready.root / "trust.yaml"
    version = next(each for each in trust.read_text().splitlines() if each.startswith("version: "))
    edit(ready, *CHANGES["observed"])
    ready.edit(lambda text: text + "\n")
    after = trust.read_text()
    now = next(each for each in after.splitlines() if each.startswith("version: "))
    trust.write_text(after.replace(now, version, 1))
    done = ready.run("promote", "w.2023.15", "--target", PLACE)
    assert done.exit_code == 3
    assert "is not the newest document" in done.stderr


def test_an_environment_that_goes_is_agreed_to_as_one_that_comes(tmp_path: Path) -> None:
    site = shop.new_shop(tmp_path / "shop")
    file = site.root / FILE
    text = file.read_text()
    start = text.index("  prod:\n")
    file.write_text(text[:start] + re.sub(r"\A  prod:\n(?:    .*\n|\n)+", "", text[start:]))
    done = site.run("trust", "agree", "--yes")
    assert done.exit_code == 0, done.stderr
    assert re.search(r"^-  prod: \['sha256:", done.stdout, re.MULTILINE)
    trust = (site.root / "trust.yaml").read_text()
    assert re.search(r"^targets:\n  dev: .*\n  staging: .*\nproducts:", trust, re.MULTILINE)
    assert "nothing to do" in site.ok("trust", "agree", "--yes")
