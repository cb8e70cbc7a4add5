"""Settings that are absent, in a real git repository: one commit adds them, and a restore puts the bytes back."""

from pathlib import Path

import pytest

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import ABSENT, Refusal, Snapshot, Value, Written
from tests.real.gitops.site import Promoter, git, new_repository, put, release, show

pytestmark = pytest.mark.real

FILE = "overlays/prod/kustomization.yaml"
TEXT = "resources: [../../base]\n# images of ours\nimages:\n- name: ghcr.io/lsst/db\n  newTag: '1'\n\n# the end\n"
PATH = "images[name=ghcr.io/lsst/lab].newTag"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "conf", {FILE: TEXT})


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(tmp_path)


def here() -> ImageSettingsTarget:
    return ImageSettingsTarget(GitFile("conf", "main", FILE), (Setting("lab", PATH),))


def planned(access: Access) -> tuple[dict[str, Value], dict[str, Value]]:
    there = registry.read(here(), access)
    assert isinstance(there, Snapshot), there
    edits = registry.desired(here(), release("w_2023_16"), there)
    assert isinstance(edits, dict), edits
    return {path: there.values[path] for path in edits}, edits


def test_an_entry_is_added_in_one_commit_and_restored(tree: Path, access: Access) -> None:
    before, edits = planned(access)
    assert before == {PATH: ABSENT}
    written = registry.write(here(), edits, access, expect=before, grant=Promoter().grant())
    assert isinstance(written, Written), written
    added = "- name: ghcr.io/lsst/lab\n  newTag: w_2023_16\n"
    assert show(tree, FILE) == TEXT.replace("'1'\n", f"'1'\n{added}")
    assert written.lines == {PATH: 7}
    again = registry.write(here(), edits, access, expect=before, grant=Promoter().grant())
    assert isinstance(again, Written)
    assert again.found
    kept = registry.values_from_plain(registry.values_to_plain(before))
    back = registry.restore(here(), kept, edits, access, Promoter().grant())
    assert isinstance(back, Written), back
    assert show(tree, FILE) == TEXT
    assert (tree / FILE).read_text() == TEXT
    assert git(tree, "diff", "--numstat", "main~", "main") == f"0\t2\t{FILE}"


def test_somebody_else_s_entry_is_not_overwritten(tree: Path, access: Access) -> None:
    before, edits = planned(access)
    put(tree, {FILE: TEXT.replace("\n\n", "\n- name: ghcr.io/lsst/lab\n  newTag: w_2023_10\n\n")})
    refusal = registry.write(here(), edits, access, expect=before, grant=Promoter().grant())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "changed-by"
    assert refusal.values["found"] == "w_2023_10"
