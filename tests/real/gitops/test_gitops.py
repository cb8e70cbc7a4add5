"""GitOps settings, written to real git repositories: directories, bare ones, remotes."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import Setting, Writes
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Change, Refusal, Snapshot, Unquoted, Value, Written
from tests.blamed import changed_by
from tests.real.gitops.settings import AFTER, ALL, BEFORE, OURS, push, snapshot_of, wanted, write
from tests.real.gitops.site import (
    FILE,
    LAB,
    VALUES,
    Promoter,
    git,
    put,
    release,
    show,
    target,
)

pytestmark = pytest.mark.real


def test_one_line_per_setting_and_nothing_else(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    here = target(spec, *ALL)
    before, edits = wanted(here, access)
    written = write(here, access, edits=edits, expect=before)
    assert isinstance(written, Written)
    assert git(directory, "diff", "--numstat", "main~", "main") == f"3\t3\t{FILE}"
    assert show(directory) == AFTER.replace("0" * 64, "1" * 64).replace("lab:w_2023_15", "lab:w_2023_16")
    assert written == Written(
        git(directory, "rev-parse", "main"), {"image.tag": 11, "image.digest": 12, "worker.image": 13}
    )


def test_the_commit_says_why_and_by_whom(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    write(target(spec), access)
    assert git(directory, "log", "-1", "--format=%an <%ae>|%cn|%aI|%cI|%s", "main") == (
        "Kim <kim@example.org>|ldmrelease|2023-04-21T18:00:00+00:00|2023-04-21T18:00:00+00:00"
        "|summit/nublado to w_2023_16"
    )
    trailers = git(directory, "log", "-1", "--format=%(trailers:only,unfold)", "main")
    assert trailers == "Release: sha256:aa\nDecision: sha256:bb\nPromotion: p-1"


def test_what_is_there_already_is_found_and_not_written(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    first = write(target(spec), access)
    refs = git(directory, "for-each-ref")
    again = write(target(spec), access)
    assert isinstance(first, Written)
    assert again == replace(first, found=True)
    assert git(directory, "for-each-ref") == refs


def test_a_read_changes_nothing(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    state = git(directory, "for-each-ref"), sorted(directory.rglob("*"))
    snapshot = snapshot_of(target(spec), access)
    assert snapshot.values == BEFORE
    assert snapshot.revision == git(directory, "rev-parse", "main")
    assert snapshot.blob == git(directory, "rev-parse", f"main:{FILE}")
    assert (git(directory, "for-each-ref"), sorted(directory.rglob("*"))) == state


def test_a_commit_in_between_that_leaves_our_settings_alone_is_built_upon(
    place: tuple[str, Path], tree: Path, access: Access
) -> None:
    spec, directory = place
    theirs = put(tree, {FILE: "# more\n" + VALUES})
    push(tree, directory)
    assert isinstance(write(target(spec), access), Written)
    assert git(directory, "rev-parse", "main~") == theirs
    assert show(directory) == "# more\n" + AFTER


def test_a_setting_that_somebody_changed_is_refused_and_names_them(
    place: tuple[str, Path], tree: Path, access: Access
) -> None:
    spec, directory = place
    theirs = put(tree, {FILE: VALUES.replace("tag: w_2023_15", "tag: w_2023_14")})
    push(tree, directory)
    refusal = write(target(spec), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "changed-by"
    assert refusal.values["commit"] == theirs
    assert refusal.values["author"] == "Anna <anna@example.org>"
    assert refusal.values["found"] == "w_2023_14"
    assert refusal.values["line"] == 11
    assert git(directory, "rev-parse", "main") == theirs


def test_a_restore_puts_back_what_is_still_ours(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    write(target(spec), access)
    assert isinstance(registry.restore(target(spec), BEFORE, OURS, access, Promoter().grant()), Written)
    assert show(directory) == VALUES


def test_a_restore_leaves_what_somebody_else_wrote(
    place: tuple[str, Path], tree: Path, access: Access
) -> None:
    spec, directory = place
    write(target(spec), access)
    git(tree, "pull", "-q", str(directory), "main")
    theirs = put(tree, {FILE: VALUES.replace("tag: w_2023_15", "tag: w_2023_17")})
    push(tree, directory)
    refusal = registry.restore(target(spec), BEFORE, OURS, access, Promoter().grant())
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["commit"]) == ("changed-by", theirs)
    assert show(directory).count("w_2023_17") == 1


def test_who_changed_a_setting_is_known(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    first = git(directory, "rev-parse", "main")
    write(target(spec), access)
    tip = git(directory, "rev-parse", "main")
    by_us = Change(tip, "Kim <kim@example.org>", "2023-04-21T18:00:00Z")
    assert changed_by(target(spec), "image.tag", access) == by_us
    by_hand = changed_by(target(spec), "image.digest", access)
    assert isinstance(by_hand, Change)
    assert (by_hand.commit, by_hand.author) == (first, "Anna <anna@example.org>")


def test_a_change_of_the_same_lines_is_not_a_change_of_the_setting(tree: Path, access: Access) -> None:
    write(target("conf"), access)
    tip = git(tree, "rev-parse", "main")
    put(tree, {FILE: AFTER.replace("# since Thursday", "# since Friday")})
    change = changed_by(target("conf"), "image.tag", access)
    assert isinstance(change, Change)
    assert change.commit == tip


def test_what_is_stated_is_read_from_each_form(tree: Path, access: Access) -> None:
    here = target("conf", *ALL)
    said = registry.stated(here, snapshot_of(here, access))
    assert not isinstance(said, Refusal)
    assert [(each.path, each.line, each.tag, each.digest) for each in said] == [
        ("image.tag", 11, "w_2023_15", None),
        ("image.digest", 12, None, "sha256:" + "0" * 64),
        ("worker.image", 13, "w_2023_15", None),
    ]


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("ghcr.io/lsst/lab:w_1", "ghcr.io/lsst/lab:w_2023_16"),
        ("summit.local:5000/mirror/lsst/lab:w_1", "summit.local:5000/mirror/lsst/lab:w_2023_16"),
        ("summit.local:5000/mirror/lab:w_1", Refusal),
        (f"ghcr.io/lsst/lab@{LAB.replace('1', '2')}", f"ghcr.io/lsst/lab@{LAB}"),
        (f"ghcr.io/lsst/lab:w_1@{LAB.replace('1', '2')}", f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        ("ghcr.io/lsst/lab", f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        ("", f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        (Unquoted("null"), f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        ("ghcr.io/lsst/portal:w_1", Refusal),
        ("no image", Refusal),
    ],
)
def test_a_whole_image_keeps_its_form(found: Value, value: object) -> None:
    here = replace(
        target("conf", Setting("lab", "image", Writes.IMAGE)), mirrors=("summit.local:5000/mirror",)
    )
    edits = registry.desired(here, release("w_2023_16"), Snapshot("r", "b", {"image": found}, {"image": 3}))
    if value is Refusal:
        assert isinstance(edits, Refusal)
        assert edits.values["line"] == 3
    else:
        assert edits == {"image": value}


def test_settings_of_other_products_are_left_and_none_at_all_is_refused() -> None:
    here = target("conf", Setting("lab", "a"), Setting("portal", "b"))
    there = Snapshot("r", "b", {"a": "1", "b": "2"}, {"a": 1, "b": 2})
    assert registry.desired(here, release("w_2023_16"), there) == {"a": "w_2023_16"}
    refusal = registry.desired(here, release("w_2023_16", "tap"), there)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-component"


# What is not there.


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"branch": "prod"}, "no-branch"),
        ({"file": "applications/none.yaml"}, "no-file"),
        ({"file": "applications"}, "not-a-file"),
        ({"file": "link"}, "not-a-file"),
        ({"file": "../x.yaml"}, "bad-file"),
        ({"repository": "nowhere"}, "no-repository"),
        ({"repository": "conf/other"}, "no-repository"),
        ({"repository": "ext::sh -c true"}, "no-repository"),
        ({"repository": "ftp://host/x"}, "no-repository"),
        ({"settings": (Setting("lab", "image.tagg"),)}, "absent"),
    ],
)
def test_what_is_not_there_is_refused(tree: Path, access: Access, change: dict, code: str) -> None:
    (tree / "link").symlink_to("README")
    git(tree, "add", "link")
    git(tree, "commit", "-q", "-m", "a link")
    there = target("conf")
    here = {"location": replace(there.location, **change)} if "settings" not in change else change
    refusal = registry.read(replace(there, **here), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


@pytest.mark.parametrize(
    "address",
    ["http://kim:secret@127.0.0.1:9/conf.git", "http://secret@127.0.0.1:9/", "ssh://a:secret@127.0.0.1:9/x"],
)
def test_an_address_with_a_password_is_refused_and_not_shown(access: Access, address: str) -> None:
    answer = registry.read(target(address), access)
    assert isinstance(answer, Refusal)
    assert answer.code == "no-repository"
    assert "127.0.0.1" in answer.values["where"]
    assert "secret" not in str(answer)


def test_a_remote_that_does_not_answer_is_unreachable(tmp_path: Path, access: Access) -> None:
    answer = registry.read(target("http://127.0.0.1:9/conf.git"), access)
    assert isinstance(answer, Unavailable)
    assert "127.0.0.1" in answer.where
    gone = registry.read(target((tmp_path / "gone.git").as_uri()), access)
    assert isinstance(gone, Unavailable)
