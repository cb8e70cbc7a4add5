"""What was done to the folder of a site."""

import msgspec

from ldmrelease.answers.places import IntervalAnswer
from ldmrelease.answers.spellings import TimeText


class SiteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A site in `folder`, as of the ledger's last event at `as_of`; its reports are about `period`. `files` and `bytes`
    are of the whole site; `written` files of `written_bytes` are new or differ, `removed` ones are no longer part of
    it.
    """

    folder: str
    as_of: TimeText
    events: int
    period: IntervalAnswer
    files: int
    bytes: int
    written: int
    written_bytes: int
    removed: int
