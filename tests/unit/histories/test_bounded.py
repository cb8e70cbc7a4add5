"""JSON of others is read within limits."""

import io

import msgspec
import pytest

from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.histories import bounded


def test_json_of_very_many_values_is_told_and_not_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(msgspec.json, "decode", lambda _: pytest.fail("it was read"))
    found = list(bounded.read_json(io.BytesIO(b"[" + b"[]," * 5_000_000 + b"1]"), "a.json"))
    assert found == [UnreadableChange("a.json", None, "more than 5,000,000 values")]


def test_lists_objects_with_items_and_lines_are_read():
    for data in (b'[{"a":1},{"a":2}]', b'{"items":[{"a":1},{"a":2}]}', b'{"a":1}\n{"a":2}\n'):
        found = list(bounded.read_json(io.BytesIO(data), "a.json"))
        assert [each.value for each in found if isinstance(each, bounded.JsonItem)] == [{"a": 1}, {"a": 2}]
