"""Whoever can push to the configuration, and has no key: what stands for a fence there stops nobody."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Place
from ldmrelease.trust.fences import sign_fence, verify_fence
from ldmrelease.trust.signer import generate, load_signer
from ldmrelease.trust.verify import Rejected
from tests.real.gitops.site import put_fence
from tests.unit.faces.cli.test_ledger_anew import REASON, lose
from tests.workspace import BEFORE, PLACE, TESTSTAND, WEEKLY, Site


def ref(place: str) -> str:
    return f"refs/ldmrelease/{place}"


def place_of(name: str) -> Place:
    environment, application = name.split("/")
    return Place(environment, application)


def forged(site: Site, place: str = PLACE, **changes: Any) -> Fence:
    """A fence that would stop everybody if it counted."""
    with site.context().ledger as ledger:
        fence = Fence(
            place_of(place), ledger.uuid, ledger.genesis, 10**6, "sha256:" + "0" * 64, "P-999", 10**6
        )
    return replace(fence, **changes)


def plant(site: Site, kept: bytes, place: str = PLACE) -> None:
    put_fence(site.root / "gitops", kept, ref(place))


def kept(site: Site, place: str = PLACE) -> bytes:
    command = ["git", "-C", str(site.root / "gitops"), "show", f"{ref(place)}:fence.json"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def counted(site: Site, place: str = PLACE) -> Fence | Rejected:
    context = site.context()
    with context.ledger:
        return verify_fence(kept(site, place), context.keyring, place=place_of(place), at=context.now())


FORGERIES: dict[str, Callable[[Site], bytes]] = {
    "junk": lambda _: b"junk \xff\x00",
    "unsigned": lambda site: canonical.encode(forged(site)),
    "unsigned-of-another-ledger": lambda site: canonical.encode(
        forged(site, ledger="other", genesis="other")
    ),
    "by-an-unknown-key": lambda site: sign_fence(forged(site), generate()),
    "by-a-key-for-something-else": lambda site: sign_fence(
        forged(site), load_signer(site.root / "keys/ci.pem")
    ),
    "of-another-place": lambda site: sign_fence(
        forged(site, TESTSTAND), load_signer(site.root / "keys/promoter.pem")
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_fence_stops_nobody_is_told_and_is_replaced(ready: Site, name: str) -> None:
    plant(ready, FORGERIES[name](ready))
    done = json.loads(ready.ok("promote", WEEKLY, "--target", PLACE, "-o", "json"))
    assert done["state"] == "succeeded"
    (notice,) = done["notices"]
    assert (notice["code"], notice["values"]["place"]) == ("ignored-fence", PLACE)
    assert "does not count" in notice["sentence"]
    found = counted(ready)
    assert isinstance(found, Fence)
    assert found.promotion == done["promotion"]
    ready.advance(minutes=5)
    again = json.loads(ready.ok("rollback", BEFORE, "--target", PLACE, "--reason", "x", "-o", "json"))
    assert again["notices"] == []


def test_one_at_another_place_is_told_too_and_left(ready: Site) -> None:
    plant(ready, b"junk", TESTSTAND)
    told = ready.ok("promote", WEEKLY, "--target", PLACE)
    assert f"notice: what {TESTSTAND} keeps as its fence does not count" in told
    assert kept(ready, TESTSTAND) == b"junk"


def test_the_doctor_names_it_and_the_command_that_takes_it_away(ready: Site) -> None:
    plant(ready, FORGERIES["unsigned"](ready))
    done = ready.run("doctor", "-o", "json")
    (found,) = [each for each in json.loads(done.stdout) if "does not count" in each["message"]]
    assert (found["what"], found["health"]) == (PLACE, "warn")
    command = found["remedy"].split("`")[1]
    assert command == f"git -C gitops update-ref -d {ref(PLACE)}"
    subprocess.run(command, shell=True, check=True, cwd=ready.root)
    assert ref(PLACE) not in ready.refs()
    assert "does not count" not in ready.run("doctor").stdout


def test_the_fence_of_a_key_that_was_revoked_counts_no_longer(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    context = ready.context()
    with context.ledger:
        at = context.now()
        revoked = tuple(
            replace(each, compromised_since=at) if each.id == "promoter" else each
            for each in context.keyring.keys
        )
        keyring = replace(context.keyring, keys=revoked)
    found = verify_fence(kept(ready), keyring, place=place_of(PLACE), at=at)
    assert isinstance(found, Rejected)
    assert found.code == "key-compromised"


def test_an_older_fence_that_was_put_back_does_not_hide_a_cut_from_the_release_repository(
    ready: Site,
) -> None:
    """What a deleted or replayed fence could have told, the signed checkpoint beside the releases tells."""
    ready.ok("promote", WEEKLY, "--target", PLACE)
    older = kept(ready)
    (ready.root / "older.db").write_bytes((ready.root / "ledger.db").read_bytes())
    ready.advance(minutes=5)
    ready.ok("rollback", BEFORE, "--target", PLACE, "--reason", "x")
    for each in ready.root.glob("ledger.db*"):
        each.unlink()
    (ready.root / "older.db").rename(ready.root / "ledger.db")
    plant(ready, older)
    done = ready.run("promote", WEEKLY, "--target", TESTSTAND)
    assert done.exit_code == 3
    assert "oci:images/releases has seen event" in done.stderr


def test_a_genuine_fence_of_another_ledger_still_refuses(ready: Site) -> None:
    """Signed by the key that claims here: two ledgers of the same people."""
    signer = load_signer(ready.root / "keys/promoter.pem")
    plant(ready, sign_fence(forged(ready, ledger="other", genesis="other"), signer))
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 3
    assert "the place belongs to the ledger other" in done.output


def test_a_ledger_that_is_begun_anew_records_no_forged_fence(ready: Site) -> None:
    plant(ready, FORGERIES["unsigned-of-another-ledger"](ready))
    lose(ready)
    told = json.loads(ready.ok("ledger", "init", "--anew", "--reason", REASON, "-o", "json"))
    assert told["places"] == []
    ready.ok("release", "pin", BEFORE)
    ready.ok("observe")
    ready.ok("promote", WEEKLY, "--target", PLACE)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "obstacle", [ref(PLACE).rpartition("/")[0], f"{ref(PLACE)}/deeper", f"{ref(PLACE)}/deeper/still"]
)
def test_a_ref_where_the_fence_or_its_folder_belongs_is_named_with_what_removes_it(
    ready: Site, obstacle: str, packed: bool
) -> None:
    for name in ready.refs():
        if name.startswith(ref(PLACE)):
            ready.git("update-ref", "-d", name)
    ready.git("update-ref", obstacle, "main")
    if packed:
        ready.git("pack-refs", "--all")
    before = ready.committed(PLACE)
    command = f"git -C gitops update-ref -d {obstacle}"
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code != 0
    assert f"`{command}` takes it away" in done.stdout + done.stderr
    assert ready.committed(PLACE) == before
    assert f"`{command}` takes it away" in " ".join(ready.run("doctor").stdout.split())
    subprocess.run(command, shell=True, check=True, cwd=ready.root)
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert ready.committed(PLACE) != before
