"""What is proposed for a tree."""

from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.policies import with_reachable_levels
from ldmrelease.services.adoption.proposal import propose
from ldmrelease.services.adoption.survey import survey
from ldmrelease.services.inventory.tree_images import DesiredTree
from ldmrelease.trees.files import MemoryTree
from tests.unit.trees.tree_samples import FILES

NO_PROGRAMS = {"PATH": "/nowhere"}


def proposed(files: dict[str, str], levels: dict[str, str] | None = None) -> TreeProposal:
    tree = MemoryTree({name: text.encode() for name, text in files.items()})
    found = survey(tree, NO_PROGRAMS, render=False, shape=None)
    assert isinstance(found, DesiredTree)
    return propose(tree, found, levels or {})


def settings(proposal: TreeProposal, environment: str) -> dict[str, list[tuple[str, ...]]]:
    site = next(each for each in proposal.environments if each.name == environment)
    return {
        application.name: [
            (
                each.component,
                *(
                    address.within(application.file)
                    for part in each.selector.parts
                    for address in part.addresses
                ),
            )
            for each in application.settings
        ]
        for application in site.applications
    }


def test_a_cycle_is_one_product_and_one_place_across_files() -> None:
    found = proposed(FILES)
    assert [(each.name, each.grammar) for each in found.products if each.name == "cycle"] == [
        ("cycle", "cycle")
    ]
    assert settings(found, "summit")["cycle"] == [
        (
            "cycle/ataos",
            "environments/values-summit.yaml#controlSystem.imageTag",
            "ataos.image.revision",
        ),
        (
            "cycle/atdome",
            "environments/values-summit.yaml#controlSystem.imageTag",
            "atdome.image.revision",
        ),
    ]


def test_a_charts_version_is_read_where_the_environment_says_none() -> None:
    own = settings(proposed(FILES), "base")["lab"]
    assert any("applications/lab/Chart.yaml#appVersion" in each for each in own)
    assert all(each[1].partition("#")[0] != "applications/lab/values.yaml" for each in own)


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
        - {name: api, image: "example.org/api:1.0.0"}
"""
OVERLAY = """\
resources: [../../base]
images:
  - {name: example.org/api, newTag: 1.2.0}
"""
KUSTOMIZE = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "base/deployment.yaml": DEPLOYMENT,
    "overlays/dev/kustomization.yaml": OVERLAY,
    "overlays/prod/kustomization.yaml": OVERLAY.replace("1.2.0", "1.1.0"),
}


def test_a_kustomization_is_written_at_its_image_by_name() -> None:
    found = proposed(KUSTOMIZE)
    assert settings(found, "dev") == {"all": [("api/api", "images[example.org/api].newTag")]}
    assert [(each.name, each.level) for each in found.environments] == [
        ("dev", "development"),
        ("prod", "production"),
    ]
    assert (found.covered, found.images) == (2, 2)


def test_what_a_base_decides_for_all_is_one_place_of_the_last_level() -> None:
    plain = {name: text.partition("images:")[0] for name, text in KUSTOMIZE.items()}
    found = proposed(plain)
    assert [(each.name, each.level) for each in found.environments if each.applications] == [
        ("shared", "production")
    ]
    assert settings(found, "shared") == {"all": [("api/api", "spec.template.spec.containers[api].image")]}


def test_manifests_of_several_documents_name_the_one() -> None:
    two = DEPLOYMENT + "---\n" + DEPLOYMENT.replace("api", "web")
    found = proposed({"dev/shop/all.yaml": two})
    assert settings(found, "dev")["shop"] == [
        ("api/api", "Deployment/api:spec.template.spec.containers[api].image"),
        ("web/web", "Deployment/web:spec.template.spec.containers[web].image"),
    ]


def test_a_digest_beside_the_tag_is_written_with_it() -> None:
    pinned = DEPLOYMENT.replace("1.0.0", f"1.0.0@sha256:{'a' * 64}")
    found = proposed({"dev/shop/api.yaml": pinned})
    assert (found.covered, found.uncovered) == (1, ())


def test_what_is_not_covered_is_told_with_its_line() -> None:
    found = proposed({"dev/shop/api.yaml": DEPLOYMENT.replace(":1.0.0", "")})
    assert [(each.reason, each.file, each.line) for each in found.uncovered] == [
        ("it has no tag", "dev/shop/api.yaml", 8)
    ]


def test_what_runs_nowhere_before_has_a_level_that_lets_it_in() -> None:
    found, policies = with_reachable_levels(proposed({"prod/shop/api.yaml": DEPLOYMENT}))
    assert [each.level for site in found.environments for each in site.applications] == ["standalone"]
    assert "standalone.yaml" in policies
    assert "from-development.yaml" not in policies


def test_policies_say_nothing_of_environments_that_are_elsewhere() -> None:
    _, policies = with_reachable_levels(proposed(KUSTOMIZE))
    assert b"summit" not in policies["commissioning.yaml"].partition(b"spec:")[2]
    _, policies = with_reachable_levels(proposed(FILES))
    assert b"\n    summit:\n" in policies["commissioning.yaml"]


def test_what_ran_in_development_alone_before_production_is_asked_for_that() -> None:
    both = {"prod/shop/api.yaml": DEPLOYMENT, "dev/shop/api.yaml": DEPLOYMENT}
    found, _ = with_reachable_levels(proposed(both))
    assert [each.level for site in found.environments for each in site.applications] == [
        None,
        "from-development",
    ]


def test_what_cannot_be_written_where_it_stands_stops_no_other_setting_of_its_place() -> None:
    merged = """\
common: &common
  revision: 0
ataos:
  image:
    repository: example.org/ataos
    revision: 4
atdome:
  enabled: true
  image:
    <<: *common
    repository: example.org/atdome
"""
    found = proposed(FILES | {"applications/auxtel/values-summit.yaml": merged})
    assert [each[0] for each in settings(found, "summit")["cycle"]] == ["cycle/ataos"]
    (left,) = [each for each in found.uncovered if each.image.application == "auxtel"]
    assert "merge key" in left.reason


def test_an_environment_without_a_file_of_its_own_has_no_place_for_the_application() -> None:
    files = {name: text for name, text in FILES.items() if name != "applications/lab/values-base.yaml"}
    own = settings(proposed(files), "base")["lab"]
    assert not any("values-base.yaml" in address or address.startswith("controller") for _, address in own)
    assert ("lab/lab", "applications/lab/Chart.yaml#appVersion") in own


def test_what_a_base_decides_for_three_overlays_is_counted_once() -> None:
    overlays = {
        f"overlays/{each}/kustomization.yaml": "resources: [../../base]\n" for each in ("dev", "int", "prod")
    }
    base = {name: text for name, text in KUSTOMIZE.items() if name.startswith("base/")}
    found = proposed(base | overlays)
    assert (found.covered, found.images) == (1, 1)
    # One of them that says something of its own is an image of its own.
    own = overlays | {"overlays/prod/kustomization.yaml": OVERLAY}
    found = proposed(base | own)
    assert (found.covered, found.images) == (2, 2)


def test_containers_that_are_alike_in_one_place_are_several() -> None:
    twice = DEPLOYMENT + DEPLOYMENT.splitlines(keepends=True)[-1].replace("name: api", "name: second")
    found = proposed({"dev/api/deployment.yaml": twice, "prod/api/deployment.yaml": DEPLOYMENT})
    assert (found.covered, found.images) == (3, 3)
