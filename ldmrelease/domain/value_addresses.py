"""Where a scalar of a tree stands: `[FILE#][KIND/NAME:]PATH`.

`applications/auxtel/values.yaml#atdome.image.tag` is `atdome.image.tag` of that file; without a file it is the one that
a target is about.
"""

from msgspec import Struct

from ldmrelease.domain.value_paths import parse_manifest_path, split_manifest

_SEPARATOR = "#"
NOT_IN_A_PATH = frozenset({"", ".", "..", ".git"})
"""What no folder and no file of a tree is called that anybody may name."""


class ValueAddress(Struct, frozen=True):
    """A path, in a file of the tree; `file` is None for the target's own."""

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
        manifest, path = split_manifest(self.path)
        parent, dot, _ = path.rpartition(".")
        return ValueAddress(f"{manifest}{parent}{dot}{name}", self.file)

    @property
    def key(self) -> str:
        """The last key; the whole path where that does not end in a plain one."""
        path = split_manifest(self.path)[1]
        return path if path.endswith(("]", '"')) else path.rpartition(".")[2]


def key_in(address: str, own: str) -> str:
    """The address as values of a target are keyed, whose own file is `own`: without that file."""
    found = ValueAddress.of(address)
    return found.path if found.file == own else address


def file_of(address: str, own: str) -> str:
    """The file of an address: `own` where it names none."""
    return ValueAddress.of(address).file or own
