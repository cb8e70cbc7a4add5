"""What is wrong with a tree, or with the settings for it, is said before anything is written: by `check`, by a dry run
and by `promote` alike, with the place in the file; other places go on."""

import json
from pathlib import Path

import pytest

from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.promotions.commands import Promoted, promote
from ldmrelease.services.releases.pin import stored_pin
from tests.cycle_site import ENVIRONMENT, PLACE, cycle_site, file_of
from tests.phalanx_site import AUXTEL, CONTROL, CYCLE, LAB, PROXY, by_hand, phalanx_site, tip
from tests.unit.faces.cli.running import process
from tests.unit.faces.cli.test_cycle_promotions import BUILDS
from tests.workspace import Site


@pytest.fixture(scope="module")
def phalanx_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = phalanx_site(tmp_path_factory.mktemp("phalanx") / "workspace")
    for each in ("c0042", "c0044", "proxy/1.4", "proxy/1.5"):
        site.ok("release", "pin", each)
    site.ok("observe")
    return site


@pytest.fixture
def phalanx(phalanx_once: Site, tmp_path: Path) -> Site:
    return phalanx_once.copy(tmp_path / "workspace")


@pytest.fixture(scope="module")
def cycle_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("cycle") / "workspace"
    site = cycle_site(root, BUILDS, {"atdome": 0, "ataos": 3, "mtdome": 1})
    site.ok("release", "pin", "c0044")
    return site


@pytest.fixture
def cycle(cycle_once: Site, tmp_path: Path) -> Site:
    return cycle_once.copy(tmp_path / "workspace")


def refused(site: Site, said: str, release: str, target: str, code: int = 1) -> None:
    """Whoever asks is told, and nothing is written: neither the tree nor the ledger."""
    before = site.everything()
    for words in (("check",), ("promote", "--dry-run"), ("promote", "--yes")):
        done = site.run(words[0], release, "--target", target, *words[1:])
        assert done.exit_code == code, (words, done.stdout, done.stderr)
        assert said in done.stdout + done.stderr
    assert site.everything() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            AUXTEL,
            "revision: 4\n",
            "revision: [4\n",
            "cannot be read as YAML: did not find expected ',' or ']'",
        ),
        (AUXTEL, "    revision: 4\n", "\trevision: 4\n", "cannot be read as YAML: found a tab character"),
        (AUXTEL, "ataos:\n", "ataos: &a\n  <<: *nobody\n", "cannot be read as YAML: undefined alias *nobody"),
        (CYCLE, "  imageTag:", "  imageTag: c0042\n  imageTag:", "imageTag is there twice; leave one"),
        (AUXTEL, "revision: 4\n", "revision: {{ .Values.build }}\n", "ataos.image.revision"),
    ],
    ids=["bracket", "tab", "alias", "twice", "template"],
)
def test_a_file_that_cannot_be_read_is_named_and_the_other_places_go_on(
    phalanx: Site, file: str, old: str, new: str, said: str
) -> None:
    by_hand(phalanx, file, old, new)
    refused(phalanx, f"{CONTROL}: {file}:", "c0044", CONTROL)
    refused(phalanx, said, "c0044", CONTROL)
    phalanx.ok("promote", "proxy/1.5", "--target", LAB)
    told = json.loads(phalanx.run("drift", "--target", LAB, "-o", "json").stdout)
    assert told["unreachable"] == []


@pytest.mark.parametrize("content", [None, "latin-1", "directory"])
def test_a_file_that_is_not_there_or_is_no_text_is_named(phalanx: Site, content: str | None) -> None:
    file = phalanx.root / "tree" / AUXTEL
    file.unlink()
    if content == "directory":
        file.mkdir()
        (file / "inside").write_text("")
    elif content is not None:
        file.write_bytes("name: Größe\n".encode(content))
    by_hand(phalanx, PROXY, "1.40", "1.4")
    refused(phalanx, f"{CONTROL}: {AUXTEL}", "c0044", CONTROL)
    phalanx.ok("promote", "proxy/1.5", "--target", LAB)


def test_a_branch_that_is_no_tree_is_said(phalanx: Site) -> None:
    phalanx.edit(
        lambda text: text.replace("repository: tree\n", "repository: tree\n            branch: nowhere\n")
    )
    refused(phalanx, "nowhere", "c0044", CONTROL)


def test_two_selectors_that_want_different_things_of_one_scalar_are_refused_with_both(cycle: Site) -> None:
    one, other = (f"{file_of(0)}#{name}.image.revision" for name in ("mtdome", "atdome"))
    cycle.edit(lambda text: text.replace(one, other))
    refused(cycle, f"{file_of(0)}:4: atdome.image.revision: ", "c0044", PLACE)
    refused(cycle, "atdome", "c0044", PLACE)
    refused(cycle, "mtdome", "c0044", PLACE)


def test_a_selector_of_another_components_container_is_refused_by_its_repository(phalanx: Site) -> None:
    one, other = (f"{AUXTEL}#{name}.image.revision" for name in ("atdome", "ataos"))
    phalanx.edit(lambda text: text.replace(one, other))
    said = f"{AUXTEL}:3: ataos.image.repository: names images/ataos, and the image is in oci:images/atdome"
    refused(phalanx, said, "c0044", CONTROL)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{cycle}[-{revision:03d}]", "the template makes 'c0044-007' of the parts of 'c0044.007'"),
        ("{cycle}[.{revision:04d}]", "the template makes 'c0044.0007' of the parts of 'c0044.007'"),
    ],
)
def test_a_template_that_makes_no_tag_of_its_product_is_told_with_its_line(
    cycle: Site, template: str, said: str
) -> None:
    cycle.edit(lambda text: text.replace("{cycle}[.{revision:03d}]", template, 1))
    refused(cycle, said, "c0044", PLACE, code=2)
    assert said in cycle.run("workspace", "lint").stdout


def test_a_template_whose_parts_want_two_digests_of_one_scalar_is_refused(phalanx: Site) -> None:
    """What two images are pinned by cannot stand in one place."""

    def with_digest(text: str) -> str:
        text = text.replace('"{cycle}[.{revision:03d}]"', '"{cycle}[.{revision:03d}][@{digest}]"')
        for each in ("ataos", "atdome"):
            line = f"                  revision: {AUXTEL}#{each}.image.revision\n"
            text = text.replace(line, f"{line}                  digest: controlSystem.digest\n")
        return text

    phalanx.edit(with_digest)
    refused(phalanx, "controlSystem.digest", "c0044", CONTROL)
    refused(phalanx, "ataos", "c0044", CONTROL)
    refused(phalanx, "atdome", "c0044", CONTROL)


def test_a_place_that_another_promotion_is_writing_is_busy_and_is_left_to_it(phalanx: Site) -> None:
    seen: list[tuple[int, str]] = []

    def meanwhile(phase: str, what: str) -> None:
        if (phase, what) == ("before", "note") and not seen:
            for tag in ("c0044", "c0042"):
                done = process("-C", str(phalanx.root), "promote", tag, "--target", CONTROL)
                seen.append((done.returncode, (done.stdout + done.stderr).decode()))

    context = phalanx.context(meanwhile)
    product = context.topology.product("telescope")
    assert product is not None
    pinned = stored_pin(context, product, "c0044")
    assert pinned is not None
    first = tip(phalanx)
    answer = promote(context, PromotionSpec(pinned, CONTROL), lambda _code, _values: None)
    context.ledger.close()
    assert isinstance(answer, Promoted)
    assert answer.outcome.state == "succeeded", answer.outcome
    assert [code for code, _ in seen] == [4, 4]
    for _, said in seen:
        assert f"claimed by {answer.outcome.promotion}" in said
        assert "wait for it, or take it over" in said
    assert phalanx.git("rev-list", "--count", f"{first}..main", repository="tree") == "1"


def test_a_part_that_somebody_has_written_since_it_was_claimed_is_said_with_who(phalanx: Site) -> None:
    """As by a promotion from another workspace: the parts of a place are written together, or not at all."""
    left = [(CYCLE, '"c0042"', '"c0043"')]

    def meanwhile(phase: str, what: str) -> None:
        if (phase, what) == ("after", "step.done") and left:
            by_hand(phalanx, *left.pop())

    context = phalanx.context(meanwhile)
    product = context.topology.product("telescope")
    assert product is not None
    pinned = stored_pin(context, product, "c0044")
    assert pinned is not None
    answer = promote(context, PromotionSpec(pinned, CONTROL), lambda _code, _values: None)
    context.ledger.close()
    assert isinstance(answer, Promoted)
    told = {"state": str(answer.outcome.state), **answer.outcome.cause}
    assert {key: told.get(key) for key in ("code", "file", "author")} == {
        "code": "changed-by",
        "file": CYCLE,
        "author": "Ann <ann@x>",
    }, told
    assert phalanx.git("log", "-1", "--format=%s", "main", repository="tree") == "By hand"


def test_parts_of_other_places_are_named_before_they_would_change(cycle: Site) -> None:
    def apart(text: str) -> str:
        ours, between, theirs = text.partition("              - component: mtdome\n")
        ours = ours.replace("          - telescope/mtdome\n", "")
        return (
            f"{ours}      other:\n        runs: [telescope/mtdome]\n        target:\n          gitops:\n"
            f"            repository: tree\n            file: {ENVIRONMENT}\n            settings:\n"
            f"{between}{theirs}"
        )

    cycle.edit(apart)
    refused(cycle, "controlSystem.imageTag: is read by prod/other mtdome as well", "c0044", PLACE)
    refused(cycle, "controlSystem.imageTag: is read by prod/control", "c0044", "prod/other")
