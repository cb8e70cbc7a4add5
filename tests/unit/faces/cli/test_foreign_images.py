"""Images of another repository, digests behind tags, tags that are gone: told everywhere, and never signed as ours."""

import json
from typing import Any

import pytest

from ldmrelease.domain.events import EventKind
from tests.workspace import BEFORE, PLACE, WEEKLY, Site, said

TAG, NEXT = "al9-w_2023_15", "al9-w_2023_16"
EVIL = "evil.example/mallory/scipipe"
FILE = "applications/batch/values-usdfdev.yaml"


def answer(site: Site, *words: str) -> tuple[int, Any]:
    done = site.run(*words, "-o", "json")
    return done.exit_code, json.loads(done.stdout)


def writes(site: Site, form: str, path: str = "image.tag") -> None:
    """The place's setting is of this form from now on."""
    site.edit(lambda text: _changed(text, form, path))


def _changed(text: str, form: str, path: str) -> str:
    before, marker, after = text.partition(f"file: {FILE}\n")
    setting = "component: stack/scipipe, path: image.tag, writes: tag}"
    assert setting in after, after[:400]
    return (
        before
        + marker
        + after.replace(setting, f"component: stack/scipipe, path: {path}, writes: '{form}'}}", 1)
    )


def pinned(site: Site, name: str, tag: str) -> str:
    shown = json.loads(site.ok("release", "show", name, "-o", "json"))
    return next(each["digest"] for each in shown["components"] if each["spelling"] == tag)


def untag(site: Site, image: str, tag: str) -> None:
    """Somebody deletes a tag of a repository; the image stays."""
    file = site.root / f"images/{image}/index.json"
    index = json.loads(file.read_text())
    name = "org.opencontainers.image.ref.name"
    (entry,) = [each for each in index["manifests"] if each.get("annotations", {}).get(name) == tag]
    del entry["annotations"][name]
    file.write_text(json.dumps(index))


def evil(site: Site, form: str) -> int:
    """Somebody names another repository by hand; the line where."""
    if form == "image":
        writes(site, "image", "image")
        old = site.committed(PLACE)
        site.commit_by_hand(PLACE, old, f"# By hand\nimage: {EVIL}:{TAG}\n")
        return 2
    site.commit_by_hand(PLACE, "repository: images/scipipe", f"repository: {EVIL}")
    return 3


@pytest.mark.parametrize("form", ["image", "beside"])
def test_another_repository_is_told_everywhere_and_signed_nowhere(ready: Site, form: str) -> None:
    line = evil(ready, form)
    path = "image" if form == "image" else "image.repository"
    code, told = answer(ready, "drift", "--target", PLACE)
    (found,) = told["drift"]
    assert (code, found["code"], found["fix"]) == (1, "foreign-image", [])
    values = found["values"]
    assert (values["file"], values["line"], values["path"], values["found"]) == (FILE, line, path, EVIL)
    assert values["expected"] == ["oci:images/scipipe"]
    assert "Ann" in values["by"]
    text = ready.run("drift", "--target", PLACE).stdout
    assert f"{FILE}:{line}" in text
    assert "mirrors" in text
    before = len(ready.events(EventKind.OBSERVED))
    assert f"{EVIL}:{TAG} (foreign-image)" in ready.ok("observe", "--target", PLACE)
    (observed,) = [said(each) for each in ready.events(EventKind.OBSERVED)[before:]]
    (image,) = observed["images"]
    assert (image["digest"], image["spelling"], image["ready"]) == ("", f"{EVIL}:{TAG}", False)
    for command in (("where", PLACE), ("history", PLACE)):
        _, rows = answer(ready, *command)
        row = rows[-1]
        assert (row["release"], row["digest"], row["spelling"]) == (None, None, f"{EVIL}:{TAG}")
        (finding,) = row["findings"]
        assert finding["code"] == "foreign-image"
        for part in (f"{FILE}:{line}", EVIL, "oci:images/scipipe", "by hand"):
            assert part in finding["sentence"]
            assert part in ready.ok(*command)
    assert rows[-1]["ended"] is None
    _, live = answer(ready, "where", "--live", PLACE)
    assert [each["code"] for row in live for each in row["drift"]] == ["foreign-image"]
    assert [row["observed"] for row in live] == [None]
    done = ready.run("doctor")
    assert done.exit_code == 1
    assert f"{FILE}:{line}: {path}: names {EVIL}" in " ".join(done.stdout.split())


@pytest.mark.parametrize("form", ["image", "beside"])
def test_a_promotion_is_refused_when_planning_and_writes_nothing(ready: Site, form: str) -> None:
    evil(ready, form)
    before = ready.committed(PLACE), ready.head()
    for command in (
        ("check", WEEKLY, "--target", PLACE),
        ("promote", WEEKLY, "--target", PLACE, "--dry-run"),
        ("promote", WEEKLY, "--target", PLACE),
        ("rollback", BEFORE, "--product", "stack", "--target", PLACE),
    ):
        done = ready.run(*command)
        assert done.exit_code == 1, command
        assert EVIL in done.stdout + done.stderr
        assert "by hand" in done.stdout + done.stderr
    assert (ready.committed(PLACE), ready.head()) == before


def test_the_last_release_that_was_there_ended_when_another_repository_came(ready: Site) -> None:
    evil(ready, "beside")
    ready.advance(hours=1)
    ready.ok("observe", "--target", PLACE)
    _, rows = answer(ready, "history", PLACE)
    assert [(each["release"], each["ended"]) for each in rows] == [
        (f"stack/{BEFORE}", "replaced"),
        (None, None),
    ]


def test_what_names_no_image_is_told_apart_by_what_stands_there(ready: Site) -> None:
    evil(ready, "beside")
    ready.ok("observe", "--target", PLACE)
    for before, after in ((TAG, "al9-w_2023_97"), ("al9-w_2023_97", "al9-w_2023_96")):
        ready.advance(hours=1)
        if before == TAG:
            ready.commit_by_hand(PLACE, f"repository: {EVIL}", "repository: images/scipipe")
        ready.commit_by_hand(PLACE, f"tag: {before}", f"tag: {after}")
        ready.ok("observe", "--target", PLACE)
    _, rows = answer(ready, "history", PLACE)
    assert [(each["spelling"], each["ended"]) for each in rows[-3:]] == [
        (f"{EVIL}:{TAG}", "replaced"),
        ("al9-w_2023_97", "replaced"),
        ("al9-w_2023_96", None),
    ]
    assert rows[-3]["gone"] == rows[-2]["first"]
    assert rows[-2]["gone"] == rows[-1]["first"]
    (row,) = answer(ready, "where", PLACE)[1]
    assert row["since"] == rows[-1]["first"]
    (finding,) = rows[-3]["findings"]
    assert f"named {EVIL}" in finding["sentence"]
    text = ready.ok("history", PLACE)
    assert f"named {EVIL}" in text
    assert "by hand" not in finding["sentence"] + text


def test_a_tag_that_names_nothing_is_told_with_what_was_decided(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.commit_by_hand(PLACE, f"tag: {NEXT}", "tag: al9-w_2023_97")
    _, told = answer(ready, "drift", "--target", PLACE)
    (found,) = told["drift"]
    assert (found["code"], found["values"]["decided"]) == ("absent-image", NEXT)
    assert f"al9-w_2023_97 names no image, and {NEXT} was decided" in " ".join(
        ready.run("drift", "--target", PLACE).stdout.split()
    )


def test_a_repository_that_comes_while_a_promotion_waits_gets_no_receipt(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    receipts = len(ready.events(EventKind.RECEIPT))
    evil(ready, "beside")
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 1
    assert len(ready.events(EventKind.RECEIPT)) == receipts


def test_a_mirror_that_the_environment_names_is_ours(ready: Site) -> None:
    ready.commit_by_hand(PLACE, "repository: images/scipipe", "repository: mirror.example/lsst/scipipe")
    assert answer(ready, "drift", "--target", PLACE)[1]["drift"][0]["code"] == "foreign-image"
    ready.edit(
        lambda text: text.replace(
            "  usdfdev:\n    level: development\n",
            "  usdfdev:\n    level: development\n    mirrors: [mirror.example/lsst]\n",
            1,
        )
    )
    assert answer(ready, "drift", "--target", PLACE)[1]["drift"][0]["code"] == "undecided"
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert f"tag: {NEXT}" in ready.committed(PLACE)


def test_tag_and_digest_are_written_and_read_together(ready: Site) -> None:
    writes(ready, "tag@digest")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    digest = pinned(ready, WEEKLY, NEXT)
    assert ready.committed(PLACE).endswith(f"  tag: {NEXT}@{digest}")
    code, drift = answer(ready, "drift", "--target", PLACE)
    assert (code, drift["drift"], drift["unreachable"]) == (0, [], [])
    (row,) = answer(ready, "where", PLACE)[1]
    assert (row["release"], row["named"], row["digest"]) == (f"stack/{WEEKLY}", "admitted", digest)


def test_a_digest_that_is_not_the_tags_own_is_a_finding(ready: Site) -> None:
    writes(ready, "tag@digest")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    new, old = pinned(ready, WEEKLY, NEXT), pinned(ready, BEFORE, TAG)
    ready.commit_by_hand(PLACE, f"{NEXT}@{new}", f"{TAG}@{new}")
    code, told = answer(ready, "drift", "--target", PLACE)
    (found,) = told["drift"]
    assert (code, found["code"]) == (1, "tag-differs")
    assert (found["values"]["digest"], found["values"]["expected"]) == (new, old)
    assert "Ann" in found["values"]["by"]
    assert found["fix"][:3] == ["ldmrelease", "promote", WEEKLY]
    # The digest is what is pulled, so it is what was seen.
    ready.ok("observe", "--target", PLACE)
    (row,) = answer(ready, "where", PLACE)[1]
    assert (row["release"], row["digest"]) == (f"stack/{WEEKLY}", new)


def test_a_digest_is_not_dropped_without_a_word(ready: Site) -> None:
    digest = pinned(ready, BEFORE, TAG)
    ready.commit_by_hand(PLACE, f"tag: {TAG}", f"tag: {TAG}@{digest}")
    before = ready.committed(PLACE)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 1
    assert "`writes: tag@digest`" in done.stdout + done.stderr
    assert ready.committed(PLACE) == before
    writes(ready, "tag@digest")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert f"tag: {NEXT}@sha256:" in ready.committed(PLACE)


def test_a_place_that_writes_tags_needs_the_tag_to_be_there(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    digest = pinned(ready, WEEKLY, NEXT)
    untag(ready, "scipipe", NEXT)
    before = ready.committed(PLACE)
    code, told = answer(ready, "promote", WEEKLY, "--target", PLACE)
    (found,) = told["refusals"]
    assert (code, found["code"], found["values"]["digest"]) == (1, "tag-absent", digest)
    assert found["values"]["tag"] == NEXT
    assert ready.committed(PLACE) == before
    writes(ready, "tag@digest")
    ready.ok("promote", WEEKLY, "--target", PLACE)


def test_a_rollback_to_a_tag_that_names_something_else_is_refused(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.move_tag("scipipe", TAG)
    code, told = answer(ready, "rollback", BEFORE, "--product", "stack", "--target", PLACE)
    assert (code, [each["code"] for each in told["refusals"]]) == (1, ["tag-moved"])
    assert f"tag: {NEXT}" in ready.committed(PLACE)
