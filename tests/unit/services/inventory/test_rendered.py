"""Rendered images beside the settings that they are made of: what differs, and what is another component's."""

from ldmrelease.domain.images import digest_of
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.services.inventory.drift import ComparedStates, drifts
from ldmrelease.services.inventory.rendered import differing
from ldmrelease.services.inventory.rendered_image import RenderedOtherwise
from ldmrelease.services.inventory.trees import DeclaredImage
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.trees.interface import TreeImage
from ldmrelease.trees.values import KeyPath, YamlScalar

FILE = "applications/portal/values-dev.yaml"
CYCLE = "environments/values-dev.yaml"
OWN = {name: OwnRepositories(f"example.org/{name}") for name in ("portal", "atdome")}


def part(file: str, *path: str | int) -> YamlScalar:
    steps: KeyPath = path
    return YamlScalar("x", False, file, 3, steps)


def container(image: str, *parts: YamlScalar) -> TreeImage:
    return TreeImage("dev", "portal", image, parts, "Deployment", "portal", "web")


def setting(path: str = "image.tag", component: str = "portal", **said: str) -> ImageSetting:
    return ImageSetting(component, path, 3, **said)


def found(said: ImageSetting, *images: TreeImage, shared: tuple[str, ...] = ()) -> list[str]:
    return [each.found for each in differing([said], images, OWN, FILE, shared)]


def test_a_container_that_gets_what_the_setting_says_does_not_differ() -> None:
    tag = part(FILE, "image", "tag")
    assert found(setting(tag="1.2"), container("example.org/portal:1.2", tag)) == []


def test_a_template_that_says_more_than_the_setting_differs() -> None:
    tag = part(FILE, "image", "tag")
    (only,) = differing([setting(tag="1.2")], [container("example.org/portal:1.2-debian", tag)], OWN, FILE)
    assert only == RenderedOtherwise(
        "image.tag",
        "portal",
        FILE,
        3,
        "image.tag",
        "dev/portal Deployment/portal web",
        "example.org/portal:1.2-debian",
        "1.2",
    )


def test_a_digest_that_is_not_rendered_differs_and_one_that_is_rendered_alone_does_not() -> None:
    tag, digest = part(FILE, "image", "tag"), digest_of(b"portal")
    image = f"example.org/portal:1.2@{digest}"
    assert found(setting(tag="1.2", digest=digest), container("example.org/portal:1.2", tag)) != []
    assert found(setting(tag="1.2", digest=digest), container(image, tag)) == []
    assert found(setting(tag="1.2"), container(image, tag)) == []


def test_another_repository_differs() -> None:
    tag = part(FILE, "image", "tag")
    assert found(setting(tag="1.2"), container("evil.example/portal:1.2", tag)) == ["evil.example/portal:1.2"]


def test_what_is_made_of_other_scalars_is_not_compared() -> None:
    elsewhere = [part(FILE, "image", "tagline"), part("other.yaml", "image", "tag"), part(FILE, "image")]
    assert found(setting(tag="1.2"), container("example.org/portal:9", *elsewhere)) == []


def test_a_part_that_many_images_share_is_about_those_of_the_component() -> None:
    cycle = part(CYCLE, "controlSystem", "imageTag")
    images = [container(f"example.org/{name}:c0044", cycle) for name in ("atdome", "ataos")]
    said = setting(f"{CYCLE}#controlSystem.imageTag", "atdome", tag="c0044")
    assert found(said, *images) == []
    assert found(said, container("example.org/atdome:c0043", cycle), images[1]) == [
        "example.org/atdome:c0043"
    ]
    # None of them is this component's, which does not run then.
    assert found(said, *images[1:], shared=(said.path,)) == []


def test_where_other_repositories_stand_for_the_component_each_differs() -> None:
    tag = part(FILE, "image", "tag")
    images = [container(f"evil.example/{name}:1.2", tag) for name in ("a", "b")]
    assert found(setting(tag="1.2"), *images) == [each.image for each in images]


def test_an_item_of_a_list_is_found_by_its_name() -> None:
    tag = part(FILE, "images", 1, "newTag")
    said = setting("images[portal].newTag", tag="1.2")
    assert found(said, container("example.org/portal:1.3", tag)) == ["example.org/portal:1.3"]


def test_a_difference_is_drift_where_the_setting_is() -> None:
    other = RenderedOtherwise("image.tag", "portal", FILE, 3, "image.tag", "dev/portal", "a:2", "1")
    said = DeclaredImage("portal", "image.tag", "1", None, False, rendered=(other,))
    (only,) = drifts(ComparedStates(said, None, None, None))
    assert (only.code, only.values["found"]) == ("rendered-otherwise", "a:2")
