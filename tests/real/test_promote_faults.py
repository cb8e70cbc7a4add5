"""What goes wrong around a promotion: registries that misbehave, damaged images, ledgers that are not what
they were. Each ends in "could not decide" or a refusal that says why, with nothing changed.
"""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ldmrelease.domain.images import parse_reference
from tests.real.faultproxy import FaultProxy
from tests.real.faultproxy import status as answer
from tests.real.registries import RunningRegistry
from tests.real.test_kills_http import site_in
from tests.workspace import PLACE, WEEKLY, Site, copy_site, new_site

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faults") / "template"
    new_site(root).release_weekly()
    return root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return copy_site(template, tmp_path / "site")


def promote(site: Site, target: str = PLACE) -> tuple[int, str]:
    done = site.run("promote", WEEKLY, "--target", target)
    assert "Traceback" not in done.stderr
    return done.exit_code, done.stderr + done.stdout


def damage(site: Site, change: Callable[[sqlite3.Connection], object]) -> None:
    """Somebody with the file and sqlite3 takes the triggers away and writes."""
    connection = sqlite3.connect(site.root / "ledger.db")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    change(connection)
    connection.commit()
    connection.close()


def test_an_older_copy_of_the_ledger_may_not_write_where_the_newer_one_did(site: Site) -> None:
    for suffix in ("", "-wal", "-shm"):
        if (site.root / f"ledger.db{suffix}").exists():
            shutil.copy(site.root / f"ledger.db{suffix}", site.root / f"older.db{suffix}")
    assert promote(site)[0] == 0
    refs = site.refs()
    for suffix in ("", "-wal", "-shm"):
        (site.root / f"ledger.db{suffix}").unlink(missing_ok=True)
        if (site.root / f"older.db{suffix}").exists():
            shutil.move(site.root / f"older.db{suffix}", site.root / f"ledger.db{suffix}")
    code, said = promote(site)
    assert code == 3, said
    assert "ledger" in said
    assert site.refs() == refs


def test_another_ledger_may_not_write_there(site: Site, template: Path, tmp_path: Path) -> None:
    assert promote(site)[0] == 0
    other = copy_site(template, tmp_path / "other")
    for suffix in ("", "-wal", "-shm"):
        (other.root / f"ledger.db{suffix}").unlink(missing_ok=True)
    from ldmrelease.ledger import create_ledger  # noqa: PLC0415
    from ldmrelease.projections.registry import PROJECTORS  # noqa: PLC0415

    create_ledger(other.root / "ledger.db", at=other.now, actor="me", projectors=PROJECTORS).close()
    shutil.rmtree(other.root / "gitops")
    shutil.copytree(site.root / "gitops", other.root / "gitops")
    refs = other.refs()
    code, said = promote(other)
    assert code == 3, said
    assert other.refs() == refs


def test_an_edited_event_is_found_before_anything_rests_on_it(site: Site) -> None:
    assert promote(site)[0] == 0
    damage(site, lambda db: db.execute("UPDATE events SET actor = 'mallory' WHERE sequence = 2"))
    assert site.run("ledger", "verify").exit_code in (1, 3)


def test_a_cut_tail_shows_against_a_checkpoint_kept_elsewhere(site: Site, tmp_path: Path) -> None:
    assert promote(site)[0] == 0
    kept = tmp_path / "checkpoint.json"
    site.ok("ledger", "checkpoint", "--out", str(kept))
    damage(site, lambda db: db.execute("DELETE FROM events WHERE sequence > 8"))
    done = site.run("ledger", "verify", "--checkpoint", str(kept))
    assert done.exit_code in (1, 3), done.stdout
    code, _ = promote(site, "usdfint/batch")
    assert code == 3


def test_a_flipped_bit_in_an_image_is_found(site: Site) -> None:
    context = site.context()
    source = context.topology.product("stack").component("scipipe")  # type: ignore[union-attr]
    repository = context.registries.open(parse_reference(source.source))  # type: ignore[union-attr]
    digest = repository.resolve("al9-w_2023_16").digest  # type: ignore[union-attr]
    context.ledger.close()
    path = site.root / "images" / "scipipe" / "blobs" / "sha256" / digest.removeprefix("sha256:")
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    head, refs = site.head(), site.refs()
    code, said = promote(site)
    assert code == 3, said
    assert "digest" in said or "sha256" in said
    assert (site.head(), site.refs()) == (head, refs)


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_registry_that_does_not_answer_is_no_absence(
    template: Path, tmp_path: Path, docker_registry: RunningRegistry, status: int
) -> None:
    site = site_in(template, tmp_path / "site", docker_registry)
    with FaultProxy(docker_registry.address) as proxy:
        site.edit(lambda text: text.replace(docker_registry.address, proxy.address))
        proxy.fail("", "", answer(status))
        everything = site.everything()
        code, said = promote(site)
        assert code == 3, said
        assert "error" in said
        assert site.everything() == everything
