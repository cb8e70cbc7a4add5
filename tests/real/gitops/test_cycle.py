"""A cycle for a whole site in git: a hundred components, whose parts are in eight files, are one commit.

The tree is one in Phalanx's shape, and Phalanx's own where it is at hand: each image has its revision in the values of
its application, and all have the cycle of the environment.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Selector, SelectorPart
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Snapshot, Value, Written
from tests.real.gitops.site import Promoter, git, new_repository, put
from tests.real.gitops.test_gitops_kills import in_a_child_killed_at

pytestmark = pytest.mark.real

PHALANX = Path("/work/shared/data/phalanx")
ENVIRONMENT = "environments/values-summit.yaml"
CYCLE = "controlSystem.imageTag"
FILES, COMPONENTS = 7, 100


@dataclass(frozen=True)
class Scalar:
    """Where a component's revision stands, and where its image is."""

    file: str
    path: str
    repository: str


@dataclass(frozen=True)
class CycleSite:
    """A repository, and the components that are in it."""

    tree: Path
    scalars: dict[str, Scalar]

    @property
    def target(self) -> ImageSettingsTarget:
        settings = tuple(
            Selector(
                name,
                "{cycle}[.{revision:03d}]",
                (SelectorPart("cycle", CYCLE), SelectorPart("revision", f"{each.file}#{each.path}")),
                "cycle",
                "{image}",
            )
            for name, each in self.scalars.items()
        )
        return ImageSettingsTarget(GitFile(self.tree.name, "main", ENVIRONMENT), settings)

    def release(self, cycle: str, *, every: int = 1) -> Release:
        """A cycle that has another build of every so manyth component, and build 0 of the others."""
        components = tuple(
            Component(
                name,
                ComponentKind.IMAGE,
                each.repository,
                f"{cycle}.{900 + number if number % every == 0 else 0:03d}",
                f"sha256:{number:064x}",
            )
            for number, (name, each) in enumerate(self.scalars.items())
        )
        return Release("telescope", cycle, "release", components, (), None)

    def wanted(self, release: Release) -> tuple[dict[str, Value], dict[str, Value]]:
        """The edits, and what is there."""
        there = registry.read(self.target, Access(self.tree.parent))
        assert isinstance(there, Snapshot), there
        edits = registry.desired(self.target, release, there)
        assert not isinstance(edits, Refusal), edits
        return edits, {path: there.values[path] for path in edits}

    def tags(self) -> dict[str, str | None]:
        """What the tree says now."""
        there = registry.read(self.target, Access(self.tree.parent))
        assert isinstance(there, Snapshot), there
        said = registry.stated(self.target, there)
        assert not isinstance(said, Refusal)
        return {each.component: each.tag for each in said}

    def changed(self, since: str) -> list[str]:
        """The lines that are new."""
        diff = git(self.tree, "diff", "--unified=0", f"{since}..main")
        return [line[1:] for line in diff.splitlines() if re.match(r"\+(?!\+\+)", line)]


def in_the_shape_of_phalanx(folder: Path, applications: int = FILES) -> CycleSite:
    files = {ENVIRONMENT: "applications:\n  app0: true\ncontrolSystem:\n  imageTag: c0042  # SAL 8\n"}
    scalars = {}
    for number in range(COMPONENTS):
        file, name = f"applications/app{number % applications}/values-summit.yaml", f"csc{number}"
        text = (
            f"{name}:\n  image:\n    repository: ts/{name}\n    revision: {number}\n    pullPolicy: Always\n"
        )
        files[file] = files.get(file, "") + text
        scalars[name] = Scalar(file, f"{name}.image.revision", f"ts/{name}")
    return CycleSite(new_repository(folder / "tree", files), scalars)


def phalanx(folder: Path) -> CycleSite:
    if not PHALANX.is_dir():
        pytest.skip("Phalanx is not at hand")
    tree = folder / "tree"
    shutil.copytree(PHALANX, tree)
    git(tree, "init", "-q", "-b", "main")
    put(tree, {})
    scalars = {}
    for file in sorted(tree.glob("applications/*/values-summit.yaml")):
        for name, own in (yaml.safe_load(file.read_bytes()) or {}).items():
            image = own.get("image") if isinstance(own, dict) else None
            if isinstance(image, dict) and "revision" in image and "repository" in image:
                relative = file.relative_to(tree).as_posix()
                component = f"{file.parent.name}-{name}"
                path = f"{name}.image.revision"
                scalars[component] = Scalar(relative, path, image["repository"])
    return CycleSite(tree, scalars)


@pytest.fixture(params=[in_the_shape_of_phalanx, phalanx], ids=["shape", "phalanx"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> CycleSite:
    prepared: CycleSite = request.param(tmp_path)
    return prepared


def test_a_cycle_is_one_commit_of_the_lines_that_it_must_change_and_comes_back(site: CycleSite) -> None:
    first, tags = git(site.tree, "rev-parse", "main"), site.tags()
    assert len(tags) >= COMPONENTS
    assert {(tag or "").partition(".")[0] for tag in tags.values()} == {"c0042"}
    release = site.release("c0044")
    edits, before = site.wanted(release)
    written = registry.write(
        site.target, edits, Access(site.tree.parent), expect=before, grant=Promoter().grant()
    )
    assert isinstance(written, Written), written
    assert git(site.tree, "rev-list", f"{first}..main").split() == [written.revision]
    assert site.tags() == {each.name: each.spelling for each in release.components}
    assert len(site.changed(first)) == len(tags) + 1
    assert len(git(site.tree, "diff", "--name-only", f"{first}..main").split()) == len(
        {each.file for each in site.scalars.values()} | {ENVIRONMENT}
    )
    assert git(site.tree, "status", "--porcelain") == ""

    back = registry.restore(site.target, before, edits, Access(site.tree.parent), Promoter().grant())
    assert isinstance(back, Written), back
    assert site.changed(first) == []
    assert site.tags() == tags


def test_a_build_of_one_component_is_one_line(site: CycleSite) -> None:
    first, name = git(site.tree, "rev-parse", "main"), next(iter(site.scalars))
    tags = site.tags()
    release = site.release("c0042")
    kept = tuple(
        each.__class__(each.name, each.kind, each.source, f"c0042.{900}", each.digest)
        if each.name == name
        else each.__class__(each.name, each.kind, each.source, str(tags[each.name]), each.digest)
        for each in release.components
    )
    edits, before = site.wanted(Release("telescope", "c0042", "release", kept, (), None))
    written = registry.write(
        site.target, edits, Access(site.tree.parent), expect=before, grant=Promoter().grant()
    )
    assert isinstance(written, Written), written
    assert [line.strip() for line in site.changed(first)] == ["revision: 900"]


def test_who_changed_a_part_in_any_of_the_files_is_named_and_nothing_is_written(site: CycleSite) -> None:
    edits, before = site.wanted(site.release("c0044"))
    *_, last = site.scalars.values()
    text = (site.tree / last.file).read_text()
    theirs = put(site.tree, {last.file: re.sub(r"revision: \d+", "revision: 333", text)})
    refusal = registry.write(
        site.target, edits, Access(site.tree.parent), expect=before, grant=Promoter().grant()
    )
    assert isinstance(refusal, Refusal)
    told = {key: refusal.values[key] for key in ("file", "author", "commit")}
    assert refusal.code == "changed-by"
    assert told == {"file": last.file, "author": "Anna <anna@example.org>", "commit": theirs}
    assert git(site.tree, "rev-parse", "main") == theirs


def test_after_a_kill_at_any_point_the_same_again_ends_the_same(tmp_path: Path) -> None:
    site = in_the_shape_of_phalanx(tmp_path, 2)
    first = git(site.tree, "rev-parse", "main")
    edits, before = site.wanted(site.release("c0044"))

    def write(access: Access) -> object:
        return registry.write(site.target, edits, access, expect=before, grant=Promoter().grant())

    for count in range(1, 200):
        killed = in_a_child_killed_at(count, lambda kill: write(Access(tmp_path, kill)))
        written = write(Access(tmp_path))
        assert isinstance(written, Written), (count, written)
        assert written.unsynced is None
        assert git(site.tree, "rev-parse", "main~") == first
        assert git(site.tree, "status", "--porcelain") == ""
        assert len(site.changed(first)) == COMPONENTS + 1
        assert not [each for each in tmp_path.rglob("*") if each.suffix in {".lock", ".new", ".json"}]
        if not killed:
            break
        git(site.tree, "update-ref", "refs/heads/main", first)
        git(site.tree, "reset", "-q", "--hard")
    else:
        pytest.fail("the write never came to its end")
    assert count > 2 * 3
