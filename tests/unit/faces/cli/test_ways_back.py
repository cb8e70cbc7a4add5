"""The ways back and the menus, as a user takes them: abort, rollback, alias, retire."""

import json
from typing import Any

from tests.workspace import BEFORE, MENU, PLACE, WEEKLY, Site

PRODUCTION = "usdf-cm/cm-service"


def state(site: Site, promotion: str) -> str:
    shown: str = json.loads(site.ok("promotions", "show", promotion, "--output", "json"))["state"]
    return shown


def promotions(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.ok("promotions", "list", "-o", "json"))
    return found


def test_an_abort_frees_a_waiting_promotion(developed: Site) -> None:
    assert developed.run("promote", WEEKLY, "--target", "base").exit_code == 4
    promotion = promotions(developed)[-1]["promotion"]
    said = developed.ok("abort", promotion, "--reason", "w.2023.17 is near")
    assert f"promotion {promotion}: aborted: by release manager: w.2023.17 is near" in said
    before = developed.everything()
    assert developed.run("abort", promotion).exit_code == 1
    assert developed.run("resume", promotion).exit_code == 1
    assert developed.everything() == before


def test_a_promotion_whose_plan_cannot_be_made_again_acts_on_nothing_and_can_be_aborted(
    developed: Site,
) -> None:
    assert developed.run("promote", WEEKLY, "--target", "base").exit_code == 4
    promotion = promotions(developed)[-1]["promotion"]
    by_us = "kind: command\n    command: [sh, checks/smoke.sh]"
    developed.edit(lambda text: text.replace(by_us, "kind: reported"))
    before = developed.everything()
    done = developed.run("resume", promotion)
    assert done.exit_code == 3
    assert "Abort it and ask again" in done.stderr
    assert developed.everything() == before
    assert "aborted" in developed.ok("abort", promotion)
    assert promotions(developed)[-1]["state"] == "aborted"


def test_a_rollback_goes_back_to_what_ran_before(ready: Site) -> None:
    before = ready.committed(PLACE)
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.advance(minutes=5)
    said = ready.ok("rollback", "--target", PLACE, "--reason", "exposures fail")
    assert "ROLLED BACK w.2023.16 -> w.2023.15  usdfdev/batch" in said
    assert ready.committed(PLACE) == before
    refused = ready.run("rollback", "w.2023.14", "--target", PLACE)
    assert refused.exit_code == 2, "never pinned"
    ready.ok("release", "pin", "w.2023.14")
    refused = ready.run("rollback", "w.2023.14", "--target", PLACE)
    assert refused.exit_code == 1
    assert "it never ran at usdfdev/batch" in refused.stdout


def test_an_alias_moves_in_one_menu_to_what_is_live_there(ready: Site) -> None:
    refused = ready.run("alias", "move", "recommended", BEFORE, "--target", MENU)
    assert refused.exit_code == 1
    assert "w_2023_15 is not in the menu" in refused.stdout
    ready.ok("promote", WEEKLY, "--target", "jupyterlab")
    said = ready.ok("alias", "move", "recommended", WEEKLY, "--target", MENU)
    assert "MOVED recommended -> w.2023.16  usdfdev/nublado" in said
    assert 'recommendedTag: "w_2023_16"' in ready.committed(MENU)
    assert 'recommendedTag: "recommended"\n' in ready.committed("usdfint/nublado")
    rows = {
        (each["place"], each["release"])
        for each in json.loads(ready.ok("alias", "list", "-o", "json"))["aliases"]
    }
    assert (MENU, "stack/w.2023.16") in rows
    unchanged = ready.everything()
    assert "recommended means stack/w.2023.16 at usdfdev/nublado already" in ready.ok(
        "alias", "move", "recommended", WEEKLY, "--target", MENU
    )
    assert ready.everything() == unchanged


def test_retiring_takes_a_release_out_of_a_menu_but_not_from_under_an_alias(ready: Site) -> None:
    ready.ok("promote", BEFORE, "--target", MENU)
    ready.ok("promote", WEEKLY, "--target", MENU)
    ready.ok("alias", "move", "recommended", WEEKLY, "--target", MENU)
    refused = ready.run("retire", WEEKLY, "--target", MENU)
    assert refused.exit_code == 1
    assert "recommended still means w_2023_16" in refused.stdout
    ready.ok("retire", BEFORE, "--target", MENU)
    assert "w_2023_15" not in ready.committed(MENU)
    refused = ready.run("retire", WEEKLY, "--target", PLACE)
    assert refused.exit_code == 1
    assert "is not a menu" in refused.stdout


def test_retiring_at_a_level_leaves_menus_alone_that_do_not_have_it(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", MENU)
    others = {each: ready.committed(each) for each in ("usdfint/nublado", "idfprod/nublado")}
    ready.ok("retire", WEEKLY, "--target", "jupyterlab")
    assert "w_2023_16" not in ready.committed(MENU)
    assert {each: ready.committed(each) for each in others} == others
    assert "nothing to do: stack/w.2023.16 is not at" in ready.ok("retire", WEEKLY, "--target", "jupyterlab")
