"""What stands twice in entries, named where it stands first (YAML anchors). Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ldmrelease.services.adoption.yaml_lines import Alias, Anchored, YamlText, flow

_LONG = 40
"""Characters that are worth a name."""
_NAMES = {"where": "on", "path": "path", "from-tree": "asked", "settings": "settings", "revision": "revision"}


def named_once(entries: Sequence[YamlText], levels: Mapping[str, str]) -> list[YamlText]:
    """The entries with a name for all that stands in them again. levels: those of environments, which lists of
    these are named after."""
    counts: Counter[str] = Counter()
    for each in entries:
        _count(each, counts)
    names = _Names(counts, levels)
    return [names.named(each, "") for each in entries]


def _count(value: YamlText, counts: Counter[str]) -> None:
    """Count what stands there; what is in something that stands there again is counted once."""
    text = flow(value)
    if len(text) > _LONG:
        counts[text] += 1
        if counts[text] > 1:
            return
    for each in _parts(value):
        _count(each, counts)


def _parts(value: YamlText) -> Iterable[YamlText]:
    if isinstance(value, Mapping):
        return value.values()
    return () if isinstance(value, str | Anchored | Alias) else value


class _Names:
    def __init__(self, counts: Counter[str], levels: Mapping[str, str]) -> None:
        self._counts, self._levels = counts, levels
        self._known: dict[str, str] = {}

    def named(self, value: YamlText, key: str) -> YamlText:
        """A value with names; `key` is what it stands under."""
        text = flow(value)
        if text in self._known:
            return Alias(self._known[text])
        name = None
        if len(text) > _LONG and self._counts[text] > 1:
            name = self._free(self._name(value, key))
            self._known[text] = name
        made = self._below(value, key)
        return made if name is None else Anchored(name, made)

    def _below(self, value: YamlText, key: str) -> YamlText:
        if isinstance(value, str | Anchored | Alias):
            return value
        if isinstance(value, Mapping):
            return {name: self.named(each, name) for name, each in value.items()}
        return [self.named(each, key) for each in value]

    def _name(self, value: YamlText, key: str) -> str:
        if key == "environments" and not isinstance(value, str | Anchored | Alias):
            return "-".join(dict.fromkeys(self._levels[str(each)] for each in value))
        return _NAMES.get(key, key)

    def _free(self, name: str) -> str:
        taken = set(self._known.values())
        return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in range(2, 1_000_000):
        yield f"{name}-{number}"
