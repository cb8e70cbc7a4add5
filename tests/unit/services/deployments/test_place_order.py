"""The order of a walk: test systems first, by the `after` requirements of the policies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.level import Additions, Level, Requirement
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.deployments.place_order import CircularOrder, ordered_places

TARGET = ImageSettingsTarget(GitFile("gitops", "main", "values.yaml"), ())


def application(environment: str, level: str = "commissioning") -> Application:
    return Application(Place(environment, "ocps"), level, (), TARGET)


def after(number: int, **parameters: str) -> Requirement:
    return Requirement(f"after-{number}", "after", dict(parameters))


def level(name: str, *enter: Requirement, **environments: Requirement) -> Level:
    own = {key: Additions((each,)) for key, each in environments.items()}
    return Level(name, 1, "sha256:0", ("weekly",), enter, environments=own)


def names(applications: tuple[Application, ...]) -> list[str]:
    return [each.place.environment for each in applications]


@given(st.permutations(["summit", "base", "tucson"]))
def test_environments_come_after_those_that_they_name(given_order: list[str]) -> None:
    levels = {
        "commissioning": level(
            "commissioning", base=after(1, environment="tucson"), summit=after(2, environment="base")
        )
    }
    walk = ordered_places([application(each) for each in given_order], levels)
    assert names(walk) == ["tucson", "base", "summit"]


@given(st.permutations(["a", "b", "c", "d"]))
def test_without_a_wish_the_order_is_the_given_one(given_order: list[str]) -> None:
    levels = {"commissioning": level("commissioning")}
    assert names(ordered_places([application(each) for each in given_order], levels)) == given_order


def test_a_whole_level_may_come_first() -> None:
    levels = {
        "development": level("development"),
        "commissioning": level("commissioning", after(1, level="development")),
    }
    walk = ordered_places([application("base"), application("dev", "development")], levels)
    assert names(walk) == ["dev", "base"]


def test_two_that_wait_for_each_other_are_named() -> None:
    levels = {
        "commissioning": level("commissioning", a=after(1, environment="b"), b=after(2, environment="a"))
    }
    with pytest.raises(CircularOrder, match="a/ocps"):
        ordered_places([application("a"), application("b")], levels)
