"""Changes of image settings, as a history tells them: what somebody wrote into a tree, and nothing of what ran."""

from datetime import datetime

from msgspec import Struct


class SettingChange(Struct, frozen=True):
    """One image setting that a commit changed.

    `key` is its path in the file at `path` (`prompt-keda.image.tag`); `tag` is what it says from then on, None where
    it was removed, and `previous` what it said before, None where there was none. Where a selector has several parts
    (a cycle and a revision), both are put together (`c0044.007`), and `part` is what the file at `path` says alone.
    `time` is the commit's; the changes of one `commit` are a set. `line` is where it stands, if the history tells.
    """

    time: datetime
    environment: str
    application: str
    key: str
    tag: str | None
    previous: str | None
    commit: str
    path: str
    part: str | None = None
    author: str | None = None
    line: int | None = None


class UnreadableChange(Struct, frozen=True):
    """A line of a history, or a file of a commit, that could not be read, and why. `line` counts from 1."""

    source: str
    line: int | None
    reason: str
    commit: str | None = None
