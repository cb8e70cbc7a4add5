"""`where --having`: which places run something of which a condition holds, on a whole workspace."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.times import spell
from ldmrelease.registry.manifests import OCI_CONFIG, OCI_MANIFEST
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import Repository
from ldmrelease.services.inventory.known_values import FIELDS
from tests.workspace import BASE, PLACE, TESTSTAND, WEEKLY, Site

DOCUMENT = Path(__file__).parents[4] / "docs" / "known-issues.md"
STACK = {"usdfint/batch", "summit/ocps", PLACE, TESTSTAND, BASE}
"""The places that run the weekly before, as it is observed."""


def ask(site: Site, question: str, *words: str) -> dict[str, Any]:
    done = site.run("where", *words, "--having", question, "--output", "json")
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (3 if answer["places"]["unknown"] else 0)
    return answer


def places(answer: dict[str, Any], holds: str) -> set[str]:
    return {each["image"]["place"] for each in answer["rows"] if each["holds"] == holds}


def reasons(answer: dict[str, Any]) -> set[str]:
    return {each["reason"] for each in answer["rows"] if each["holds"] == "unknown"}


@pytest.mark.parametrize(
    "question",
    [
        'products["afw"] == "w_2023_15"',
        'weekly(products["afw"]) < weekly("w.2023.16")',
        'release.kind == "weekly" && release.tag == "w.2023.15"',
        '"afw" in commits && release.build.startsWith("b")',
        'product == "stack" && version("26.0.0") < version("26.0.1") && release.revision == 1',
    ],
)
def test_a_question_about_a_release_is_answered_from_its_pin(ready: Site, question: str) -> None:
    answer = ask(ready, question)
    assert places(answer, "matched") == STACK
    assert answer["places"]["matched"] == len(STACK)
    assert answer["question"] == question


def test_what_is_not_known_is_listed_apart_with_the_reason(ready: Site) -> None:
    answer = ask(ready, 'products["afw"] != "w_2023_15"')
    assert places(answer, "not-matched") == STACK
    assert "usdfprod/batch" in places(answer, "unknown")
    assert reasons(answer) == {"products is not known: no release is known by this image"}


def test_a_product_that_is_not_in_the_list_is_no_answer(ready: Site) -> None:
    answer = ask(ready, 'products["nothing"] == "1"', "development")
    assert places(answer, "matched") == places(answer, "not-matched") == set()
    assert "it has no 'nothing'; whether it has one is asked with `in`" in reasons(answer)
    assert places(ask(ready, '"nothing" in products', "development"), "matched") == set()


def test_a_question_about_places_needs_no_release(ready: Site) -> None:
    answer = ask(ready, 'level == "commissioning" && environment != "summit"')
    assert places(answer, "matched") == {BASE}
    assert answer["places"]["unknown"] == 0


def test_it_is_asked_of_what_is_selected(ready: Site) -> None:
    answer = ask(ready, 'release.kind == "weekly"', "--target", TESTSTAND)
    assert [each["image"]["place"] for each in answer["rows"]] == [TESTSTAND]


def test_it_is_asked_of_a_time_in_the_past(ready: Site) -> None:
    then = ready.now
    ready.advance(minutes=5)
    ready.ok("promote", WEEKLY, "--target", PLACE)
    question = 'release.tag == "w.2023.15"'
    assert places(ask(ready, question, "--target", PLACE), "not-matched") == {PLACE}
    assert places(ask(ready, question, "--target", PLACE, "--at", spell(then)), "matched") == {PLACE}
    long_ago = ask(ready, question, "--target", PLACE, "--at", spell(then - timedelta(days=1)))
    assert reasons(long_ago) == {f"nobody observed it before {spell(then)}"}


def test_nobody_looked_lately_is_no_answer(ready: Site) -> None:
    ready.advance(days=40)
    answer = ask(ready, 'release.tag == "w.2023.15"')
    assert places(answer, "matched") == set()
    assert any(each.endswith("; it matched then") for each in reasons(answer))


def test_a_place_that_was_never_observed_is_no_answer(site: Site) -> None:
    answer = ask(site, "true")
    assert reasons(answer) == {"nobody has observed this place yet"}
    assert answer["places"]["matched"] == answer["places"]["not_matched"] == 0


def _labelled(repository: Repository, labels: dict[str, str]) -> str:
    variables = ["LSST_CONDA_ENV_NAME=lsst-scipipe-9.0.0", "PATH=/bin"]
    config = {"os": "linux", "architecture": "amd64", "config": {"Labels": labels, "Env": variables}}
    content = json.dumps(config | {"rootfs": {"type": "layers", "diff_ids": []}}).encode()
    digest = repository.put_blob(content)
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digest, "size": len(content)},
        "layers": [],
        "annotations": {"org.opencontainers.image.revision": "0123abc"},
    }
    repository.put_manifest(json.dumps(manifest).encode(), OCI_MANIFEST, "al9-w_2023_16")
    return digest


@pytest.fixture
def labelled(ready: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    """The weekly has labels, is pinned, and runs at one place by hand."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for each in ("CI", "LDMRELEASE_NO_CACHE"):
        monkeypatch.delenv(each, raising=False)
    _labelled(Registries(ready.root).open(parse_reference("oci:images/scipipe")), {"os.lsst.issue": "DM-1"})
    ready.ok("release", "pin", WEEKLY)
    ready.ok("promote", WEEKLY, "--target", PLACE)
    return ready


@pytest.mark.parametrize(
    "question",
    [
        'labels["os.lsst.issue"] == "DM-1"',
        'rubin_env == "9.0.0"',
        'version(rubin_env) < version("9.1.0")',
        'annotations["org.opencontainers.image.revision"] == "0123abc"',
    ],
)
def test_what_an_image_says_of_itself_is_read_from_its_registry(labelled: Site, question: str) -> None:
    assert places(ask(labelled, question), "matched") == {PLACE}


def test_what_was_read_once_needs_no_registry(labelled: Site) -> None:
    question = 'labels["os.lsst.issue"] == "DM-1"'
    before = ask(labelled, question)
    (labelled.root / "images").rename(labelled.root / "away")
    assert ask(labelled, question) == before


def test_a_registry_that_does_not_answer_holds_up_its_own_images_alone(labelled: Site) -> None:
    (labelled.root / "images" / "scipipe").rename(labelled.root / "away")
    answer = ask(labelled, 'has(labels.nothing) || product == "cycle"')
    assert any("oci:images/scipipe: " in each for each in reasons(answer))
    assert places(answer, "matched") == {"summit/nublado"}
    assert "idfprod/nublado" in places(answer, "not-matched")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (
            'release.tgs == "x"',
            "column 1: 'release.tgs' is not a field or function; did you mean release.tag?",
        ),
        ('eups["afw"] == "x"', "there are environment, level, application"),
        ("release.tag", "it says a text, and has to say yes or no"),
        ('version(products["afw"]) < "26.0.1"', "column 26: "),
        ("", "it is empty"),
    ],
)
def test_a_question_that_cannot_be_asked_is_bad_input(ready: Site, question: str, says: str) -> None:
    done = ready.run("where", "--having", question)
    assert done.exit_code == 2
    assert says in done.stderr


def test_it_is_asked_of_what_was_observed(ready: Site) -> None:
    assert ready.run("where", "--live", "--having", "true").exit_code == 2
    assert ready.run("where", "--desired", "--having", "true").exit_code == 2


def test_people_are_told_where_and_how_many(ready: Site) -> None:
    told = ready.run("where", "--having", 'release.tag == "w.2023.15"').stdout
    assert "5 places matched, 0 did not, 9 cannot be told" in told
    assert "unknown: release.tag is not known: no release is known by this image" in told


def test_every_field_is_documented() -> None:
    text = DOCUMENT.read_text()
    for name, each in FIELDS.items():
        assert f"| `{name}` | {each.type} | {each.meaning} |" in text
