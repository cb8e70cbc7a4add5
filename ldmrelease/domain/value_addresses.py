"""Where a scalar of a tree stands: `[FILE#][KIND/NAME:]PATH`.

`applications/auxtel/values.yaml#atdome.image.tag` is `atdome.image.tag` of that file; without a file it is the one that
a target is about. Of a file with several manifests one is named: `HelmRelease/prompt:spec.values.image.tag`.
"""

from msgspec import Struct

from ldmrelease.domain.value_paths import parse_manifest_path

_SEPARATOR = "#"
NOT_IN_A_PATH = frozenset({"", ".", "..", ".git"})
"""What no folder and no file of a tree is called that anybody may name."""


class ValueAddress(Struct, frozen=True):
    """A path with its manifest, if it names one, in a file of the tree; `file` is None for the target's own."""

    path: str
    file: str | None = None

    def __str__(self) -> str:
        return self.path if self.file is None else f"{self.file}{_SEPARATOR}{self.path}"

    @classmethod
    def of(cls, text: str) -> "ValueAddress":
        """The two halves of an address, whatever they are. A `#` in a key of the path is in quotes."""
        file, separator, path = text.partition(_SEPARATOR)
        return cls(path, file) if separator and '"' not in file else cls(text)

    @classmethod
    def parse(cls, text: str) -> "ValueAddress":
        """Read an address. Raises `ValueError`."""
        found = cls.of(text)
        if found.file is not None and NOT_IN_A_PATH & set(found.file.split("/")):
            raise ValueError(
                f"{found.file!r} is not a file of a tree; write it from the root of the repository"
            )
        parse_manifest_path(found.path)
        return found

    def beside(self, name: str) -> "ValueAddress | None":
        """The address of another key of the same mapping; None where this one does not end in a plain key."""
        if self.path.endswith(("]", '"')):
            return None
        return ValueAddress(f"{self.path.removesuffix(self.key)}{name}", self.file)

    @property
    def key(self) -> str:
        """The last key; the whole path where that does not end in a plain one."""
        if self.path.endswith(("]", '"')):
            return self.path
        manifest = parse_manifest_path(self.path).manifest
        inside = self.path.removeprefix(f"{manifest}:") if manifest is not None else self.path
        return inside.rpartition(".")[2]


def key_in(address: str, own: str) -> str:
    """The address as values of a target are keyed, whose own file is `own`: without that file."""
    found = ValueAddress.of(address)
    return found.path if found.file == own else address


def file_of(address: str, own: str) -> str:
    """The file of an address: `own` where it names none."""
    return ValueAddress.of(address).file or own
