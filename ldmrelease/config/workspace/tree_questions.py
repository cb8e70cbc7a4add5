"""What patterns ask of a tree: which of its files have a scalar at a path, and what it says. Pure.

An address is `FILE#PATH`. `{name}` in it is a variable: in FILE it stands for a part of a name without `/`, in PATH for
one key or several, `charts[0].image`; so does `*`, which nobody has to name. Where the variable stands for something
already, that is looked for; else what is found there is what it stands for.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ldmrelease.config.workspace.variables import VARIABLE, Bindings, names_in

_TOKEN = re.compile(rf"{VARIABLE.pattern}|(\*)")
_ANY = "*"
_IS = " = "

Scalars = Mapping[str, str | None]
"""The scalars of a file that were recorded, by their path; None where only that it is there was asked."""
Files = Mapping[str, Scalars]


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
    def variables(self) -> list[str]:
        """The variables that an answer gives a meaning."""
        return [*names_in(self.file), *names_in(self.path), *names_in(self.value or "")]

    def answers(self, files: Files, bound: Bindings) -> Iterator[dict[str, str]]:
        """What the variables stand for in each scalar that answers, with those that were `bound` before."""
        for file, own in _matching(self.file, files, bound, r"[^/]+"):
            for path, inner in _matching(self.path, files[file], {**bound, **own}, ".+"):
                known = {**bound, **own, **inner}
                if self.value is None:
                    yield known
                    continue
                match = _pattern(self.value, known, ".+").fullmatch(files[file][path] or "")
                if match is not None:
                    yield known | match.groupdict()

    def values(self, files: Files, bound: Bindings) -> Iterator[str | None]:
        """What the scalars at the address say, whatever that is."""
        for file, own in _matching(self.file, files, bound, r"[^/]+"):
            yield from (
                files[file][path] for path, _ in _matching(self.path, files[file], {**bound, **own}, ".+")
            )

    def is_recorded(self, file: str) -> bool:
        """Whether it asks about this file."""
        return _pattern(self.file, {}, r"[^/]+").fullmatch(file) is not None

    def takes(self, path: str, value: str) -> bool:
        """Whether a scalar of such a file answers it."""
        there = _pattern(self.path, {}, ".+").fullmatch(path) is not None
        return there and (self.value is None or _pattern(self.value, {}, ".+").fullmatch(value) is not None)


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
    template: str, known: Mapping[str, object], bound: Bindings, any_text: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """The names among `known` that a template stands for, with what its variables do then."""
    tokens = [match[1] for match in _TOKEN.finditer(template)]
    if all(each in bound for each in tokens):
        exact = VARIABLE.sub(lambda match: bound[match[1]], template)
        if exact in known:
            yield exact, {}
        return
    pattern = _pattern(template, bound, any_text)
    for each in known:
        match = pattern.fullmatch(each)
        if match is not None:
            yield each, match.groupdict()


def _pattern(template: str, bound: Bindings, any_text: str) -> re.Pattern[str]:
    """What a template with these variables takes; a variable that stands there twice is the same text twice."""
    parts, end, named = list[str](), 0, set[str]()
    for match in _TOKEN.finditer(template):
        parts.append(re.escape(template[end : match.start()]))
        end, name = match.end(), match[1]
        if name is None:
            parts.append(any_text)
        elif name in bound:
            parts.append(re.escape(bound[name]))
        else:
            parts.append(f"(?P={name})" if name in named else f"(?P<{name}>{any_text})")
            named.add(name)
    return re.compile("".join([*parts, re.escape(template[end:])]))
