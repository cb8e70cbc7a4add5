"""What stands where a tag should, and adapters that fail: each place for itself, and nothing unseen."""

import json
from typing import Any

import pytest

from ldmrelease.domain.topology import Place
from ldmrelease.registry.errors import RegistryUnreachable
from ldmrelease.targets import registry
from tests.workspace import MENU, PLACE, Site

TAG = "al9-w_2023_15"
DIGEST = "sha256:" + "0" * 64
FAILURES = [
    ValueError("impossible"),
    KeyError("missing"),
    OSError(5, "Input/output error"),
    RegistryUnreachable("cut", method="GET", repository="registry.example/scipipe"),
    RuntimeError("broken"),
    RecursionError("deep"),
    AssertionError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
]


def answer(site: Site, *words: str) -> tuple[int, Any]:
    done = site.run(*words, "-o", "json")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def written(site: Site, tag: str) -> None:
    line = next(each for each in site.committed(PLACE).splitlines() if TAG in each)
    site.commit_by_hand(PLACE, line, f"{line.partition(':')[0]}: {tag}")


def the_drift(site: Site) -> dict[str, Any]:
    _, told = answer(site, "drift", "--target", PLACE)
    (found,) = told["drift"]
    return dict(found)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("function", ["read", "stated"])
def test_whatever_an_adapter_throws_at_one_place_the_others_go_on(
    ready: Site, monkeypatch: pytest.MonkeyPatch, failure: Exception, function: str
) -> None:
    context = ready.context()
    with context.ledger:
        places = {str(each.place) for each in context.topology.applications}
        broken = context.topology.application(Place.parse(PLACE)).target
    works = getattr(registry, function)

    def fails(target: Any, *rest: Any) -> Any:
        if target == broken:
            raise failure
        return works(target, *rest)

    monkeypatch.setattr(registry, function, fails)
    code, seen = answer(ready, "observe")
    assert code == 3
    assert {each["place"] for each in seen["observations"]} == places - {PLACE}
    assert [each["place"] for each in seen["unreachable"]] == [PLACE]
    code, told = answer(ready, "drift")
    assert [each["place"] for each in told["unreachable"]] == [PLACE]
    assert told["drift"]
    code, rows = answer(ready, "where", "--live")
    assert code == 3
    assert {each["place"] for each in rows if not each["unreachable"]} == places - {PLACE}


@pytest.mark.parametrize(
    ("written_as", "told"),
    [
        (f'"{TAG}@{DIGEST[:-1]}"', f"{TAG}@{DIGEST[:-1]}"),
        (f'"{TAG} "', f"{TAG} "),
        ("20230401", "2.0230401e+07"),
        ('""', ""),
        ("null", "null"),
        ("", "null"),
    ],
)
def test_what_is_no_tag_is_a_finding_of_its_own_and_the_others_go_on(
    ready: Site, written_as: str, told: str
) -> None:
    before = answer(ready, "where", "--live")[1]
    written(ready, written_as)
    found = the_drift(ready)
    assert (found["code"], found["values"]["image"]) == ("not-a-tag", told)
    assert "Ann" in found["values"]["by"]
    assert "can name no image" in ready.run("drift", "--target", PLACE).stdout
    code, seen = answer(ready, "observe")
    assert code == 0
    (image,) = next(each for each in seen["observations"] if each["place"] == PLACE)["images"]
    assert (image["spelling"], image["digest"], image["state"]) == (told, None, "not-a-tag")
    assert len(answer(ready, "where", "--live")[1]) == len(before)
    assert "not-a-tag" in ready.ok("observe", "--target", PLACE)


@pytest.mark.parametrize(
    ("written_as", "told"), [("0.5", "0.5"), ("1e3", "1000"), ('"20230401"', "20230401")]
)
def test_a_tag_is_read_as_the_chart_prints_it(ready: Site, written_as: str, told: str) -> None:
    ready.move_tag("scipipe", told)
    written(ready, written_as)
    found = the_drift(ready)
    assert (found["code"], found["values"]["image"]) == ("undecided", told)
    assert found["values"]["digest"]


def test_an_odd_tag_in_a_menu_is_a_finding_of_its_own(ready: Site) -> None:
    ready.commit_by_hand(MENU, "w_2023_13", "'w_2023_13 '")
    _, told = answer(ready, "drift", "--target", MENU)
    assert [each["code"] for each in told["drift"] if each["values"]["image"] == "w_2023_13 "] == [
        "not-a-tag"
    ]
