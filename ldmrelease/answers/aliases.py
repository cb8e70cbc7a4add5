"""Which names stand for what in menus."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.findings import UnreachableAnswer, unreachable_answer
from ldmrelease.answers.spellings import PlaceName, ReleaseName
from ldmrelease.services.inventory.aliases import AliasOf, NotRead


class AliasAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A name of a menu. `spelling` is the image tag that it stands for, null for nothing; `release` is that tag's
    release, where it is pinned.
    """

    place: PlaceName
    alias: str
    spelling: str | None
    release: ReleaseName | None


class AliasesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The names of every menu, and the menus that could not be read."""

    aliases: tuple[AliasAnswer, ...]
    unreachable: tuple[UnreachableAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Undecided where a menu could not be read."""
        return found_code(None, self.unreachable)


def aliases_answer(found: Iterable[AliasOf | NotRead]) -> AliasesAnswer:
    """What menus say."""
    found = tuple(found)
    return AliasesAnswer(
        aliases=tuple(
            AliasAnswer(place=str(each.place), alias=each.alias, spelling=each.tag, release=each.release)
            for each in found
            if isinstance(each, AliasOf)
        ),
        unreachable=tuple(
            unreachable_answer(each.place, [each.why]) for each in found if isinstance(each, NotRead)
        ),
    )
