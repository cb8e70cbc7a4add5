"""What is alike in several places is written once."""

from ldmrelease.services.adoption.alike import common_places
from tests.unit.services.adoption.test_proposal import DEPLOYMENT, KUSTOMIZE, proposed


def test_environments_that_differ_by_their_names_are_one_pattern() -> None:
    (found,), rest = common_places(proposed(KUSTOMIZE).environments)
    assert (found.applications, found.environments) == (("all",), ("dev", "prod"))
    assert found.application.file == "overlays/{environment}/kustomization.yaml"
    assert [(each.name, each.applications, each.is_used) for each in rest] == [
        ("dev", (), True),
        ("prod", (), True),
    ]


def test_applications_are_left_open_where_their_names_are_all_that_differs() -> None:
    both = {
        f"dev/{name}/deployment.yaml": DEPLOYMENT.replace("org/api", f"org/{name}") for name in ("api", "web")
    }
    (found,), _ = common_places(proposed(both).environments)
    assert (found.applications, found.environments) == (("api", "web"), ("dev",))
    assert [each.component for each in found.application.settings] == ["{application}/{application}"]
    assert found.application.file == "{environment}/{application}/deployment.yaml"


def test_what_differs_otherwise_stays_apart() -> None:
    apart = {
        "dev/api/deployment.yaml": DEPLOYMENT,
        "prod/api/other.yaml": DEPLOYMENT,
    }
    found, rest = common_places(proposed(apart).environments)
    assert found == []
    assert [len(each.applications) for each in rest] == [1, 1]
