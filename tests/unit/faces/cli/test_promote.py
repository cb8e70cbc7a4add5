"""Promotions as a user makes them: asked, refused with excuses, let in, waiting, done once and not again."""

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.faces.cli.main import load
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.promotions import commands
from ldmrelease.services.promotions.commands import promote
from ldmrelease.services.releases.pin import Pinned, find_or_pin
from tests.workspace import BASE, BEFORE, PLACE, WEEKLY, Site

PRODUCTION = "usdf-cm/cm-service"


def state(site: Site, promotion: str) -> str:
    shown: str = json.loads(site.ok("promotions", "show", promotion, "--output", "json"))["state"]
    return shown


def promotions(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.ok("promotions", "list", "-o", "json"))
    return found


def test_a_refusal_names_every_excuse_with_its_remedy_and_touches_nothing(ready: Site) -> None:
    refs = ready.refs()
    done = ready.run("promote", WEEKLY, "--target", "commissioning")
    assert done.exit_code == 1
    assert "REFUSED: stack/w.2023.16 may not enter base/ocps (level commissioning)" in done.stdout
    assert "MISSING   ran-on-development" in done.stdout
    assert "next: ldmrelease promote w.2023.16 --target development" in done.stdout
    assert "not enforced before 2024-01-01T00:00:00Z" in done.stdout
    assert done.stdout.index("MISSING") < done.stdout.index("reported") < done.stdout.index("  ok  ")
    assert ready.refs() == refs
    (promotion,) = promotions(ready)
    assert promotion["state"] == "refused"
    assert f"promotion {promotion['promotion']}: refused" in done.stdout


def test_commands_that_a_refusal_names_can_be_run(ready: Site) -> None:
    """The tag of another product needs its product: the command says it."""
    done = ready.run(
        "promote", "1.1.0", "--product", "prompt-processing", "--target", "usdfprod-prompt-processing"
    )
    assert done.exit_code == 1
    commands = [
        line.split("next: ldmrelease ")[1] for line in done.stdout.splitlines() if "next: ldm" in line
    ]
    promotes = [each for each in commands if each.startswith("promote ")]
    assert promotes == ["promote 1.1.0 --target usdfdev-prompt-processing --product prompt-processing"]
    # Whoever has asked for it cannot approve it.
    for each in (one for one in commands if not one.startswith("approve ")):
        assert ready.run(*each.split()).exit_code != 2, each


def test_a_promotion_goes_through_with_one_line_changed_and_receipts(ready: Site) -> None:
    before = ready.committed(PLACE)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 0, done.stdout
    assert done.stdout.startswith("PROMOTED w.2023.15 -> w.2023.16  usdfdev/batch\n")
    assert "decision: allowed at" in done.stdout
    assert "may enter" not in done.stdout
    assert "usdfdev/batch: re-checked under the lock: allowed\n" in done.stderr
    assert "usdfdev/batch: check smoke: PASSED" in done.stderr
    assert ready.committed(PLACE) == before.replace("al9-w_2023_15", "al9-w_2023_16")
    message = ready.git("log", "-1", "--format=%B")
    (promotion,) = promotions(ready)
    assert f"Promotion: {promotion['promotion']}" in message
    receipts = json.loads(ready.ok("receipt", "show", PLACE, WEEKLY, "-o", "json"))
    assert {each["component"] for each in receipts} == {"scipipe", "release"}
    assert {each["statement"]["predicate"]["verificationResult"] for each in receipts} == {"PASSED"}


def test_the_same_again_writes_nothing(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    before = ready.everything()
    assert "nothing to do" in ready.ok("promote", WEEKLY, "--target", PLACE)
    assert ready.everything() == before


@pytest.mark.parametrize(
    "look",
    [
        ("check", WEEKLY, "--target", "development"),
        ("promote", WEEKLY, "--target", "development", "--dry-run"),
        ("promote", WEEKLY, "--target", "commissioning", "--through", "--dry-run"),
        ("promote", WEEKLY, "--target", "jupyterlab", "--dry-run", "--output", "json"),
        ("rollback", BEFORE, "--target", PLACE, "--reason", "exposures fail", "--dry-run"),
        ("release", "list"),
        ("release", "show", BEFORE),
        ("release", "compare", BEFORE, BEFORE),
        ("evidence", "list", WEEKLY),
        ("evidence", "verify", WEEKLY),
        ("where",),
        ("history",),
        ("alias", "list"),
        ("promotions", "list"),
        ("resume", "--all"),
    ],
)
def test_a_look_writes_nothing(ready: Site, look: tuple[str, ...]) -> None:
    before = ready.everything()
    assert ready.run(*look).exit_code in (0, 1)
    assert ready.everything() == before


def test_a_dry_run_tells_the_plan(ready: Site) -> None:
    said = ready.ok("promote", WEEKLY, "--target", "development", "--dry-run")
    assert "write scipipe al9-w_2023_16" in said
    assert "run the check smoke" in said
    assert said.endswith("dry run: nothing was written\n")


def test_a_week_goes_from_development_to_base_and_waits_for_its_soak(developed: Site) -> None:
    waiting = developed.run("promote", WEEKLY, "--target", "base")
    assert waiting.exit_code == 4
    assert "can become true 2023-04-20T14:00:00Z (in 2h)" in waiting.stdout
    promotion = promotions(developed)[-1]["promotion"]
    assert f"next: ldmrelease resume {promotion}" in waiting.stdout

    developed.advance(hours=1)
    unchanged = developed.everything()
    assert developed.run("resume", promotion).exit_code == 4
    assert developed.run("promote", WEEKLY, "--target", "base").exit_code == 4, (
        "asking again is not a newer request"
    )
    assert developed.everything() == unchanged

    developed.advance(hours=2)
    still = developed.run("resume", promotion)
    assert still.exit_code == 4, "nobody has looked: time alone is not a soak"
    assert "until 2023-04-20T17:00:00Z (in 2h)" in still.stdout, "as of now, not as of the request"
    developed.ok("observe")
    assert "succeeded" in developed.ok("resume", "--all")
    assert "al9-w_2023_16" in developed.committed(BASE)
    assert "nothing waits" in developed.ok("resume", "--all")


def test_another_release_supersedes_what_waits_for_the_same_place(developed: Site) -> None:
    developed.ok("promote", BEFORE, "--target", "usdfdev/batch", "--dry-run")
    assert developed.run("promote", WEEKLY, "--target", "base").exit_code == 4
    first = promotions(developed)[-1]["promotion"]
    assert developed.run("promote", WEEKLY, "--target", "base/ocps").exit_code == 4, (
        "another target is another request"
    )
    assert state(developed, first) == "superseded"
    assert developed.run("resume", first).exit_code == 1


def test_a_failing_check_restores_what_was_there(ready: Site) -> None:
    before = ready.committed(PLACE)
    ready.smoke(passes=False)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 1
    assert "halted" in done.stdout
    assert "was restored" in done.stdout
    assert "FAILED    smoke: the latest run of smoke failed" in done.stderr
    assert ready.committed(PLACE) == before
    assert ready.run("receipt", "show", PLACE, WEEKLY).exit_code == 1
    shown = json.loads(ready.ok("promotions", "show", promotions(ready)[-1]["promotion"], "-o", "json"))
    assert [each["state"] for each in shown["places"]] == ["restored"]
    message = ready.git("log", "-1", "--format=%B")
    assert message.startswith("restore what was before ")
    assert "Promotion: " in message
    assert "Release: " not in message
    ready.smoke(passes=True)
    ready.ok("promote", WEEKLY, "--target", PLACE)


def test_a_setting_that_is_not_there_is_refused_before_anything_is_touched(ready: Site) -> None:
    ready.commit_by_hand(PLACE, "  tag: al9-w_2023_15\n", "")
    before = ready.everything()
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 1
    assert (
        "applications/batch/values-usdfdev.yaml:3: image.tag: the setting is not there (no tag)"
        in done.stdout
    )
    assert ready.everything() == before


def test_uncommitted_work_is_never_overwritten(ready: Site) -> None:
    ready.edit(lambda text: text + "# mine\n", "gitops/applications/batch/values-usdfdev.yaml")
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 3
    assert "was changed in" in done.stdout
    assert (ready.root / "gitops/applications/batch/values-usdfdev.yaml").read_text().endswith("# mine\n")


def test_through_walks_the_levels_that_are_missing(ready: Site) -> None:
    done = ready.run("promote", WEEKLY, "--target", "base", "--through", "--output", "json")
    assert done.exit_code == 4
    answers = json.loads(done.stdout)
    assert [each.get("state", each["answer"]) for each in answers] == [
        "succeeded",
        "waiting",
    ]
    assert [each["target"] for each in promotions(ready)] == ["development", "base"]
    assert done.stderr.splitlines() == ["clock: 2023-04-20T12:00:00Z (the workspace's own)"]


def test_wait_refuses_a_clock_that_never_moves(ready: Site) -> None:
    before = ready.everything()
    done = ready.run("promote", WEEKLY, "--target", "development", "--wait")
    assert done.exit_code == 2
    assert "fixed clock" in done.stderr
    assert ready.everything() == before


def test_a_local_policy_is_hypothetical_and_nothing_acts_on_it(ready: Site) -> None:
    ready.edit(lambda text: text.replace("for: 2h", "for: 1s"), "policies/commissioning.yaml")
    before = ready.everything()
    done = ready.run("promote", WEEKLY, "--target", "base")
    assert done.exit_code == 2
    assert "hypothetical" in done.stderr
    assert ready.everything() == before
    checked = ready.run("check", WEEKLY, "--target", "base")
    assert checked.exit_code == 1
    assert checked.stdout.startswith("hypothetical: the policy of commissioning")
    assert json.loads(ready.run("check", WEEKLY, "-t", "base", "-o", "json").stdout)["hypothetical"] == [
        "commissioning"
    ]
    ready.ok("promote", WEEKLY, "--target", "development")


@pytest.mark.parametrize("command", ["check", "promote", "check-run", "retire", "rollback"])
def test_a_target_that_there_is_not_is_told_before_anybody_is_asked_for_the_release(
    ready: Site, command: str
) -> None:
    words = ("smoke", WEEKLY) if command == "check-run" else (WEEKLY,)
    (ready.root / "git").rename(ready.root / "away")
    refused = ready.run(command, *words, "-t", "comissioning")
    assert refused.exit_code == 2
    assert "no target 'comissioning'; did you mean commissioning?" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("promote", "w.2023.16", "--target", "sumit"),
            "no target 'sumit'; did you mean summit",
        ),
        (("promote", "w.2023.99", "--target", "base"), "w.2023.99"),
        (("promote", "w.2023.12", "--target", "base"), "nothing of stack is tagged w.2023.12"),
        (("promote", "hello", "--target", "base"), "'hello' is not a tag of any product"),
        (("promote", "1.0.0-beta", "--target", "base"), "nothing of prompt-processing is tagged 1.0.0-beta"),
        (("promote", "w.2023.16", "--target", "base", "--product", "stak"), "did you mean stack?"),
        (("check-run", "smok", "w.2023.15", "--target", "base"), "did you mean smoke?"),
        (("rollback", "--target", PLACE), "no earlier release of stack is known at usdfdev/batch"),
        (("release", "show", "w.2023.14"), "ldmrelease release pin w.2023.14 --product stack"),
        (("promotions", "show", "P-0"), "there is no promotion P-0"),
        (("resume", "P-0"), "there is no promotion P-0"),
        (("resume",), "name one promotion, or say --all"),
        (("abort", "P-0"), "there is no promotion P-0"),
        (("evidence", "add", "nowhere.json"), "nowhere.json: No such file"),
        (("receipt", "show", "nowhere", "w.2023.15"), "there is no place 'nowhere'"),
        (("observe", "--target", "usdfde"), "did you mean usdfdev?"),
        (("where", "--environment", "sumit"), "did you mean summit?"),
    ],
)
def test_a_mistake_is_told_with_its_remedy_and_changes_nothing(
    ready: Site, words: tuple[str, ...], said: str
) -> None:
    before = ready.everything()
    done = ready.run(*words)
    assert done.exit_code == 2, done.stdout
    assert said in done.stderr
    assert ready.everything() == before


def stopped(site: Site) -> dict[str, Any]:
    """A promotion of the weekly whose holder was stopped before it wrote."""

    class Stopped(Exception):
        """The holder is stopped here."""

    def stop(phase: str, what: str) -> None:
        if (phase == "before" and what.startswith("push")) or (phase == "before" and what == "update-ref"):
            raise Stopped

    context = site.context(stop)
    pinned = find_or_pin(context, context.topology.products[0], WEEKLY)
    assert isinstance(pinned, Pinned)
    with pytest.raises(Stopped):
        promote(context, PromotionSpec(pinned, PLACE), lambda _code, _values: None)
    context.ledger.close()
    (promotion,) = promotions(site)
    return promotion


def test_a_place_that_another_process_holds_is_busy(ready: Site) -> None:
    """A held claim keeps others out; taking it over is said, and works."""

    promotion = stopped(ready)
    busy = ready.run("promote", BEFORE, "--target", PLACE)
    assert busy.exit_code == 4
    assert f"claimed by {promotion['promotion']}" in busy.stdout
    assert f"ldmrelease resume {promotion['promotion']} --take-over" in busy.stdout
    ready.ok("resume", promotion["promotion"], "--take-over")


def test_what_a_dead_process_has_left_is_simply_resumed(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "this_holder", lambda: f"{platform.node()}:4194305:1")
    promotion = stopped(ready)["promotion"]
    busy = ready.run("promote", BEFORE, "--target", PLACE)
    assert busy.exit_code == 4
    assert (
        f"nobody is at work on it any more; carry it on with `ldmrelease resume {promotion}`" in busy.stdout
    )
    assert "--take-over" not in busy.stdout
    monkeypatch.undo()
    ready.ok("resume", promotion)


def test_somebody_is_told_of_what_waits(ready: Site, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    ready.edit(
        lambda text: text.replace("ledger: ledger.db\n", f"ledger: ledger.db\nnotify: [tee, {told}]\n")
    )
    ready.ok("promote", WEEKLY, "--target", "development")
    assert not told.exists()
    assert ready.run("promote", WEEKLY, "--target", "base").exit_code == 4
    event = json.loads(told.read_text())
    assert event["event"] == "waiting"
    assert event["promotion"] == promotions(ready)[-1]["promotion"]
    told.unlink()
    assert ready.run("resume", "--all").exit_code == 4
    assert not told.exists(), "nothing has changed since"


def test_every_command_of_the_promotion_half_has_examples() -> None:
    for name in (
        "check",
        "check-run",
        "promote",
        "resume",
        "rollback",
        "abort",
        "retire",
        "observe",
        "where",
        "history",
    ):
        assert "Examples:" in (load(name).epilog or ""), name
    for group in ("release", "evidence", "promotions", "alias", "receipt"):
        for name, command in load(group).commands.items():
            assert "Examples:" in (command.epilog or ""), f"{group} {name}"


def test_all_places_that_cannot_be_written_are_told_in_one_go(site: Site) -> None:
    site.release_weekly()
    site.edit(lambda text: text.replace("path: image.tag, writes: tag", "path: image.tga, writes: tag"))
    refused = site.run("promote", WEEKLY, "--target", "development", "--dry-run")
    assert refused.exit_code == 1
    for place in ("usdfdev/batch", "usdfint/batch", "tucson-teststand/ocps"):
        assert f"{place}: " in refused.stdout
    answer = json.loads(site.run("promote", WEEKLY, "--target", "development", "-o", "json").stdout)
    assert (answer["answer"], [each["place"] for each in answer["refusals"]]) == (
        "refused",
        ["usdfdev/batch", "usdfint/batch", "tucson-teststand/ocps"],
    )
    assert all(each["code"] and each["sentence"] for each in answer["refusals"])


def test_through_touches_no_test_system_for_what_the_target_can_never_accept(ready: Site) -> None:
    """Production accepts releases only: the plan says so, and the run does what the plan says."""
    before = ready.refs()
    words = ("promote", WEEKLY, "--target", "production", "--through", "--yes", "-o", "json")
    planned, done = ready.run(*words, "--dry-run"), ready.run(*words)
    for each in (planned, done):
        assert each.exit_code == 1
        assert len(json.loads(each.stdout)) == 1, "the target alone is asked"
    assert ready.refs() == before
