"""Settings of a values file: what is written is read back, and what is no component's is never written to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile, Setting, Writes
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.targets.editors import image_settings
from ldmrelease.targets.image_setting import foreign_image
from ldmrelease.targets.results import Refusal, Snapshot
from ldmrelease.targets.stores.reading import PathsToRead, snapshot_of
from ldmrelease.targets.yamledit.edit_settings import edit_settings

OLD, NEW = ("sha256:" + each * 64 for each in "12")
SOURCE = "ghcr.io/shop/carts"
RELEASE = Release(
    "shop", "2.0.0", "release", (Component("carts", ComponentKind.IMAGE, SOURCE, "2.0.0", NEW),), (), None
)
OWN = OwnRepositories(SOURCE, "registry.summit.example/mirror", ("mirror.example/ghcr",))


def target(path: str = "image.tag", writes: Writes = Writes.TAG, repository: str | None = None) -> Any:
    setting = Setting("carts", path, writes, repository)
    return ImageSettingsTarget(MemoryFile("values.yaml"), (setting,), OWN.registry, OWN.mirrors)


def read(own: ImageSettingsTarget, text: str) -> Snapshot:
    paths = PathsToRead(image_settings.paths(own), image_settings.optional(own), image_settings.beside(own))
    return snapshot_of(text.encode(), paths, "values.yaml", "r1")


def refused(own: ImageSettingsTarget, text: str) -> Refusal:
    found = image_settings.desired(own, RELEASE, read(own, text))
    assert isinstance(found, Refusal), found
    return found


def written(own: ImageSettingsTarget, text: str) -> str:
    edits = image_settings.desired(own, RELEASE, read(own, text))
    assert isinstance(edits, dict), edits
    changed = edit_settings(text.encode(), edits, "values.yaml")
    assert isinstance(changed, bytes), changed
    return changed.decode()


FORMS = [
    (Writes.TAG, "image.tag", "1.0.0", ("2.0.0", None)),
    (Writes.TAG_AND_DIGEST, "image.tag", f"1.0.0@{OLD}", ("2.0.0", NEW)),
    (Writes.TAG_AND_DIGEST, "image.tag", "1.0.0", ("2.0.0", NEW)),
    (Writes.DIGEST, "image.digest", OLD, (None, NEW)),
    (Writes.IMAGE, "image", f"{SOURCE}:1.0.0", ("2.0.0", None)),
    (Writes.IMAGE, "image", f"{SOURCE}:1.0.0@{OLD}", ("2.0.0", NEW)),
    (Writes.IMAGE, "image", f"{SOURCE}@{OLD}", (None, NEW)),
    (Writes.IMAGE, "image", f"mirror.example/ghcr/shop/carts:1.0.0@{OLD}", ("2.0.0", NEW)),
]
REPOSITORIES = ["", SOURCE, "mirror.example/ghcr/shop/carts", "registry.summit.example/mirror/shop/carts"]


@given(
    form=st.sampled_from(FORMS),
    repository=st.sampled_from(REPOSITORIES),
    quote=st.sampled_from(["", "'", '"']),
    above=st.lists(st.sampled_from(["# a comment", "replicas: 2", "other: {tag: 1.0.0}"]), unique=True),
    end=st.sampled_from(["", "   # since Thursday"]),
)
def test_what_is_written_is_read_again_and_nothing_else_has_changed(
    form: Any, repository: str, quote: str, above: list[str], end: str
) -> None:
    writes, path, value, expected = form
    line = f"{path.rpartition('.')[2]}: {quote}{value}{quote}{end}"
    lines = [*above, line] if writes is Writes.IMAGE else [*above, "image:", f"  {line}"]
    if repository and writes is not Writes.IMAGE:
        lines.append(f"  repository: {repository}")
    text = "\n".join([*lines, "last: true", ""])
    own = target(path, writes)
    changed = written(own, text)
    (said,) = image_settings.stated(own, read(own, changed))
    assert (said.tag, said.digest) == expected
    assert foreign_image(said, OWN) is None
    differing = [
        at for at, (a, b) in enumerate(zip(text.splitlines(), changed.splitlines(), strict=True)) if a != b
    ]
    assert differing == [len(above) + (0 if writes is Writes.IMAGE else 1)]
    assert written(own, changed) == changed


EVIL = "evil.example/mallory/carts"
FOREIGN = [
    (target("image", Writes.IMAGE), f"a: 1\nimage: {EVIL}:0.4.9\n", 2, "image", EVIL),
    (target("image", Writes.IMAGE), f"image: {EVIL}\n", 1, "image", EVIL),
    (target("image", Writes.IMAGE), f"image: {EVIL}:2.0.0@{NEW}\n", 1, "image", EVIL),
    (target(), f"image:\n  repository: {EVIL}\n  tag: 1.0.0\n", 2, "image.repository", EVIL),
    (target(), f"image: {{tag: 1.0.0, repository: '{EVIL}'}}\n", 1, "image.repository", EVIL),
    (
        target(),
        "image:\n  registry: evil.example\n  repository: shop/carts\n  tag: 1.0.0\n",
        3,
        "image.repository",
        "evil.example/shop/carts",
    ),
    (target(), "image:\n  tag: 1.0.0\n  registry: evil.example\n", 3, "image.registry", "evil.example"),
    (target(), "image:\n  tag: 1.0.0\n  repository: shop/carts\n", 3, "image.repository", "shop/carts"),
    (target(), f"a: &a {EVIL}\nimage:\n  repository: *a\n  tag: 1.0.0\n", 1, "image.repository", EVIL),
    (
        target(),
        f"a: &a {{repository: {EVIL}}}\nimage:\n  <<: *a\n  tag: 1.0.0\n",
        1,
        "image.repository",
        EVIL,
    ),
    (
        target(),
        f"a: &a {EVIL}\nimage:\n  repository: *a\n  tag: 1.0.0\nz: &a {SOURCE}\n",
        1,
        "image.repository",
        EVIL,
    ),
    (
        target(),
        f"image:\n  repository: {SOURCE}@sha256\n  tag: 1.0.0\n",
        2,
        "image.repository",
        f"{SOURCE}@sha256",
    ),
    (
        target("image.digest", Writes.DIGEST),
        f"image:\n  repository: {EVIL}\n  digest: {OLD}\n",
        2,
        "image.repository",
        EVIL,
    ),
    (
        target("images[carts].newTag"),
        f"images:\n- name: carts\n  newName: {EVIL}\n  newTag: 1.0.0\n",
        3,
        "images[carts].newName",
        EVIL,
    ),
    (target("tag", repository="where.from"), f"tag: 1.0.0\nwhere:\n  from: {EVIL}\n", 3, "where.from", EVIL),
    (target("tag", repository="where.from"), "tag: 1.0.0\n", 1, "where.from", ""),
]


@pytest.mark.parametrize(("own", "text", "line", "path", "found"), FOREIGN)
def test_another_repository_is_told_with_its_place_and_never_written_to(
    own: ImageSettingsTarget, text: str, line: int, path: str, found: str
) -> None:
    refusal = refused(own, text)
    assert refusal.code == "foreign-image"
    assert refusal.values == {
        "file": "values.yaml",
        "line": line,
        "path": path,
        "found": found,
        "expected": list(OWN.names),
    }
    (said,) = image_settings.stated(own, read(own, text))
    assert foreign_image(said, OWN) is not None


@pytest.mark.parametrize(
    "beside",
    [
        "",
        f"repository: {SOURCE}",
        f"repository: '{SOURCE}'",
        "registry: ghcr.io\n  repository: shop/carts",
        "registry: ghcr.io",
        "registry: ghcr.io/shop",
        "registry: mirror.example/ghcr\n  repository: shop/carts",
        "repository: registry.summit.example/mirror/shop/carts",
        "repository: GHCR.io/shop/carts",
        "repository: null",
        "repository: {name: a mapping says nothing}",
        "repository: &r ghcr.io/shop/carts\n  other: *r",
    ],
)
def test_what_is_the_components_own_or_not_told_is_no_finding(beside: str) -> None:
    text = f"image:\n  tag: 1.0.0\n  {beside}\n"
    assert written(target(), text) == text.replace("1.0.0", "2.0.0")


@pytest.mark.parametrize("host", ["index.docker.io", "registry-1.docker.io", "docker.io"])
def test_the_names_of_dockers_registry_are_one(host: str) -> None:
    assert OwnRepositories("lsst/scipipe").has(f"{host}/lsst/scipipe")
    assert OwnRepositories(f"{host}/lsst/scipipe").has("lsst/scipipe")


def test_an_empty_image_is_written_with_the_sites_repository() -> None:
    assert written(target("image", Writes.IMAGE), 'image: ""\n') == (
        f'image: "registry.summit.example/mirror/shop/carts:2.0.0@{NEW}"\n'
    )


def test_a_digest_behind_a_tag_is_read_and_never_dropped() -> None:
    text = f"image: {{tag: '1.0.0@{OLD}'}}\n"
    (said,) = image_settings.stated(target(), read(target(), text))
    assert (said.tag, said.digest, said.invalid) == ("1.0.0", OLD, None)
    refusal = refused(target(), text)
    assert (refusal.code, refusal.values["found"]) == ("pinned-by-digest", f"1.0.0@{OLD}")


@pytest.mark.parametrize("writes", [Writes.TAG, Writes.TAG_AND_DIGEST])
def test_a_digest_beside_a_tag_is_what_is_pulled(writes: Writes) -> None:
    own = target(writes=writes)
    text = f"image:\n  tag: 1.0.0\n  digest: {OLD}\n"
    (said,) = image_settings.stated(own, read(own, text))
    assert (said.tag, said.digest) == ("1.0.0", OLD)
    refusal = refused(own, text)
    assert (refusal.code, refusal.values["path"], refusal.values["line"]) == (
        "digest-beside",
        "image.digest",
        3,
    )


def test_a_digest_that_is_a_setting_too_is_written_with_the_tag() -> None:
    settings = (Setting("carts", "image.tag"), Setting("carts", "image.digest", Writes.DIGEST))
    own = ImageSettingsTarget(MemoryFile("values.yaml"), settings)
    text = f"image:\n  tag: 1.0.0\n  digest: {OLD}\n"
    assert written(own, text) == text.replace("1.0.0", "2.0.0").replace(OLD, NEW)


@pytest.mark.parametrize("value", [f"@{OLD}", f"1.0.0@{OLD[:-1]}", "1.0.0@", f"1.0 0@{OLD}", OLD])
def test_what_is_no_tag_and_digest_names_no_image(value: str) -> None:
    own = target(writes=Writes.TAG_AND_DIGEST)
    (said,) = image_settings.stated(own, read(own, f"image: {{tag: '{value}'}}\n"))
    assert said.invalid == value
