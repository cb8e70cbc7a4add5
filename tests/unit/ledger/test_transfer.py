"""Export and import: the same ledger again, whole or not at all."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import Damaged, Ledger, LedgerExists, NotImportable, import_ledger, open_ledger
from ldmrelease.projections.registry import PROJECTORS

from .conftest import NOON
from .test_damage import edit

Lines = list[dict[str, object]]


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    blobs = {canonical.digest(data): data for data in (b"one", b"two")}
    events = [NewEvent("test", "a", {"text": "naïve ✓", "number": number}) for number in range(3)]
    ledger.append(events, at=NOON, actor="bob", blobs=blobs)
    return ledger


def exported(ledger: Ledger) -> bytes:
    out = io.BytesIO()
    ledger.export(out)
    return out.getvalue()


def test_an_import_is_the_same_ledger(filled: Ledger, tmp_path: Path) -> None:
    text = exported(filled)
    with import_ledger(tmp_path / "copy.db", io.BytesIO(text), projectors=PROJECTORS) as copy:
        assert list(copy.events()) == list(filled.events())
        assert copy.verify(filled.checkpoint(NOON)) == ()
        assert copy.blob(canonical.digest(b"two")) == b"two"
        assert exported(copy) == text
        copy.append([NewEvent("test", "a")], at=NOON, actor="bob", expect={"a": 3})
        assert copy.version("a") == 4


def test_an_export_is_json_by_line(filled: Ledger) -> None:
    records = [json.loads(line) for line in exported(filled).splitlines()]
    assert [next(iter(each)) for each in records[1:]] == ["event"] * 4 + ["blob"] * 2 + ["end"]
    assert records[0] == {"format": "ldmrelease-ledger/1", "ledger": filled.uuid}
    assert records[-1] == {"end": {"events": 4, "blobs": 2, "head": filled.head().hash}}


def test_an_import_never_writes_over_a_file(filled: Ledger, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")
    with pytest.raises(LedgerExists):
        import_ledger(there, io.BytesIO(exported(filled)), projectors=PROJECTORS)
    assert there.read_text() == "mine"


def change_actor(lines: Lines) -> Lines:
    lines[3]["event"]["actor"] = "mallory"  # type: ignore[index]
    return lines


def change_blob(lines: Lines) -> Lines:
    lines[5]["blob"]["data"] = base64.b64encode(b"three").decode()  # type: ignore[index]
    return lines


def no_base64(lines: Lines) -> Lines:
    lines[5]["blob"]["data"] = "=x"  # type: ignore[index]
    return lines


def foreign_event(lines: Lines) -> Lines:
    lines[3]["event"]["ledger"] = "another"  # type: ignore[index]
    return lines


def no_time(lines: Lines) -> Lines:
    lines[3]["event"]["time"] = "2023-04-20T12:00:00"  # type: ignore[index]
    return lines


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [], "line 1: no export"),
        (lambda lines: lines[1:], "line 1: no export"),
        (lambda lines: [{"format": "ldmrelease-ledger/2", "ledger": "u"}, *lines[1:]], "line 1: no export"),
        (lambda lines: lines[:-1], "line 7: the text is cut"),
        (lambda lines: lines[:1], "line 1: the text is cut"),
        (lambda lines: [lines[0], lines[-1]], "line 2: the end tells"),
        (lambda lines: lines[:3] + lines[4:], "line 4: sequence"),
        (lambda lines: lines[:4] + lines[5:], "line 7: the end tells"),
        (lambda lines: lines[:6] + lines[7:], "line 7: the end tells"),
        (lambda lines: [*lines[:6], lines[5], *lines[6:]], "line 7: the bytes of a blob"),
        (lambda lines: [*lines, lines[-1]], "line 9: a record that has no place"),
        (lambda lines: [lines[0], {"event": 1, "blob": 2}], "line 2: a record that has no place"),
        (lambda lines: [lines[0], {"cat": {}}], "line 2: an unknown record 'cat'"),
        (lambda lines: [lines[0], {"event": {}}], "line 2: .*missing"),
        (lambda lines: [lines[0], {"event": []}], "line 2: "),
        (lambda lines: [lines[0], {"blob": None}], "line 2: "),
        (change_actor, "line 4: hash at event 3"),
        (change_blob, "line 6: the bytes of a blob"),
        (no_base64, "line 6: a blob that is not base64"),
        (foreign_event, "line 4: an event of the ledger another"),
        (no_time, "line 4: encoding"),
    ],
)
def test_what_does_not_verify_is_not_imported(
    filled: Ledger, tmp_path: Path, change: Callable[[Lines], Lines], told: str
) -> None:
    lines = change([json.loads(line) for line in exported(filled).splitlines()])
    target = tmp_path / "new" / "copy.db"
    target.parent.mkdir()
    with pytest.raises(NotImportable, match=told):
        import_ledger(target, [json.dumps(line).encode() for line in lines], projectors=PROJECTORS)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("line", [b"", b"garbage", b"[]", b'{"a": 1, "a": 2}', b"\xff"])
def test_what_is_no_record_is_told_by_line(filled: Ledger, tmp_path: Path, line: bytes) -> None:
    lines = exported(filled).splitlines()
    with pytest.raises(NotImportable, match="line 3"):
        import_ledger(tmp_path / "copy.db", [*lines[:2], line, *lines[2:]], projectors=PROJECTORS)


@pytest.mark.parametrize("cut", [2, 100, 900])
def test_a_text_cut_anywhere_is_not_imported(filled: Ledger, tmp_path: Path, cut: int) -> None:
    with pytest.raises(NotImportable):
        import_ledger(tmp_path / "copy.db", io.BytesIO(exported(filled)[:-cut]), projectors=PROJECTORS)


@pytest.mark.parametrize(
    "statement", ["UPDATE blobs SET data = x'00'", "UPDATE events SET actor = 'mallory'"]
)
def test_a_damaged_ledger_is_not_exported(filled: Ledger, path: Path, statement: str) -> None:
    edit(path, statement)
    with pytest.raises(Damaged):
        exported(filled)


def test_an_import_can_be_opened_again(filled: Ledger, tmp_path: Path) -> None:
    import_ledger(tmp_path / "copy.db", io.BytesIO(exported(filled)), projectors=PROJECTORS).close()
    with open_ledger(tmp_path / "copy.db", projectors=PROJECTORS) as copy:
        assert (copy.uuid, copy.head()) == (filled.uuid, filled.head())
