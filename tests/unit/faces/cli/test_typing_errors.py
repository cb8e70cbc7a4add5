"""Where a typing error goes: it is understood where it can mean one thing alone; else there is a suggestion, exit 2."""

import json

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.unit.faces.cli.running import run
from tests.workspace import BEFORE, PLACE, WEEKLY, Site


@pytest.mark.parametrize(
    "text", ["W.2023.16", "w2023.16", "w-2023.16", "al9-w_2023_16", " w.2023.16", "STACK/w.2023.16"]
)
def test_a_spelling_that_can_mean_one_release_alone_is_understood_and_said(ready: Site, text: str):
    ready.ok("release", "pin", WEEKLY)
    done = ready.run("release", "show", text, "-o", "json")
    assert done.exit_code == ExitCode.OK
    assert json.loads(done.stdout)["tag"] == WEEKLY
    assert f"{text} is stack/{WEEKLY}" in done.stderr


def test_where_it_runs_is_told_for_any_spelling_of_a_release(ready: Site):
    """Reading what runs for the spelling must not use it up for the release that is then understood."""
    ready.ok("observe")
    known = ready.ok("where", BEFORE, "-o", "json")
    assert json.loads(known)
    assert ready.ok("where", BEFORE.upper(), "-o", "json") == known


def test_a_digest_is_the_release_that_has_it(ready: Site):
    shown = json.loads(ready.ok("release", "show", BEFORE, "-o", "json"))
    for digest in (shown["digest"], shown["components"][0]["digest"], shown["digest"][:20]):
        assert json.loads(ready.ok("release", "show", digest, "-o", "json"))["tag"] == BEFORE


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("v24.0.0-rc4", "stack/v24.0.0.rc4"),
        ("w.2023.51", f"stack/{BEFORE}"),
        ("w.2032.15x", f"stack/{BEFORE}"),
        (f"stak/{BEFORE}", f"stack/{BEFORE}"),
    ],
)
def test_what_may_mean_several_things_is_a_question(ready: Site, text: str, meant: str):
    done = ready.run("release", "show", text)
    assert done.exit_code == ExitCode.BAD_INPUT
    if text == "w.2023.51":
        assert "is not pinned; pin it with" in done.stderr
    else:
        assert meant in done.stderr.partition("did you mean")[2]


def test_the_rebuild_of_a_notebook_image_suggests_what_was_rebuilt(ready: Site):
    done = ready.run("release", "show", "r24_0_0_rsp19", "--product", "stack")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "did you mean stack/24.0.0?" in done.stderr


@pytest.mark.parametrize(
    "text", ["r24_0_0_rsp19", "R24_0_0_RSP19", "r24.0.0-rsp19", "v24_0_0_rsp19", "24.0.0_rsp19"]
)
def test_a_rebuild_that_may_be_of_two_products_is_a_question(ready: Site, text: str):
    """It reads as a tag of the one, and is a rebuild of the other one's: neither is promoted for it."""
    before = ready.head()
    done = ready.run("promote", text, "--target", PLACE)
    assert done.exit_code == ExitCode.BAD_INPUT
    meant = done.stderr.partition("did you mean")[2]
    assert "stack/24.0.0" in meant
    assert "cycle/r24_0_0_rsp19" in meant
    assert ready.head() == before


@pytest.mark.parametrize(
    "text", ["w_2023_16_c0029.007", "W_2023_16_C0029.007", "w.2023.16_c0029.007", "w.2023.16-c0029-007"]
)
def test_the_notebook_image_of_a_cycle_is_understood_in_other_spellings(ready: Site, text: str):
    done = ready.run("release", "pin", text)
    assert "w_2023_16_c0029.007" in done.stdout + done.stderr
    assert f"{text} is cycle/w_2023_16_c0029.007" in done.stderr


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("where", "sumit"), "summit"),
        (("where", "comissioning"), "commissioning"),
        (("where", "--product", "stak"), "stack"),
        (("where", "--target", "sumit"), "summit"),
        (("history", "sumit"), "summit"),
        (("history", "sumit/ocps"), "summit/ocps"),
        (("history", "--product", "stak"), "stack"),
        (("drift", "--target", "sumit"), "summit"),
        (("observe", "--target", "sumit"), "summit"),
        (("alias", "list", "--target", "sumit"), "summit"),
        (("promotions", "list", "--product", "stak"), "stack"),
        (("promotions", "show", "P-9"), "promotions list"),
        (("release", "list", "--product", "stak"), "stack"),
        (("receipt", "show", "sumit/ocps", BEFORE), "summit/ocps"),
        (("check", BEFORE, "--target", "usdf-dev"), "usdfdev"),
        (("promote", BEFORE, "--target", "usdf-dev", "--dry-run"), "usdfdev"),
        (("retire", BEFORE, "--target", "usdf-dev/nublado", "--dry-run"), "usdfdev/nublado"),
        (("check-run", "smok", BEFORE, "--target", "usdfdev"), "smoke"),
        (("evidence", "list", "w.2023.155"), BEFORE),
        (("where", "w.2023.17"), "release pin w.2023.17"),
        (("history", "w.2023.17"), "release pin w.2023.17"),
        (("where", "sha256:0123456789"), "known are"),
        (("where", "batch"), "usdfdev/batch or usdfint/batch"),
        (("history", "batch"), "usdfdev/batch or usdfint/batch"),
        (("history", BEFORE, "--target", "sumit"), "summit"),
        (("drift", "sumit"), "summit"),
        (("observe", "sumit"), "summit"),
        (("alias", "list", "sumit"), "summit"),
        (("alias", "move", "recomended", BEFORE, "--target", "usdfdev/nublado"), "recommended"),
        (("rollback", "--target", "usdf-dev/batch"), "usdfdev/batch"),
        (("resolve", "-f", ".", "--release", BEFORE, "--environment", "sumit"), "summit"),
        (("policy", "explain", "comissioning"), "commissioning"),
        (("policy", "explain", "commissioning", "-t", "sumit"), "summit"),
        (("trust", "agree", "comissioning", "--dry-run"), "commissioning"),
        (("receipt", "show", BEFORE, "--target", "sumit"), "summit"),
        (("receipt", "show", "--promotion", "P-9"), "promotions list"),
        (("promotions", "replay", "P-9"), "promotions list"),
        (("abort", "P-9"), "promotions list"),
        (("resume", "P-9"), "promotions list"),
        (("ledger", "show", "--stream", "relase"), "release"),
        (("evidence", "sign", BEFORE, "--type", "provenanc", "--key", "x"), "provenance"),
        (("evidence", "verify", "nothing.json"), "there is no file nothing.json"),
        (("release", "compare", "w.2023.155", BEFORE), BEFORE),
        (("schema", "wher"), "where"),
    ],
)
def test_a_name_that_is_none_is_never_an_empty_answer(ready: Site, words: tuple[str, ...], meant: str):
    done = ready.run(*words)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert meant in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        (("where", "USDFDEV"), "USDFDEV is usdfdev"),
        (("where", "usdfdev/"), "usdfdev/ is usdfdev"),
        (("where", "--target", "Development"), "Development is development"),
        (("where", "cm-service"), "cm-service is usdf-cm/cm-service"),
        (("history", "usdfdev/BATCH"), "usdfdev/BATCH is usdfdev/batch"),
        (("drift", "USDFDEV"), "USDFDEV is usdfdev"),
        (("check", BEFORE, "--target", "USDFDEV/batch"), "USDFDEV/batch is usdfdev/batch"),
        (("promote", BEFORE, "--target", "USDFDEV/batch", "--dry-run"), "USDFDEV/batch is usdfdev/batch"),
        (("policy", "explain", "Commissioning"), "Commissioning is commissioning"),
        (("check-run", "SMOKE", BEFORE, "--target", "usdfdev"), "SMOKE is smoke"),
    ],
)
def test_a_name_is_understood_but_for_capitals_and_a_slash(
    ready: Site, words: tuple[str, ...], understood: str
):
    done = ready.run(*words)
    assert done.exit_code != ExitCode.BAD_INPUT
    assert understood in done.stderr.splitlines()


@pytest.mark.parametrize("spelling", ["p-{}", "P{}", "{}"])
def test_the_number_of_a_promotion_is_enough(developed: Site, spelling: str):
    (name, *_) = [each["promotion"] for each in json.loads(developed.ok("promotions", "list", "-o", "json"))]
    text = spelling.format(name.removeprefix("P-"))
    assert developed.ok("promotions", "show", text).startswith(f"promotion {name}: ")


@pytest.mark.parametrize(
    "words",
    [(WEEKLY, PLACE), (PLACE, WEEKLY), (WEEKLY, "--target", PLACE), (WEEKLY, "-e", PLACE), (PLACE,)],
    ids=" ".join,
)
def test_receipts_are_asked_for_by_release_and_target_in_any_order(developed: Site, words: tuple[str, ...]):
    shown = json.loads(developed.ok("receipt", "show", *words, "-o", "json"))
    assert {(each["place"], each["component"]) for each in shown} == {(PLACE, "scipipe"), (PLACE, "release")}


@pytest.mark.parametrize("command", ["where", "history", "drift", "observe"])
def test_a_target_may_be_typed_as_an_argument_or_by_either_option(ready: Site, command: str):
    typed = [ready.run(command, *words, "-o", "json") for words in (
        ("usdfdev",), ("--target", "usdfdev"), ("-t", "usdfdev"), ("--environment", "usdfdev"), ("-e", "usdfdev")
    )]  # fmt: skip
    assert len({each.exit_code for each in typed}) == 1
    assert len({each.stdout for each in typed}) == 1
    assert "usdfdev" in typed[0].stdout
    assert "usdfint" not in typed[0].stdout


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("lint", "`ldmrelease workspace lint`"),
        ("pin", "`ldmrelease release pin`"),
        ("agree", "`ldmrelease trust agree`"),
        ("list", "`ldmrelease release list`"),
        ("deploy", "`ldmrelease promote`"),
        ("undo", "`ldmrelease rollback`"),
        ("version", "`ldmrelease --version`"),
        ("help", "`ldmrelease --help`"),
        ("Promote", "`ldmrelease promote`"),
        ("promot", "'promote'"),
    ],
)
def test_a_command_that_there_is_not_leads_to_the_one_that_is_meant(word: str, meant: str):
    done = run(word)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert meant in done.stderr.partition("Did you mean")[2]


def test_what_no_command_is_like_suggests_none():
    done = run("frobnicate")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "Did you mean" not in done.stderr


def test_a_version_without_its_zeros_is_a_question(ready: Site):
    done = ready.run("release", "show", "1.1", "--product", "prompt-processing")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "did you mean prompt-processing/1.1.0?" in done.stderr


def test_an_image_is_understood_where_it_is_one_of_the_products(ready: Site):
    for text in ("oci:images/scipipe:al9-w_2023_16", "scipipe:al9-w_2023_16"):
        done = ready.run("release", "pin", text)
        assert (done.exit_code, f"{text} is stack/{WEEKLY}" in done.stderr) == (0, True), done.stderr
    foreign = ready.run("release", "pin", "evil.example/images/scipipe:al9-w_2023_16")
    assert foreign.exit_code == ExitCode.BAD_INPUT
    assert "is not a tag" in foreign.stderr


@pytest.mark.parametrize("option", ["-C", "--directory"])
def test_an_option_of_the_program_behind_a_command_is_told_where_it_stands(option: str):
    done = run("gate", "merge", option, "elsewhere", "--base", "main", "--head", "HEAD")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert f"No such option: {option}" in done.stderr
    assert f"{option} stands before the command: ldmrelease {option} DIR COMMAND" in done.stderr
    assert "before the command" not in run("gate", "merge", "--nothing").stderr
