"""`gate sync`: the decision about every image of rendered manifests."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.workspace import BASE, BEFORE, PLACE, WEEKLY, Site

REPOSITORY = "oci:images/scipipe"


def digest(site: Site, release: str, component: str = "scipipe") -> str:
    shown = json.loads(site.ok("release", "show", release, "-o", "json"))
    found: str = next(each["digest"] for each in shown["components"] if each["name"] == component)
    return found


def pod(site: Site, *images: str, name: str = "pod.yaml") -> str:
    """A file with a pod whose containers have these images, from line 5 on."""
    lines = [f"  - {{name: c{number}, image: '{image}'}}" for number, image in enumerate(images)]
    file = site.root / name
    file.write_text("\n".join(["kind: Pod", "metadata: {name: p}", "spec:", "  containers:", *lines, ""]))
    return str(file)


def gate(site: Site, code: int, *words: str, input: str | None = None) -> dict[str, Any]:
    done = site.run("gate", "sync", *words, "-o", "json", input=input)
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(each["verdict"], [finding["code"] for finding in each["findings"]]) for each in answer["images"]]


def test_an_image_that_may_enter_is_let_through_with_its_release(ready: Site) -> None:
    file = pod(ready, f"{REPOSITORY}@{digest(ready, BEFORE)}")
    size = ready.context().ledger.head().size
    answer = gate(ready, 0, "-f", file, "--target", PLACE)
    assert ready.context().ledger.head().size == size, "nothing is written"
    assert answer["verdict"] == "allowed"
    (image,) = answer["images"]
    assert (image["place"], image["release"], image["component"]) == (PLACE, f"stack/{BEFORE}", "scipipe")
    assert (image["kind"], image["name"], image["container"]) == ("Pod", "p", "c0")
    assert image["parts"] == [{"file": file, "line": 5, "path": "spec.containers[0].image"}]


@pytest.mark.parametrize(("release", "place"), [(BEFORE, BASE), (WEEKLY, PLACE), (WEEKLY, BASE)])
def test_the_verdict_is_that_of_check(ready: Site, release: str, place: str) -> None:
    ready.ok("release", "pin", WEEKLY)
    checked = ready.run("check", release, "--target", place, "-o", "json")
    decision = json.loads(checked.stdout)["decisions"][0]
    file = pod(ready, f"{REPOSITORY}@{digest(ready, release)}")
    answer = gate(ready, checked.exit_code, "-f", file, "--target", place)
    assert answer["verdict"] == decision["verdict"]
    unmet = [each["code"] for each in decision["findings"] if each["outcome"] != "satisfied"]
    assert [each["code"] for each in answer["images"][0]["findings"]] == unmet


def test_a_release_that_has_to_wait_says_until_when(waiting: tuple[Site, str]) -> None:
    site, _ = waiting
    answer = gate(site, 4, "-f", pod(site, f"{REPOSITORY}@{digest(site, WEEKLY)}"), "--target", BASE)
    assert answer["verdict"] == "waiting"
    (image,) = answer["images"]
    (finding,) = [each for each in image["findings"] if each["outcome"] == "pending"]
    assert finding["requirement"] == "ran-on-development"
    assert finding["eligible_at"] == image["eligible_at"] is not None


def test_a_tag_without_a_digest_is_refused_and_says_what_to_write(ready: Site) -> None:
    answer = gate(ready, 1, "-f", pod(ready, f"{REPOSITORY}:al9-w_2023_15"), "--target", PLACE)
    (image,) = answer["images"]
    assert (image["verdict"], image["release"]) == ("refused", f"stack/{BEFORE}")
    (finding,) = image["findings"]
    assert finding["code"] == "no-digest"
    assert finding["values"]["write"] == f"{REPOSITORY}:al9-w_2023_15@{digest(ready, BEFORE)}"
    assert finding["location"]["line"] == 5


def test_images_of_several_releases_at_one_place_are_refused(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    images = [f"{REPOSITORY}@{digest(ready, each)}" for each in (BEFORE, WEEKLY)]
    answer = gate(ready, 1, "-f", pod(ready, *images), "--target", PLACE)
    assert rows(answer) == [("refused", ["mixed-releases"])] * 2
    assert [each["release"] for each in answer["images"]] == [f"stack/{BEFORE}", f"stack/{WEEKLY}"]


def test_a_tag_of_another_release_than_the_digest_is_refused(ready: Site) -> None:
    image = f"{REPOSITORY}:al9-w_2023_16@{digest(ready, BEFORE)}"
    answer = gate(ready, 1, "-f", pod(ready, image), "--target", PLACE)
    assert rows(answer) == [("refused", ["tag-of-another"])]


def test_a_right_tag_of_another_release_than_the_named_one_is_not_told_to_be_wrong(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    image = f"{REPOSITORY}:al9-w_2023_16@{digest(ready, WEEKLY)}"
    answer = gate(ready, 1, "-f", pod(ready, image), "--target", PLACE, "--release", BEFORE)
    assert rows(answer) == [("refused", ["other-release"])]


def test_an_empty_standard_input_opens_no_gate(ready: Site) -> None:
    """What `helm template ... |` leaves where it has failed."""
    for nothing in ("", " \n"):
        done = ready.run("gate", "sync", "-f", "-", "--target", PLACE, input=nothing)
        assert done.exit_code == 2
        assert (
            "the standard input is empty; check whether the command that renders the manifests failed"
            in done.stderr
        )


@pytest.mark.parametrize("text", ["", "image:\n  tag: w_2023_16\n", "a: [\n", "# kind: Pod\n"])
def test_files_without_any_object_open_no_gate(ready: Site, text: str) -> None:
    (ready.root / "values.yaml").write_text(text)
    words = ("gate", "sync", "-f", str(ready.root / "values.yaml"), "--target", PLACE)
    done = ready.run(*words)
    assert done.exit_code == 3
    assert "no Kubernetes object is in it" in done.stdout
    (ready.root / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert ready.run(*words, "-f", str(ready.root / "map.yaml")).exit_code == 0


def test_a_release_that_nobody_has_pinned_is_found_by_its_tag(ready: Site) -> None:
    named = gate(ready, 0, "-f", pod(ready, "component://scipipe"), "--target", PLACE, "--release", WEEKLY)
    of_weekly = named["images"][0]["digest"]
    answer = gate(ready, 0, "-f", pod(ready, f"{REPOSITORY}:al9-w_2023_16@{of_weekly}"), "--target", PLACE)
    assert answer["images"][0]["release"] == f"stack/{WEEKLY}"
    unnamed = gate(ready, 1, "-f", pod(ready, f"{REPOSITORY}@{of_weekly}"), "--target", PLACE)
    assert rows(unnamed) == [("refused", ["unknown-digest"])]


def test_a_digest_that_no_release_has_is_refused(ready: Site) -> None:
    answer = gate(ready, 1, "-f", pod(ready, f"{REPOSITORY}@sha256:{'0' * 64}"), "--target", PLACE)
    assert rows(answer) == [("refused", ["unknown-digest"])]
    assert answer["images"][0]["findings"][0]["next"][:3] == ["ldmrelease", "release", "pin"]


def test_the_digest_of_a_component_in_a_foreign_repository_is_refused(ready: Site) -> None:
    answer = gate(ready, 1, "-f", pod(ready, f"evil.example/x@{digest(ready, BEFORE)}"), "--target", PLACE)
    assert rows(answer) == [("refused", ["foreign-image"])]


def test_a_component_that_does_not_run_there_is_refused(ready: Site) -> None:
    image = f"oci:images/sal-sciplat-lab@sha256:{'0' * 64}"
    assert rows(gate(ready, 1, "-f", pod(ready, image), "--target", PLACE)) == [("refused", ["not-run-here"])]


def test_what_nobody_declares_is_listed_and_refused_where_the_level_says_so(ready: Site) -> None:
    file = pod(ready, "docker.io/library/busybox:1")
    assert rows(gate(ready, 0, "-f", file, "--target", PLACE)) == [("unmanaged", [])]
    policy = ready.root / "policies" / "development.yaml"
    loose = policy.read_text()
    policy.write_text(loose.replace("\nspec:\n", "\nspec:\n  unmanaged: refused\n"))
    ready.ok("trust", "agree", "--yes")
    assert rows(gate(ready, 1, "-f", file, "--target", PLACE)) == [("refused", ["unmanaged-image"])]
    policy.write_text(loose)
    answer = gate(ready, 3, "-f", file, "--target", PLACE)
    assert rows(answer) == [("undecided", ["not-agreed"])]
    assert "`ldmrelease workspace lint` says what differs" in answer["images"][0]["findings"][0]["sentence"]


def test_a_component_is_the_image_of_the_release_that_is_named(ready: Site) -> None:
    file = pod(ready, "component://scipipe")
    answer = gate(ready, 0, "-f", file, "--target", PLACE, "--release", WEEKLY)
    assert answer["images"][0]["release"] == f"stack/{WEEKLY}"
    assert answer["images"][0]["digest"].startswith("sha256:")
    assert rows(gate(ready, 1, "-f", file, "--target", PLACE))[0][1][0] == "no-release"
    other = pod(ready, f"{REPOSITORY}@{digest(ready, BEFORE)}", "component://sciplot")
    answer = gate(ready, 1, "-f", other, "--target", PLACE, "--release", WEEKLY)
    assert rows(answer) == [("refused", ["other-release"]), ("refused", ["unknown-component"])]


def test_what_cannot_be_read_leaves_the_gate_shut_and_its_neighbours_decided(ready: Site) -> None:
    file = Path(pod(ready, f"{REPOSITORY}@{digest(ready, BEFORE)}"))
    file.write_text(f"image: {{{{ .Values.x }}\n---\n{file.read_text()}")
    answer = gate(ready, 3, "-f", str(file), "--target", PLACE)
    assert rows(answer) == [("allowed", [])]
    (unreadable,) = answer["unreadable"]
    assert unreadable["code"] == "template"
    assert unreadable["location"] == {"file": str(file), "line": 1, "path": None}


def test_folders_files_and_the_standard_input_are_read_together(ready: Site) -> None:
    # kubectl reads hidden folders, too.
    folder = ready.root / "more" / ".deep"
    folder.mkdir(parents=True)
    for name in ("a.yaml", "b.yml", "c.json", "d.txt"):
        (folder / name).write_text('{"spec": {"containers": [{"name": "m", "image": "x.example/y"}]}}')
    file = pod(ready, "x.example/y")
    text = "spec: {containers: [{image: x.example/y}]}\n"
    answer = gate(
        ready,
        0,
        "-f",
        file,
        "-f",
        str(folder.parent),
        "-f",
        "-",
        "-f",
        file,
        "--target",
        PLACE,
        input=text,
    )
    found = [each["parts"][0]["file"].rpartition("/")[2] for each in answer["images"]]
    assert found == ["pod.yaml", "a.yaml", "b.yml", "c.json", "<stdin>"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-f", "nowhere.yaml", "--target", PLACE), "nowhere.yaml is not there"),
        (("-f", ".", "--target", "nowhere"), "there is no place 'nowhere'"),
    ],
)
def test_what_is_not_there_is_a_mistake(
    ready: Site, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ready.root)
    refused = ready.run("gate", "sync", *words)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_a_chart_without_helm_is_not_decided(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    chart = ready.root / "chart"
    chart.mkdir()
    (chart / "Chart.yaml").write_text("name: x\n")
    answer = gate(ready, 3, "-f", str(chart), "--target", PLACE)
    assert [each["code"] for each in answer["unreadable"]] == ["no-program"]


def test_people_are_told_what_stands_in_the_way_and_alike_images_once(ready: Site) -> None:
    image = f"{REPOSITORY}@{digest(ready, BEFORE)}"
    files = [pod(ready, *[image] * 12), pod(ready, "busybox", name="other.yaml")]
    done = ready.run("gate", "sync", "-f", files[0], "-f", files[1], "--target", BASE)
    assert done.exit_code == 1
    assert done.stdout.count(image) == 1
    assert f"{files[0]}:5  Pod/p c0" in done.stdout
    assert "and 2 other places" in done.stdout
    assert "smoke-on-development: smoke was not run for the release yet" in done.stdout
    assert "REFUSED: 1 unmanaged, 12 refused, as of" in done.stdout
