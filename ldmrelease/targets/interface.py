"""What a kind of target has to offer, in two parts that combine freely.

An *editor* is pure: it knows what settings say of images, and the edits that make them say something else. A *store*
is where the settings are kept: it reads them, and writes edits where they still are as expected. Each is a module
with these functions, named in `registry`; `tests/unit/targets/contract.py` says how a store behaves.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Place
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Change, Refusal, SettingItem, Snapshot, Value, Values, Written


class Editor(Protocol):
    """What the settings of a target say, and what they are to say. Pure; `target` is the specification."""

    def paths(self, target: Any, /) -> tuple[str, ...]:
        """The settings that are read and written; none where the store finds them itself."""

    def optional(self, target: Any, /) -> tuple[str, ...]:
        """Those that may be absent."""

    def beside(self, target: Any, /) -> tuple[str, ...]:
        """What is read along and never written; all of it may be absent."""

    def shared(self, target: Any, /) -> tuple[str, ...]:
        """The settings that may have an anchor, which others read as well."""

    def stated(self, target: Any, snapshot: Snapshot, /) -> tuple[ImageSetting, ...] | Refusal:
        """Which images the settings name."""

    def desired(self, target: Any, release: Release, snapshot: Snapshot, /) -> dict[str, Value] | Refusal:
        """The edits after which the release is there."""

    def aliased(
        self, target: Any, alias: str, release: Release, snapshot: Snapshot, /
    ) -> dict[str, Value] | Refusal:
        """The edits after which the alias stands for the release."""

    def retired(self, target: Any, release: Release, snapshot: Snapshot, /) -> dict[str, Value] | Refusal:
        """The edits after which the release is not there."""

    def restricted_cycle(self, target: Any, snapshot: Snapshot, /) -> int | None:
        """The number of the only cycle whose images are shown; None without such a restriction."""

    def aliases(self, target: Any, /) -> Mapping[str, str]:
        """The names that stand for releases, each with the component whose image it names."""


class Store(Protocol):
    """Where settings are kept. `where` is the location; everything may answer that nobody could be asked.

    A write names what it expects to find, setting by setting, and carries a grant: whoever has claimed the place
    since, and another ledger, keep it from being done (`fence.check`). Nothing is changed by what is refused.
    """

    def name_of(self, where: Any, /) -> str:
        """Where people look for it; without a password."""

    def preflight(self, where: Any, access: Access, /) -> Refusal | Unavailable | None:
        """Why it cannot be written, all of it at once, found when planning; None where nothing is known."""

    def read(
        self,
        where: Any,
        paths: Sequence[str],
        access: Access,
        optional: Collection[str],
        beside: Collection[str],
        shared: Collection[str],
        /,
    ) -> Snapshot | Refusal | Unavailable:
        """The settings as they are now, and what stands `beside` them; an `optional` one may be `ABSENT`, and one of
        `shared` have an anchor."""

    def write(
        self, where: Any, edits: Values, access: Access, /, *, expect: Values, grant: WriteGrant
    ) -> Written | Refusal | Unavailable:
        """Write the edits where each setting is as expected, or as wanted already; the fence moves with them.

        `found` where all were as wanted: the same again after a kill. Refused: `changed-by` and those of the fence.
        """

    def restore(
        self, where: Any, before: Values, ours: Values, access: Access, grant: WriteGrant, /
    ) -> Written | Refusal | Unavailable:
        """Put back what was there before, where the settings still are ours."""

    def claim(self, where: Any, access: Access, grant: WriteGrant, /) -> Written | Refusal | Unavailable:
        """Move the fence to the grant's: from then on an earlier holder cannot write."""

    def fence_of(self, where: Any, place: Place, access: Access, /) -> bytes | Refusal | Unavailable | None:
        """What is kept as the place's fence, by whomever; None where nobody has claimed it yet."""

    def fence_removal(self, where: Any, place: Place, /) -> str:
        """The command by which people take the place's fence away; empty where there is none."""

    def changed_by(
        self, where: Any, asked: Sequence[SettingItem], access: Access, /
    ) -> dict[SettingItem, Change | Refusal] | Refusal | Unavailable:
        """Who last changed each setting; of a list, who put in the item."""
