"""A notebook menu that is the text of a ConfigMap, by promotion and by alias, from the command line."""

from __future__ import annotations

import json

import pytest
import yaml

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube.one_place import OnePlace
from tests.workspace import MENU, WEEKLY

pytestmark = pytest.mark.real

KEY = "config.yaml"
FILE = "gitops/applications/nublado/values-usdfdev.yaml"


@pytest.fixture
def menu(place: OnePlace) -> OnePlace:
    """The menu of `usdfdev/nublado` is the text of a ConfigMap, beside another text."""
    text = (place.site.root / FILE).read_text()
    metadata = {"namespace": place.namespace, "name": "nublado"}
    data = {KEY: text, "other.yaml": "# Nobody's.\n"}
    place.kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    where = {"namespace": place.namespace, "name": "nublado", "key": KEY}

    def change(said: dict) -> None:
        target = said["environments"]["usdfdev"]["applications"]["nublado"]["target"]["menu"]
        del target["repository"], target["file"]
        target["config-map"] = where

    place.edit(change)
    place.push_weekly()
    return place


def text_of(menu: OnePlace) -> str:
    found = menu.get("ConfigMap", "nublado")["data"]
    assert found["other.yaml"] == "# Nobody's.\n"
    said: str = found[KEY]
    return said


def test_a_release_gets_on_the_menu_and_then_its_name_moves(menu: OnePlace):
    before = text_of(menu)
    done = menu.run("promote", WEEKLY, "--target", MENU)
    assert "w_2023_16" in text_of(menu)
    assert "(commit " not in done.stderr
    kept = [each for each in before.splitlines() if "num" not in each]
    assert [each for each in text_of(menu).splitlines() if each in kept] == kept
    assert "receipts signed" in done.stderr
    said = menu.run("alias", "move", "recommended", WEEKLY, "--target", MENU)
    assert "succeeded" in said.stdout
    assert yaml.safe_load(text_of(menu))["controller"]["config"]["images"]["recommendedTag"] == "w_2023_16"
    listed = json.loads(menu.site.ok("alias", "list", "--target", MENU, "-o", "json"))["aliases"]
    assert [(each["alias"], each["spelling"]) for each in listed] == [("recommended", "w_2023_16")]
    head = menu.site.head()
    assert "nothing to do" in menu.run("promote", WEEKLY, "--target", MENU).stdout
    assert "nothing to do" in menu.run("alias", "move", "recommended", WEEKLY, "--target", MENU).stdout
    assert menu.site.head() == head


def test_a_name_does_not_move_to_what_is_not_on_the_menu(menu: OnePlace):
    menu.site.ok("release", "pin", WEEKLY)
    before = text_of(menu)
    refused = menu.run("alias", "move", "recommended", WEEKLY, "--target", MENU, code=ExitCode.REFUSED)
    assert "promote it there first" in refused.stdout
    assert text_of(menu) == before


def test_a_menu_that_is_not_there_is_found_when_planning(menu: OnePlace):
    menu.kube.delete("ConfigMap", menu.namespace, "nublado")
    refused = menu.run("promote", WEEKLY, "--target", MENU, "--dry-run", code=ExitCode.REFUSED)
    assert f"ConfigMap {menu.namespace}/nublado {KEY}: is not there; make it once by hand" in refused.stdout
