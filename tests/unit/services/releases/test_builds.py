"""A cycle: each component at its own newest build, looked for side by side."""

import threading
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.release import Component
from ldmrelease.domain.tags import Kind, Tag, parse
from ldmrelease.domain.topology import ComponentKind, ComponentSource, Product
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_image
from ldmrelease.services.needs import ReleaseSources
from ldmrelease.services.releases import builds
from ldmrelease.services.releases.builds import build_of, named_builds, pinned_builds
from ldmrelease.services.releases.pin import Pinned, Unpinnable, pin
from ldmrelease.services.releases.store import changed_components
from ldmrelease.sources.interface import FoundComponent, SourceAccess
from tests.real.gitops.site import git, new_repository

IMAGES = {"atdome": "{image}", "mtmount": "{image}", "scheduler": "al9-{image}"}


def product_of(images: Mapping[str, str], grammar: str = "cycle") -> Product:
    parts = (
        ComponentSource(each, ComponentKind.IMAGE, f"oci:{each}", spelling)
        for each, spelling in images.items()
    )
    return Product("observatory", grammar, tuple(parts))


CYCLE = product_of(IMAGES)


class Sources:
    """Image layouts in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.registries = Registries(root)

    def located(self, text: str) -> str:
        return str(self.root / text)

    def build(self, component: str, *tags: str, seed: str = "") -> None:
        repository = self.registries.open(parse_reference(f"oci:{component}"))
        for tag in tags:
            put_sample_image(repository, tag, seed=f"{component}:{tag}:{seed}")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    made = Sources(tmp_path)
    made.build("atdome", "c0044.006", "c0044.007", "c0043.012", "c0044", "latest", "c0044.999x")
    made.build("mtmount", "c0044.003", "c0045.000", "c0044")
    made.build("scheduler", "al9-c0044.000", "c0044.100")
    return made


def pinned(sources: Sources, text: str, product: Product = CYCLE, **builds: int | str) -> Pinned:
    found = attempt(sources, text, product, **builds)
    assert isinstance(found, Pinned), found
    return found


def attempt(sources: Sources, text: str, product: Product = CYCLE, **named: int | str) -> Pinned | Unpinnable:
    chosen = dict(named_builds(product, parse(text, product.grammar), named))
    assert None not in chosen.values()
    return pin(cast(ReleaseSources, sources), product, text, cast(dict[str, Tag], chosen))


def tags(found: Pinned) -> dict[str, str]:
    return {each.name: each.spelling for each in found.release.components}


def test_a_cycle_is_each_components_newest_build(sources: Sources) -> None:
    found = pinned(sources, "c0044")
    assert tags(found) == {"atdome": "c0044.007", "mtmount": "c0044.003", "scheduler": "al9-c0044.000"}
    assert (found.release.tag, found.release.kind, found.kind) == ("c0044", "release", Kind.release)
    assert found.release.complete


def test_a_component_without_builds_is_pinned_at_the_moving_tag_and_so_is_the_whole(sources: Sources) -> None:
    sources.build("tcs", "c0044")
    found = pinned(sources, "c0044", product_of(IMAGES | {"tcs": "{image}"}))
    assert tags(found)["tcs"] == "c0044"
    assert (found.release.kind, found.kind) == ("moving", Kind.moving)


def test_a_component_that_is_not_there_leaves_the_cycle_open(sources: Sources) -> None:
    sources.build("tcs", "c0043.001")
    found = pinned(sources, "c0044", product_of(IMAGES | {"tcs": "{image}"}))
    assert found.release.missing == ("tcs",)


def test_builds_that_are_named_count_and_the_others_are_the_newest(sources: Sources) -> None:
    assert tags(pinned(sources, "c0044", atdome=6)) == {
        "atdome": "c0044.006",
        "mtmount": "c0044.003",
        "scheduler": "al9-c0044.000",
    }
    assert tags(pinned(sources, "c0044", atdome="c0044.006"))["atdome"] == "c0044.006"


def test_a_build_that_is_not_there_is_refused(sources: Sources) -> None:
    found = attempt(sources, "c0044", mtmount=4)
    assert found == Unpinnable("no-such-build", {"component": "mtmount", "tag": "c0044.004"})


@pytest.mark.parametrize("name", ["c0043.012", "c0044", "k0044.001", "7", "", -1, 10**15])
def test_what_is_no_build_of_the_cycle_is_none(name: int | str) -> None:
    assert dict(named_builds(CYCLE, parse("c0044", "cycle"), {"atdome": name})) == {"atdome": None}


def test_one_build_of_all_components_is_a_release_too(sources: Sources) -> None:
    found = pinned(sources, "c0044.007")
    assert tags(found) == {"atdome": "c0044.007"}
    assert (found.release.tag, found.release.kind) == ("c0044.007", "release")
    assert found.release.missing == ("mtmount", "scheduler")


def test_the_next_build_is_expected_and_needs_no_reason(sources: Sources) -> None:
    before = pinned(sources, "c0044")
    sources.build("mtmount", "c0044.004")
    after = pinned(sources, "c0044")
    assert after.digest != before.digest
    assert changed_components(CYCLE, before, after) == ()


def test_an_earlier_build_and_a_build_that_was_made_again_need_a_reason(sources: Sources) -> None:
    before = pinned(sources, "c0044")
    assert changed_components(CYCLE, before, pinned(sources, "c0044", atdome=6)) == ("atdome",)
    sources.build("mtmount", "c0044.003", seed="again")
    assert changed_components(CYCLE, before, pinned(sources, "c0044")) == ("mtmount",)


def test_what_moves_by_itself_needs_no_reason_until_it_is_gone(sources: Sources) -> None:
    product = product_of({"tcs": "{image}"})
    sources.build("tcs", "c0044")
    before = pinned(sources, "c0044", product)
    sources.build("tcs", "c0044", seed="again")
    moved = pinned(sources, "c0044", product)
    sources.build("tcs", "c0044.001")
    assert changed_components(product, before, moved) == ()
    assert changed_components(product, moved, pinned(sources, "c0044", product)) == ()
    assert changed_components(product, pinned(sources, "c0044", product), moved) == ("tcs",)


def test_what_is_pinned_is_kept_by_its_builds(sources: Sources) -> None:
    found = pinned(sources, "c0044", atdome=6)
    kept = pinned_builds(CYCLE, found.release, found.tag)
    assert {name: each.input for name, each in kept.items()} == {
        "atdome": "c0044.006",
        "mtmount": "c0044.003",
        "scheduler": "c0044.000",
    }


def test_configurations_have_builds_as_git_tags(tmp_path: Path) -> None:
    tree = new_repository(tmp_path / "conf", {"a": "1"})
    for tag in ("c0044.001", "c0044.010", "c0044.009", "c0045.001"):
        git(tree, "tag", tag)
    product = Product(
        "conf", "cycle", (ComponentSource("conf", ComponentKind.CONFIGURATION, "conf", "{git}"),)
    )
    assert tags(pinned(Sources(tmp_path), "c0044", product)) == {"conf": "c0044.010"}


def test_other_grammars_have_no_builds(sources: Sources) -> None:
    product = product_of({"lab": "{image}"}, "semver")
    sources.build("lab", "1.0.0")
    assert tags(pinned(sources, "1.0.0", product)) == {"lab": "1.0.0"}
    assert build_of(product, parse("1.0.0", "semver")) is None


def test_a_hundred_components_are_looked_for_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at a time have to meet before any of them goes on; the first is looked for ahead of the others."""
    meeting = threading.Barrier(3)
    sources = [
        ComponentSource(f"csc{n}", ComponentKind.IMAGE, f"example.org/csc{n}", "{image}") for n in range(100)
    ]

    class Slow:
        def names(self, source: ComponentSource, _access: SourceAccess) -> list[str]:
            if source.name != "csc0":
                meeting.wait(timeout=60)
            return [f"c0044.{int(source.name[3:]):03d}"]

        def find(self, source: ComponentSource, tag: Tag, *_: Any) -> FoundComponent:
            return FoundComponent(Component(source.name, source.kind, source.source, tag.input, "sha256:0"))

    monkeypatch.setattr(builds, "source_of", lambda _: Slow())
    product = Product("observatory", "cycle", tuple(sources))
    context = cast(ReleaseSources, SimpleNamespace(located=str, registries=None))
    found = builds.find_builds(context, product, parse("c0044", "cycle"), {})
    spelled = [each.found.component.spelling for each in found if isinstance(each, builds.FoundBuild)]
    assert spelled == [f"c0044.{n:03d}" for n in range(100)]
