"""The pins that count: how many are read to answer about a few, and what rows that were edited do."""

from collections.abc import Iterator

import pytest

from ldmrelease.config.workspace.init import FILE
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.streams import pin_stream
from ldmrelease.ledger import Damaged, log
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.pins import DIGESTS
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import Context, wall_clock
from ldmrelease.services.releases.pin import Pinned, pin
from ldmrelease.services.releases.store import store_pin
from tests.unit.projections.observations import claimed
from tests.workspace import BEFORE, Site, new_site

OTHER = "24.0.0"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_site(tmp_path_factory.mktemp("pins") / "site")


@pytest.fixture
def context(site: Site) -> Iterator[Context]:
    """The workspace with a ledger of its own, in memory."""
    workspace = load_workspace(site.root / FILE)
    with MemoryLedger.created(at=site.now, actor="me", projectors=PROJECTORS) as ledger:
        yield Context(workspace, ledger, workspace.keyring, workspace.levels, wall_clock)


def pinned(context: Context, tag: str) -> Pinned:
    product = context.topology.product("stack")
    assert product is not None
    found = pin(context, product, tag)
    assert isinstance(found, Pinned)
    return store_pin(context, found, None)


def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the events that are read from now on."""
    found: list[int] = []
    reader = log.checked

    def noted(ledger: str, row: log.EventRow) -> object:
        found.append(log.EventRow(*row).sequence)
        return reader(ledger, row)

    monkeypatch.setattr(log, "checked", noted)
    return found


def test_the_pins_of_an_image_are_those_that_have_it(context: Context) -> None:
    release, other = pinned(context, BEFORE), pinned(context, OTHER)
    image = release.release.images[0].digest
    assert context.pins.names_of(image) == [f"stack/{BEFORE}"]
    assert context.pins.names_of(other.digest) == [f"stack/{OTHER}"]
    pinned(context, BEFORE)
    assert [each.body.revision for each in context.pins.with_digest(image)] == [1, 2]


def test_a_pin_that_has_nothing_to_do_with_it_is_not_read(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = pinned(context, BEFORE)
    for _ in range(20):
        pinned(context, OTHER)
    events = read(monkeypatch)
    context.pins.with_digest(release.digest)
    assert len(set(events)) == 1


def test_no_row_of_a_projection_adds_or_hides_a_pin(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, other = pinned(context, BEFORE), pinned(context, OTHER)
    image = release.release.images[0].digest
    before = context.pins.with_digest(image)
    right, wrong = ([each.event.sequence] for each in (before[0], context.pins.with_digest(other.digest)[0]))
    assert context.ledger.state(DIGESTS, release.digest) == right
    for forged in (None, [], wrong, [*right, *wrong], ["1"], {"a": 1}):
        monkeypatch.setattr(context.ledger, "state", lambda *_, forged=forged: forged)
        assert context.pins.with_digest(image) == before
        found = context.pins.of_release(release.digest)
        assert found == before[0]


def test_what_somebody_pins_who_may_not_is_found_and_does_not_count(context: Context) -> None:
    release = pinned(context, BEFORE)
    image = release.release.images[0].digest
    says = Pin("stack", "w.2023.99", image, "document", 1, True, None, context.now(), None, (image,))
    event = NewEvent(EventKind.PINNED, pin_stream("stack", "w.2023.99"), claimed(says))
    context.ledger.append([event], at=context.now(), actor="mallory")
    assert context.pins.names_of(image) == [f"stack/{BEFORE}"]


def test_a_pins_row_that_was_edited_stops_the_answer(context: Context) -> None:
    release = pinned(context, BEFORE)
    pinned(context, OTHER)
    rows = context.ledger._rows  # type: ignore[attr-defined]
    at = next(index for index, row in enumerate(rows) if row.kind == "release.pinned")
    rows[at] = rows[at]._replace(body='{"envelope":{}}')
    with pytest.raises(Damaged, match="is not what was appended"):
        context.pins.with_digest(release.release.images[0].digest)
