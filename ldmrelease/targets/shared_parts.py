"""Parts of a tree that settings of several places are put together from: who else reads what a promotion changes."""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from ldmrelease.domain.release import Release
from ldmrelease.domain.targets import FileLocation, GitFile, ImageSettingsTarget
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.targets.results import Refusal, Snapshot, Value, joined

_Scalar = tuple[str, str, str, str]
"""Repository, branch, file, path."""


class PartReader(Struct, frozen=True):
    """A component of a place whose setting is read from a scalar."""

    place: Place
    component: str

    def __str__(self) -> str:
        return f"{self.place} {self.component}"


class SharedParts:
    """Who reads which scalar, of all places of a workspace."""

    def __init__(self, topology: Topology) -> None:
        self._readers: dict[_Scalar, list[PartReader]] = {}
        for application in topology.applications:
            for scalar, component in _read(application):
                self._readers.setdefault(scalar, []).append(PartReader(application.place, component))

    def refusal(
        self, application: Application, release: Release, there: Snapshot, edits: Mapping[str, Value]
    ) -> Refusal | None:
        """`shared-part`: what would be changed is read by components that are not written with it; None where none is.

        What a release has is written there in one commit: what others read would be another one for them, too. What a
        release lacks of its product is not written with it.
        """
        own = application.components(release.product)
        written = {each.name for each in release.components if each.name in own}
        found = []
        for address, value in edits.items():
            if there.values.get(address) == value:
                continue
            scalar = _scalar(application.target.location, address)
            others = [
                *self._others(application, written, address),
                *self._by_anchor(application, there, edits, address),
            ]
            if others:
                about = {"file": scalar[2], "line": there.lines.get(address, 0), "path": scalar[3]}
                found.append(Refusal("shared-part", {**about, "readers": list(dict.fromkeys(others))}))
        return joined(found) if found else None

    def _others(self, application: Application, written: Collection[str], address: str) -> Iterator[str]:
        """Who reads a scalar and is not written with it."""
        for each in self._readers.get(_scalar(application.target.location, address), ()):
            if each.place != application.place or each.component not in written:
                yield str(each)

    def _by_anchor(
        self, application: Application, there: Snapshot, edits: Mapping[str, Value], address: str
    ) -> Iterator[str]:
        """Who says the same by an anchor, and is to go on saying it: settings of the workspace, and where what is
        written is at an alias, anything."""
        anchored = there.anchored.get(address)
        if anchored is None:
            return
        over_others = anchored.by_alias and not anchored.is_written(edits, there.anchored)
        for each in anchored.readers:
            if edits.get(each) == edits[address]:
                continue
            known = self._readers.get(_scalar(application.target.location, each), ())
            yield from map(str, known)
            if not known and over_others:
                yield each


def _read(application: Application) -> Iterator[tuple[_Scalar, str]]:
    target = application.target
    if isinstance(target, ImageSettingsTarget):
        for setting in target.settings:
            for address in setting.read:
                yield _scalar(target.location, address), setting.component


def _scalar(location: FileLocation | object, address: str) -> _Scalar:
    at = ValueAddress.of(address)
    repository, branch = (location.repository, location.branch) if isinstance(location, GitFile) else ("", "")
    return repository, branch, at.file or str(location), at.path
