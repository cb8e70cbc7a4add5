"""The way back from a rendered image to the scalars that decide it: each candidate is replaced by a text that stands
nowhere else, and what is rendered is read for these texts. Pure.

Numbers keep their value, since templates format them (`printf "%03d"`): they are found beside the other parts.
"""

import hmac
import json
import re
import secrets
import threading

from msgspec import Struct

from ldmrelease.trees.charts import Instance
from ldmrelease.trees.image_references import is_count
from ldmrelease.trees.values import YamlMapping, YamlScalar, YamlSequence, YamlValue

_ABOUT_IMAGES = re.compile(r"image|tag|repo|registry|version|digest", re.IGNORECASE)
_ABOUT_OTHERS = re.compile(r"policy|pull|secret|apiversion|kubeversion|annotation|label", re.IGNORECASE)
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:@+-]*")
_VERSION = re.compile(r"(v?)[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[-+][A-Za-z0-9.+-]+)?")
# Two forms, since charts compare versions: a plain word, and a version that none has.
_SENTINEL = re.compile(r"(:?)(?:zq([0-9]{12})zq|v?77([0-9]{12})\.0\.0)")
_PIECE = re.compile(r"zq|(?<![0-9])77[0-9]|0\.0$")
_NUMBERS = 10**12


class Rendered(Struct, frozen=True):
    """A rendered text with what stood for its sentinels, and the scalars that are in it, in their order."""

    text: str
    parts: tuple[YamlScalar, ...]


class Sentinels:
    """Those of one rendering of a tree, for several threads.

    secret: what they are made with. Nobody who writes a tree knows it, so no text of the tree passes for a sentinel;
    with the same one, the same scalar has the same sentinel again, whatever it says.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._lock = threading.Lock()
        self._secret = secret if secret is not None else secrets.token_bytes(32)
        self._scalars: dict[str, tuple[YamlScalar, str]] = {}
        self._numbers: dict[tuple[str, tuple[str | int, ...]], list[YamlScalar]] = {}
        self._known: dict[tuple[str, int, tuple[str | int, ...]], str] = {}

    def values(self, instances: list[Instance]) -> YamlValue:
        """The values of an application's charts with sentinels in them, as its own chart takes them."""
        by_path = {each.path: each for each in instances}
        return self._below((), by_path)

    def marked(self, value: YamlValue, path: tuple[str | int, ...] = (), /) -> YamlValue:
        """A value with sentinels in place of what may be part of an image."""
        if isinstance(value, YamlMapping):
            entries = {key: self.marked(each, (*path, key)) for key, each in value.entries.items()}
            return YamlMapping(entries, value.file, value.line)
        if isinstance(value, YamlSequence):
            items = tuple(self.marked(each, path) for each in value.items)
            return YamlSequence(items, value.file, value.line)
        return self.scalar(value) if is_candidate(value, path) else value

    def scalar(self, scalar: YamlScalar) -> YamlScalar:
        """The sentinel for a scalar; a number stays."""
        if scalar.is_number:
            self._numbers.setdefault((scalar.file, scalar.path[:-1]), []).append(scalar)
            return scalar
        text = self.stand_in(scalar, scalar.printed() or "")
        return YamlScalar(text, True, scalar.file, scalar.line, scalar.path)

    def stand_in(self, scalar: YamlScalar, text: str, /) -> str:
        """The sentinel for a text that a scalar brings along: all that it says, or what follows an image's name."""
        # Documents of one file may have the same path; what a scalar is called does not follow from its line.
        where = (scalar.file, scalar.line, scalar.path)
        with self._lock:
            if where not in self._known:
                number = self._number(repr((scalar.file, scalar.path)).encode())
                self._scalars[number] = (scalar, text)
                self._known[where] = _sentinel(number, text)
        return self._known[where]

    def read(self, text: str) -> Rendered:
        """What a rendered text would be without sentinels, and which scalars it is made of."""
        known = (self._of(found) for found in _SENTINEL.finditer(text))
        parts = [each[0] for each in known if each is not None]
        plain = _SENTINEL.sub(self._plain, text)
        return Rendered(plain, (*parts, *self._numbers_in(text, parts)))

    def may_be_cut(self, text: str, /) -> bool:
        """Whether a rendered text may have a piece of a sentinel in it, as templates cut them (`trunc 8`)."""
        return _PIECE.search(_SENTINEL.sub("", text)) is not None

    def _of(self, found: re.Match[str]) -> tuple[YamlScalar, str] | None:
        return self._scalars.get(found[2] or found[3])

    def _number(self, where: bytes) -> str:
        """Twelve digits that no other scalar has."""
        while True:
            digest = hmac.digest(self._secret, where, "sha256")
            number = f"{int.from_bytes(digest[:8]) % _NUMBERS:012d}"
            if number not in self._scalars:
                return number
            where = digest

    def _plain(self, found: re.Match[str]) -> str:
        known = self._of(found)
        if known is None:
            return found[0]
        # What follows the name of an image brings its own colon, or none.
        return known[1] if known[1][:1] in ("", ":", "@") else found[1] + known[1]

    def _numbers_in(self, text: str, parts: list[YamlScalar]) -> list[YamlScalar]:
        """The numbers that stand in a text, of those beside its other parts."""
        rest = re.split(r"[:.@/-]", _SENTINEL.sub("", text))
        found = {int(each) for each in rest if is_count(each)}
        whole = _SENTINEL.sub("", text).lstrip(":")
        for each in parts:
            for number in self._numbers.get((each.file, each.path[:-1]), ()):
                printed = number.printed() or ""
                if printed == whole or (is_count(printed) and int(printed) in found):
                    return [number]
        return []

    def _below(self, path: tuple[str, ...], by_path: dict[tuple[str, ...], Instance]) -> YamlValue:
        instance = by_path[path]
        own = {key: each for key, each in instance.values.entries.items() if not path or key != "global"}
        entries = {key: self.marked(each, (key,)) for key, each in own.items() if key not in instance.aliases}
        for alias in instance.aliases:
            if (*path, alias) in by_path:
                entries[alias] = self._below((*path, alias), by_path)
            elif alias in own:
                entries[alias] = own[alias]
        return YamlMapping(entries, instance.values.file, instance.values.line)


class NoSentinels(Sentinels):
    """Stands where sentinels do, and leaves everything as it is: what is rendered is what will be applied, and says
    nothing of the scalars that it is made of. A template may look at a value before it prints it."""

    def marked(self, value: YamlValue, _path: tuple[str | int, ...] = (), /) -> YamlValue:
        """The value."""
        return value

    def scalar(self, scalar: YamlScalar) -> YamlScalar:
        """The scalar."""
        return scalar

    def stand_in(self, _scalar: YamlScalar, text: str, /) -> str:
        """The text."""
        return text

    def may_be_cut(self, _text: str, /) -> bool:
        """No: it is what it will be."""
        return False

    def read(self, text: str) -> Rendered:
        """The text, made of nobody knows what."""
        return Rendered(text, ())


def as_yaml(value: YamlValue) -> str:
    """Values as a file that says the same, on one line: JSON but for what stands without quotes."""
    if isinstance(value, YamlMapping):
        pairs = (f"{json.dumps(key)}: {as_yaml(each)}" for key, each in value.entries.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, YamlSequence):
        return "[" + ", ".join(as_yaml(each) for each in value.items) + "]"
    if value.quoted or value.printed() is None or not _is_plain(value):
        return "null" if not value.quoted and value.printed() is None else json.dumps(value.text)
    return value.text


def _is_plain(value: YamlScalar) -> bool:
    """Whether it is a number or a truth value, which has to stay without quotes."""
    return value.is_number or value.printed() in {"true", "false"}


def is_candidate(value: YamlScalar, path: tuple[str | int, ...]) -> bool:
    """Whether a scalar of values may be part of an image, by what it says and what it is called."""
    text = value.printed()
    if text is None or text in {"true", "false"} or not _PART.fullmatch(text):
        return False
    names = [str(each) for each in path[-2:]]
    return any(map(_ABOUT_IMAGES.search, names)) and not any(map(_ABOUT_OTHERS.search, names))


def _sentinel(number: str, text: str) -> str:
    version = _VERSION.fullmatch(text)
    return f"{version[1]}77{number}.0.0" if version else f"zq{number}zq"
