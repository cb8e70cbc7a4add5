"""A cut, forked or older copy of the ledger: whoever outside knows more stops it, wherever it would act."""

import json
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.errors import LimitExceeded
from ldmrelease.registry.manifests import Descriptor
from ldmrelease.registry.oci_layout import LayoutRepository as Layout
from ldmrelease.registry.referrers import put_referrers
from ldmrelease.services.deployments import checkpoints
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.trust.checkpoints import CHECKPOINT_TYPE
from tests.unit.faces.cli.running import run
from tests.workspace import BEFORE, MENU, PLACE, TESTSTAND, WEEKLY, Site

ELSEWHERE = PLACE
"""Not the place that knows more: nothing has been written there yet."""


def copy_of_ledger(site: Site, into: Path) -> None:
    """The database file as it is now."""
    with sqlite3.connect(site.root / "ledger.db") as live, sqlite3.connect(into) as copy:
        live.backup(copy)


def put_back(site: Site, copy: Path) -> None:
    for each in site.root.glob("ledger.db*"):
        each.unlink()
    shutil.copyfile(copy, site.root / "ledger.db")


@pytest.fixture(scope="module")
def older_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ready_once.copy(tmp_path_factory.mktemp("older") / "workspace")
    copy_of_ledger(site, site.root.parent / "before.db")
    site.ok("promote", WEEKLY, "--target", TESTSTAND)
    put_back(site, site.root.parent / "before.db")
    return site


@pytest.fixture
def older(older_once: Site, tmp_path: Path) -> Site:
    """After a promotion to the test stand somebody works with the ledger of before."""
    return older_once.copy(tmp_path / "workspace")


def without_release_repository(site: Site) -> None:
    shutil.rmtree(site.root / "images/releases")


def without_fences(site: Site) -> None:
    for ref in [each for each in site.refs() if each.startswith("refs/ldmrelease/")]:
        site.git("update-ref", "-d", ref)


def test_an_older_copy_stops_where_another_place_knows_more(older: Site) -> None:
    without_release_repository(older)
    before, size = older.committed(ELSEWHERE), older.head().size
    done = older.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout
    assert f"{TESTSTAND} has seen event" in done.stderr
    assert (older.committed(ELSEWHERE), older.head().size) == (before, size)


def test_an_older_copy_stops_where_the_release_repository_knows_more(older: Site) -> None:
    without_fences(older)
    done = older.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout
    assert "oci:images/releases has seen event" in done.stderr
    assert "it was cut, or is an older copy" in done.stderr


def test_a_fork_that_has_grown_longer_is_one(older: Site) -> None:
    """An older program would have gone on without asking."""
    context = older.context()
    with context.ledger:
        application = context.topology.applications[1]
        for _ in range(40):
            seen = observe(context, application)
            assert isinstance(seen, Observation)
            context.append([observation_event(context, seen)])
    done = older.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout
    assert "it was forked" in done.stderr


def test_resume_and_abort_of_an_older_copy_change_nothing(ready: Site, tmp_path: Path) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    assert ready.run("promote", WEEKLY, "--target", "base/ocps").exit_code == 4
    copy_of_ledger(ready, tmp_path / "before.db")
    listed = json.loads(ready.ok("promotions", "list", "-o", "json"))
    ready.ok("promote", WEEKLY, "--target", ELSEWHERE)
    put_back(ready, tmp_path / "before.db")
    before = ready.head().size, ready.refs()
    for words in (("resume", listed[-1]["promotion"]), ("abort", listed[-1]["promotion"])):
        done = ready.run(*words)
        assert done.exit_code == 3, done.stdout
        assert "has seen event" in done.stdout + done.stderr
    assert (ready.head().size, ready.refs()) == before


def test_doctor_and_verify_say_who_knows_more(older: Site) -> None:
    verified = older.run("ledger", "verify")
    assert verified.exit_code == 1
    assert f"{TESTSTAND} has seen event" in verified.stdout
    assert "oci:images/releases has seen event" in verified.stdout
    assert "oci:images/releases has seen event" in older.run("doctor").stdout


def test_who_cannot_be_asked_blocks_nothing_and_is_said(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    ready.edit(lambda text: text.replace("repository: gitops", "repository: http://127.0.0.1:1/gone.git", 1))
    ready.ok("promote", WEEKLY, "--target", ELSEWHERE)
    done = ready.run("ledger", "verify")
    assert done.exit_code == 0, done.stdout
    assert "could not be reached" in done.stdout


def test_who_never_answers_holds_nobody_up(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "read_fences", lambda *_: time.sleep(3600))
    with ready.context().ledger:
        context = ready.context()
        kept = {each.where: each for each in checkpoints.kept_checkpoints(context, 0.2)}
    assert kept[MENU].unknown == "no answer within 0.2 s"
    assert kept["oci:images/releases"].unknown is None


def test_a_checkpoint_by_hand_is_what_promotions_look_at(ready: Site, tmp_path: Path) -> None:
    copy_of_ledger(ready, tmp_path / "before.db")
    ready.ok("observe")
    told = json.loads(ready.ok("ledger", "checkpoint", "--publish"))
    assert told["size"] == ready.head().size
    put_back(ready, tmp_path / "before.db")
    assert ready.run("promote", WEEKLY, "--target", ELSEWHERE).exit_code == 3
    # What knows less replaces nothing.
    assert ready.run("ledger", "checkpoint", "--publish").exit_code == 3


def test_a_checkpoint_by_a_key_without_the_role_is_not_believed(ready: Site, tmp_path: Path) -> None:
    copy_of_ledger(ready, tmp_path / "before.db")
    ready.ok("observe")
    (ready.root / "keys/ledger.pem").rename(ready.root / "keys/right.pem")
    shutil.copyfile(ready.root / "keys/ci.pem", ready.root / "keys/ledger.pem")
    (ready.root / "keys/ledger.pem").chmod(0o600)
    ready.run("ledger", "checkpoint", "--publish")
    put_back(ready, tmp_path / "before.db")
    (ready.root / "keys/right.pem").replace(ready.root / "keys/ledger.pem")
    stopped_and_told(ready)
    ready.ok("ledger", "checkpoint", "--publish")
    ready.ok("promote", WEEKLY, "--target", ELSEWHERE)


def stopped_and_told(site: Site) -> None:
    """What stands at the ledger's tag stops promotions, and a way out is named."""
    done = site.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout
    assert "`ldmrelease ledger checkpoint --publish`" in done.stderr
    diagnoses = json.loads(site.run("doctor", "-o", "json").stdout)
    assert "bad" in json.dumps([each for each in walked(diagnoses) if "checkpoint-" in json.dumps(each)])


def walked(value: Any) -> list[Any]:
    found = [value] if isinstance(value, dict) else []
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*found, *(each for child in children for each in walked(child))]


def test_a_tag_that_points_at_junk_stops(ready: Site) -> None:
    ready.ok("ledger", "checkpoint", "--publish")
    point_tag(ready, "stack-w.2023.15")
    stopped_and_told(ready)


def test_a_tag_that_points_at_an_older_checkpoint_hides_nothing(ready: Site, tmp_path: Path) -> None:
    ready.ok("ledger", "checkpoint", "--publish")
    repository = ready.context().registries.open(parse_reference("oci:images/releases"))
    (tag,) = [each for each in repository.tags() if each.startswith("checkpoint-")]
    older = repository.manifest(tag)
    copy_of_ledger(ready, tmp_path / "before.db")
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    without_fences(ready)
    put_back(ready, tmp_path / "before.db")
    repository.put_manifest(older.content, older.media_type, tag)
    done = ready.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout
    assert "oci:images/releases has seen event" in done.stderr


def put_junk(site: Site, count: int, annotations: dict[str, str] | None = None) -> None:
    """Somebody who may push puts what pretends to be checkpoints beside the release."""
    repository = site.context().registries.open(parse_reference("oci:images/releases"))
    (subject,) = [repository.resolve(each) for each in repository.tags() if each.endswith(WEEKLY)]
    assert subject is not None
    for number in range(count):
        layers = [(CHECKPOINT_TYPE, f"junk {number}".encode())]
        put_referrers(repository, [subject], CHECKPOINT_TYPE, layers, annotations or {})


@pytest.mark.parametrize("annotations", [{}, {checkpoints.ANNOTATION: "junk"}])
def test_junk_beside_releases_stops_nobody_and_is_told_of(ready: Site, annotations: dict[str, str]) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    put_junk(ready, 12, annotations)
    done = json.loads(ready.ok("promote", WEEKLY, "--target", ELSEWHERE, "-o", "json"))
    (notice,) = done["notices"]
    assert (notice["code"], notice["values"]["count"]) == ("junk-checkpoints", 12)
    assert "12 checkpoints do not count" in ready.run("doctor").stdout


@pytest.mark.parametrize("annotations", [{}, {checkpoints.ANNOTATION: "junk"}])
def test_the_newest_checkpoint_is_found_among_junk(
    ready: Site, tmp_path: Path, annotations: dict[str, str]
) -> None:
    ready.ok("ledger", "checkpoint", "--publish")
    repository = ready.context().registries.open(parse_reference("oci:images/releases"))
    (tag,) = [each for each in repository.tags() if each.startswith("checkpoint-")]
    older = repository.manifest(tag)
    copy_of_ledger(ready, tmp_path / "before.db")
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    without_fences(ready)
    put_back(ready, tmp_path / "before.db")
    repository.put_manifest(older.content, older.media_type, tag)
    put_junk(ready, 12, annotations)
    done = ready.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout
    assert "oci:images/releases has seen event" in done.stderr


def test_tags_of_nobodys_product_do_not_crowd_out_the_releases(ready: Site, tmp_path: Path) -> None:
    copy_of_ledger(ready, tmp_path / "before.db")
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    without_fences(ready)
    put_back(ready, tmp_path / "before.db")
    repository = ready.context().registries.open(parse_reference("oci:images/releases"))
    older = repository.manifest(f"stack-{BEFORE}")
    for number in range(9):
        repository.put_manifest(older.content, older.media_type, f"zzz-{number}")
    done = ready.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout


def test_a_flood_in_which_nothing_can_be_looked_for_stops_and_says_what_to_do(
    ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    real = Layout.referrers

    def referrers(own: Layout, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        if artifact_type == CHECKPOINT_TYPE:
            raise LimitExceeded("more than 2000 referrers", method="GET", repository=own.name)
        return real(own, digest, artifact_type)

    monkeypatch.setattr(Layout, "referrers", referrers)
    size = ready.head().size
    done = ready.run("promote", WEEKLY, "--target", ELSEWHERE)
    assert done.exit_code == 3, done.stdout
    assert "more than 2000 referrers" in done.stderr
    assert "find out who may write to that repository" in done.stderr
    assert ready.head().size == size
    assert "more than 2000 referrers" in ready.run("doctor").stdout
    # The ledger's own tag moves on all the same.
    told = json.loads(ready.ok("ledger", "checkpoint", "--publish"))
    assert told["size"] == size


def point_tag(site: Site, at: str) -> None:
    """Somebody who may push points the ledger's tag at another manifest."""
    repository = site.context().registries.open(parse_reference("oci:images/releases"))
    (tag,) = [each for each in repository.tags() if each.startswith("checkpoint-")]
    other = repository.manifest(at)
    repository.put_manifest(other.content, other.media_type, tag)


def test_a_ledger_of_somebody_else_is_no_contradiction(ready: Site, tmp_path: Path) -> None:
    """Two ledgers may share a release repository, and the places of one workspace may be of another's ledger."""
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    for each in ready.root.glob("ledger.db*"):
        each.rename(tmp_path / each.name)
    other = tmp_path / "other"
    run("init", str(other))
    ready.wall_clock()
    put_back(ready, other / "ledger.db")
    ready.ok("promote", WEEKLY, "--target", ELSEWHERE)
    assert ready.run("promote", WEEKLY, "--target", TESTSTAND).exit_code != 0


@pytest.mark.parametrize(
    "words",
    [
        ("observe",),
        ("observe", "--target", ELSEWHERE),
        ("release", "pin", WEEKLY),
        ("check-run", "smoke", BEFORE, "--target", ELSEWHERE),
    ],
)
@pytest.mark.parametrize("lost", [without_release_repository, without_fences])
def test_whatever_appends_asks_before_it_does(older: Site, words: tuple[str, ...], lost: Any) -> None:
    lost(older)
    size = older.head().size
    done = older.run(*words)
    assert done.exit_code == 3, done.stdout
    assert "has seen event" in done.stderr
    assert older.head().size == size


def test_a_check_by_hand_leaves_a_checkpoint(ready: Site, tmp_path: Path) -> None:
    copy_of_ledger(ready, tmp_path / "before.db")
    ready.ok("check-run", "smoke", BEFORE, "--target", PLACE)
    put_back(ready, tmp_path / "before.db")
    done = ready.run("promote", WEEKLY, "--target", TESTSTAND)
    assert done.exit_code == 3
    assert "oci:images/releases has seen event" in done.stderr


@pytest.mark.parametrize("words", [("where",), ("drift",), ("check", BEFORE, "--target", ELSEWHERE)])
def test_who_only_looks_is_asked_nothing(older: Site, words: tuple[str, ...], monkeypatch: Any) -> None:
    monkeypatch.setattr(checkpoints, "kept_checkpoints", lambda *_: pytest.fail("asked"))
    assert older.run(*words).exit_code in (0, 1)
