"""What a write expects to find, setting by setting, against what is there; and since when it is there."""

from collections.abc import Callable, Mapping

from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.targets.results import ABSENT, Change, RefusedError, Value, Values
from ldmrelease.targets.stores.reading import PathsToRead
from ldmrelease.targets.yamledit.edit_settings import FoundSetting


def require_expected(
    own: str,
    settings: Mapping[str, FoundSetting],
    edits: Values,
    expect: Values,
    changed_by: Callable[[str], Change],
) -> None:
    """Raise `RefusedError` (`changed-by`) for a setting that is neither as expected nor as wanted.

    own: the file of addresses that name none.
    changed_by: who changed a setting, asked only where one was. Raises KeyError where `expect` lacks one of the edits.
    """
    for path, wanted in edits.items():
        found = settings[path]
        if found.value in (wanted, expect[path]):
            continue
        change = changed_by(path)
        at = ValueAddress.of(path)
        values = {"path": at.path, "line": found.line, "found": found.value, "expected": expect[path]}
        who = {"author": change.author, "time": change.time} | (
            {"commit": change.commit} if change.commit else {}
        )
        raise RefusedError("changed-by", file=at.file or own, **values, **who)


def written_settings(edits: Values, expect: Values) -> PathsToRead:
    """What a write reads: each setting that it writes. Those that it adds or takes away may be absent; all of them may
    have an anchor, as far as nobody else reads what it stands for."""
    optional = [path for path in edits if ABSENT in (edits[path], expect[path])]
    return PathsToRead(list(edits), optional, shared=list(edits))


def said_already(now: Value | None, then: Value | None, item: int | None) -> bool:
    """Whether a setting said then what it says now; of a list, whether it had the item that now stands at `item`.

    Items are found by what they are and not by where they stand: whoever puts one in moves all that follow.
    """
    if item is None or not isinstance(now, tuple):
        return then == now
    return isinstance(then, tuple) and now[item] in then
