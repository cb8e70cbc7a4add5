"""What patterns ask of a tree: which of its files have a scalar at a path, and what it says. Pure.

An address is `FILE#PATH`. `{name}` in it is a variable: in FILE it stands for a part of a name without `/`, in PATH for
one key or several, `charts[0].image`; so does `*`, which nobody has to name. Where the variable stands for something
already, that is looked for; else what is found there is what it stands for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from msgspec import Struct

from ldmrelease.config.workspace.variables import VARIABLE, Bindings, names_in

_TOKEN = re.compile(rf"{VARIABLE.pattern}|(\*)")
_ANY = "*"
_IS = " = "
_FOLDERS, _LINES = "/", "\n"
LONGEST = 4_096
"""Characters of a path or a value that is looked at: more than any that is meant."""

Scalars = Mapping[str, str | None]
"""The scalars of a file that were recorded, by their path; None where only that it is there was asked."""
Files = Mapping[str, Scalars]
V = TypeVar("V")


class IndexedNames(dict[str, V], Generic[V]):
    """A mapping that is asked often for the names with a beginning and an end: each pair is looked for once. It is not
    changed once it was asked."""

    def __init__(self, entries: Mapping[str, V]) -> None:
        super().__init__(entries)
        self._between: dict[tuple[str, str], list[str]] = {}

    def between(self, start: str, end: str) -> list[str]:
        """The names that begin and end so, in order."""
        known = self._between.get((start, end))
        if known is None:
            known = self._between[start, end] = _between(self, start, end)
        return known


def indexed_files(files: Files) -> Files:
    """The same files, for many questions."""
    return IndexedNames({name: IndexedNames(each) for name, each in files.items()})


class TreeQuestion(Struct, frozen=True):
    """Which scalars there are at an address whose value has a form; any value where `value` is None."""

    file: str
    path: str
    value: str | None = None

    @property
    def asked(self) -> str:
        """What has to be recorded for it, with every variable as `*`: `FILE#PATH`, or `FILE#PATH = VALUE`."""
        text = f"{_anonymous(self.file)}#{_anonymous(self.path)}"
        return text if self.value is None else f"{text}{_IS}{_anonymous(self.value)}"

    @property
    def path_form(self) -> str:
        """A regular expression of all paths that may answer."""
        return ".*".join(map(re.escape, _anonymous(self.path).split(_ANY)))

    @property
    def variables(self) -> list[str]:
        """The variables that an answer gives a meaning."""
        return [*names_in(self.file), *names_in(self.path), *names_in(self.value or "")]

    def answers(self, files: Files, bound: Bindings) -> Iterator[dict[str, str]]:
        """What the variables stand for in each scalar that answers, with those that were `bound` before."""
        for file, own in _matching(self.file, files, bound, _FOLDERS):
            scalars, there = files[file], {**bound, **own}
            for path, inner in _matching(self.path, scalars, there, _LINES):
                known = {**there, **inner}
                if self.value is None:
                    yield known
                    continue
                said = _taken(self.value, scalars[path] or "", known, _LINES)
                if said is not None:
                    yield known | said

    def values(self, files: Files, bound: Bindings) -> Iterator[str | None]:
        """What the scalars at the address say, whatever that is."""
        for file, own in _matching(self.file, files, bound, _FOLDERS):
            yield from (
                files[file][path] for path, _ in _matching(self.path, files[file], {**bound, **own}, _LINES)
            )

    def is_recorded(self, file: str) -> bool:
        """Whether it asks about this file."""
        return _taken(self.file, file, {}, _FOLDERS) is not None

    def takes_path(self, path: str) -> bool:
        """Whether a scalar at this path of such a file may answer it."""
        return _taken(self.path, path, {}, _LINES) is not None

    def takes_value(self, value: str) -> bool:
        """Whether a scalar that says this may answer it."""
        return self.value is None or _taken(self.value, value, {}, _LINES) is not None


def question(address: str, value: str | None = None) -> TreeQuestion:
    """The question about an address. Raises ValueError."""
    file, found, path = address.partition("#")
    if not (file and found and path) or "#" in path:
        raise ValueError(
            f"{address!r} is not FILE#PATH, such as environments/values-base.yaml#applications.mobu"
        )
    return TreeQuestion(file, path, value)


def asked_question(text: str) -> TreeQuestion:
    """The question that was recorded as `TreeQuestion.asked`. Raises ValueError."""
    address, found, value = text.partition(_IS)
    return question(address, value if found else None)


def _anonymous(template: str) -> str:
    return VARIABLE.sub(_ANY, template)


def _matching(
    template: str, known: Mapping[str, object], bound: Bindings, apart: str
) -> Iterable[tuple[str, dict[str, str]]]:
    """The names among `known` that a template stands for, with what its variables do then."""
    tokens = _tokens(template)
    unbound = [index for index, (_, _, name) in enumerate(tokens) if name not in bound]
    if not unbound:
        exact = _filled(template, tokens, bound)
        return [(exact, {})] if exact in known else ()
    # Most names are told apart by what stands before and behind all that is open.
    first, last = unbound[0], unbound[-1]
    start = _filled(template[: tokens[first][0]], tokens[:first], bound)
    at = tokens[last][1]
    end = _filled(
        template[at:], [(begin - at, stop - at, name) for begin, stop, name in tokens[last + 1 :]], bound
    )
    names = known.between(start, end) if isinstance(known, IndexedNames) else _between(known, start, end)
    if first == last:
        return _inside(names, start, end, tokens[first][2], apart)
    taken = ((each, _taken(template, each, bound, apart)) for each in names)
    return [(each, own) for each, own in taken if own is not None]


def _filled(template: str, tokens: Sequence[tuple[int, int, str]], bound: Bindings) -> str:
    """A template all of whose variables stand for something."""
    text, at = "", 0
    for start, end, name in tokens:
        text += template[at:start] + bound[name]
        at = end
    return text + template[at:]


def _inside(
    names: Iterable[str], start: str, end: str, variable: str, apart: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """What one variable stands for between a beginning and an end, as `_taken` tells it."""
    around = len(start) + len(end)
    for each in names:
        inner = each[len(start) : len(each) - len(end)]
        if around < len(each) <= LONGEST and apart not in inner:
            yield each, {} if variable == _ANY else {variable: inner}


def _between(names: Iterable[str], start: str, end: str) -> list[str]:
    return [each for each in names if each.startswith(start) and each.endswith(end)]


def _taken(template: str, text: str, bound: Bindings, apart: str) -> dict[str, str] | None:
    """What the variables of a template stand for where it is this text; None where it is not, or is over `LONGEST`.

    apart: the character that no variable has. The text is read once, from its end, so that no text takes long: every
    variable but the first is as short as it can be, and one that stands there twice is what it is in the last place.
    """
    tokens = _tokens(template)
    if len(text) > LONGEST or (tokens and not text.startswith(template[: tokens[0][0]])):
        return None
    found: dict[str, str] = {}
    open_, literal, end, right = "", "", len(text), len(template)
    for start_of, end_of, name in reversed(tokens):
        literal, right = template[end_of:right] + literal, start_of
        if name not in bound and name not in found:
            start = _before(text, literal, end, open_)
            if start < 0 or not _keep(found, open_, text[start + len(literal) : end], apart):
                return None
            end, open_, literal = start, "" if name in found else name, ""
        literal = bound.get(name, found.get(name, "")) + literal
    literal = template[:right] + literal
    inner = text[len(literal) : end]
    whole = text.startswith(literal, 0, end) and bool(inner) == bool(open_)
    return found if whole and _keep(found, open_, inner, apart) else None


@lru_cache(maxsize=4_096)
def _tokens(template: str) -> tuple[tuple[int, int, str], ...]:
    """Where each variable of a template begins and ends, and its name."""
    return tuple((each.start(), each.end(), each[1] or _ANY) for each in _TOKEN.finditer(template))


def _before(text: str, literal: str, end: int, open_: str) -> int:
    """Where a literal begins that ends at `end`, or before what an open variable takes; -1 where there is none."""
    if open_:
        return text.rfind(literal, 0, end - 1) if end else -1
    return end - len(literal) if text.endswith(literal, 0, end) else -1


def _keep(found: dict[str, str], name: str, text: str, apart: str) -> bool:
    """Keep what a variable stands for, if it has a name; False where it cannot be that."""
    if name and name != _ANY:
        found[name] = text
    return apart not in text
