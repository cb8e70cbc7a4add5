"""CEL, the Common Expression Language, by the library `cel-expr-python`: nobody else knows it.

A question is read once and asked of many values. It is checked before it runs: unknown fields, wrong types and what is
no yes or no never get that far. The library answers an error of the run with a value that is true to Python, so only
BOOL counts as an answer, and everything else as none.

What one question may cost is bounded without a clock, so that it comes out the same everywhere: its length here, its
nesting (32) and its steps (10,000 in all loops) by the library, and nothing in it can grow, since what joins texts or
lists is refused (`map` and `filter` join lists, too). Patterns are RE2's, which take no more than linear time.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ldmrelease.domain.product_versions import version_key, weekly_number

if TYPE_CHECKING:
    from cel_expr_python import cel

LONGEST = 1000
"""Characters of an expression."""

FUNCTIONS = (
    *("version", "weekly"),
    *("has", "exists", "exists_one", "all", "size", "startsWith", "endsWith", "contains", "matches"),
    *("timestamp", "duration"),
)
"""What may be called: our own, and those of the language that a question may need."""

_CHECKED = b"type.googleapis.com/cel.expr.CheckedExpr"
_GROWING = frozenset({"add_string", "add_bytes", "add_list"})
_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_NO_OVERLOAD = re.compile(r"no matching overload for '([^']+)' applied to '(?:[^(']*\.)?\(([^']*)\)'")
_BETWEEN_TYPES = re.compile(r", (?![^(]*\))")
_NO_KEY = re.compile(r'NOT_FOUND: Key not found in map : "(.*)"', re.DOTALL)
_NO_VALUE = re.compile(r'UNKNOWN: No value with name "(.*)" found')
_CODE = re.compile(r"[A-Z_]+: ")


class FieldType(StrEnum):
    """What a field of a question holds."""

    TEXT = "text"
    TEXTS = "list of texts"
    TEXT_MAP = "map of texts"
    NUMBER = "number"
    TRUTH = "yes or no"
    TIME = "time"


class BadExpression(Struct, frozen=True):
    """An expression that cannot be asked: where it is wrong, counted from 1, and why. `unknown` is a name that stands
    for nothing; 0 stands for the whole of it.
    """

    line: int
    column: int
    message: str
    unknown: str | None = None


class Unanswered(Struct, frozen=True):
    """Why a question has no answer for some values: `field` is not known of them, they have no `key`, or `message`."""

    field: str | None = None
    key: str | None = None
    message: str | None = None


class Condition:
    """A question that was read and is of the right types.

    expression: as it was written. fields: the names that it asks for; a variable of a loop counts as one, too.
    """

    def __init__(self, expression: str, compiled: "cel.Expression", fields: frozenset[str]) -> None:
        self.expression = expression
        self.fields = fields
        self._compiled = compiled

    def holds(self, values: Mapping[str, object]) -> bool | Unanswered:
        """Whether it is so; without the values that it needs there is no answer.

        values: by field, as its type says: str, bool, int, datetime in UTC, a list or dict of str. What is not known
            is left out.
        """
        asked = {name: each for name, each in values.items() if name in self.fields}
        try:
            found = self._compiled.eval(data=asked)
            kind, value = found.type().name(), found.value()
        except RuntimeError as error:
            return Unanswered(message=_plain(str(error)))
        if kind == "BOOL":
            return value is True
        return _unanswered(str(value))


def read_condition(expression: str, fields: Mapping[str, FieldType]) -> Condition | BadExpression:
    """Read an expression over fields, with the functions `version(text)` and `weekly(text)`, and check its types."""
    wrong = _unreadable(expression)
    if wrong is not None:
        return wrong
    from cel_expr_python import cel  # noqa: PLC0415 - fourteen megabytes, for who asks a question

    try:
        compiled = _environment(cel, fields).compile(expression)
    except RuntimeError as error:
        return _explained(expression, str(error))
    kind = compiled.return_type().name()
    if kind != "BOOL":
        return BadExpression(
            0, 0, f"it says {_KINDS.get(kind, kind.lower())}, and has to say yes or no (bool)"
        )
    used = _references(compiled.serialize())
    if used.operations & _GROWING:
        return BadExpression(0, 0, "it joins texts or lists (+, map, filter): say it with exists() or all()")
    return Condition(expression, compiled, used.names & frozenset(fields))


_KINDS = {"STRING": "a text", "INT": "a number", "DYN": "what has no type", "TIMESTAMP": "a time"}
_KINDS_BY_NAME = {
    "string": "a text",
    "int": "a number",
    "bytes": "a version",
    "bool": "a yes or no",
    "timestamp": "a time",
    "google.protobuf.Timestamp": "a time",
    "map(string, string)": "a map",
    "list(string)": "a list",
}


def _unreadable(expression: str) -> BadExpression | None:
    if len(expression) > LONGEST:
        return BadExpression(0, 0, f"it has {len(expression):,} characters, and may have {LONGEST:,}")
    if not expression.strip():
        return BadExpression(0, 0, "it is empty")
    odd = next(
        (at for at, each in enumerate(expression) if not each.isprintable() and each not in "\n\t"), None
    )
    return None if odd is None else BadExpression(1, odd + 1, "a character that cannot be printed")


def _environment(cel: Any, fields: Mapping[str, FieldType]) -> "cel.Env":
    kinds = {
        FieldType.TEXT: cel.Type.STRING,
        FieldType.TEXTS: cel.Type.List(cel.Type.STRING),
        FieldType.TEXT_MAP: cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
        FieldType.NUMBER: cel.Type.INT,
        FieldType.TRUTH: cel.Type.BOOL,
        FieldType.TIME: cel.Type.TIMESTAMP,
    }
    # A version is bytes, which have an order, and no text: whoever forgets one `version()` of two is told so.
    functions = [
        _function(cel, "version", cel.Type.BYTES, version_key),
        _function(cel, "weekly", cel.Type.INT, weekly_number),
    ]
    return cel.NewEnv(variables={name: kinds[each] for name, each in fields.items()}, functions=functions)


def _function(cel: Any, name: str, returned: Any, act: Any) -> Any:
    overload = cel.Overload(f"{name}_of_text", returned, [cel.Type.STRING], False, act)
    return cel.FunctionDecl(name, [overload])


def _explained(expression: str, error: str) -> BadExpression:
    found = _ERROR.search(error)
    if found is None or int(found[1]) < 1:
        deep = "recursion" in error
        return BadExpression(0, 0, "it is nested too deeply" if deep else _plain(error))
    message = (
        found[3].removeprefix("Syntax error: ").partition(" expecting {")[0].partition(" (in container")[0]
    )
    if "<EOF>" in message:
        message = "it ends too early"
    if (unfit := _NO_OVERLOAD.search(message)) is not None:
        kinds = [_KINDS_BY_NAME.get(each, each) for each in _BETWEEN_TYPES.split(unfit[2])]
        message = f"{unfit[1].strip('_@')!r} is not for {' and '.join(kinds)}"
    name = _UNDECLARED.search(message)
    if name is None:
        return BadExpression(int(found[1]), int(found[2]), message.removesuffix(" [INVALID_ARGUMENT]"))
    line, column = int(found[1]), int(found[2])
    # The library points at the last dot of a name, and at the parenthesis behind that of a function.
    head = name[1].rpartition(".")[0] or name[1]
    if expression.split("\n")[line - 1][column - 1 : column] in (".", "("):
        column -= len(head)
    return BadExpression(line, column, f"{name[1]!r} is not a field or function", name[1])


def _unanswered(error: str) -> Unanswered:
    no_value, no_key = _NO_VALUE.match(error), _NO_KEY.match(error)
    if no_value is not None:
        return Unanswered(field=no_value[1])
    if no_key is not None:
        return Unanswered(key=no_key[1])
    return Unanswered(message=_plain(error))


def _plain(error: str) -> str:
    """What the library says, without its code."""
    return _CODE.sub("", error.splitlines()[0] if error else "no reason was given", count=1).partition(" [")[
        0
    ]


class _References(Struct, frozen=True):
    """What a checked expression refers to: names, and the functions that were chosen for its types."""

    names: frozenset[str]
    operations: frozenset[str]


def _references(serialized: bytes) -> _References:
    """Those of a serialized expression: an `Any` of `cel.expr.CheckedExpr`, whose field 2 maps each node to one.

    Raises ValueError for what is none: then nothing is known of what the expression does.
    """
    outer = list(_message(serialized))
    if (1, _CHECKED) not in outer:
        raise ValueError(
            "the CEL library serializes expressions in another form: it has to be looked at anew"
        )
    names: set[str] = set()
    operations: set[str] = set()
    for number, entry in (each for field, value in outer if field == 2 for each in _message(value)):
        references = [value for field, value in _message(entry) if field == 2] if number == 2 else []
        for field, value in (each for reference in references for each in _message(reference)):
            if field in (1, 3):
                (names if field == 1 else operations).add(value.decode())
    return _References(frozenset(names), frozenset(operations))


def _message(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a message in the encoding of protocol buffers that have a length; numbers are passed over."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                _, at = _varint(data, at)
            case 1:
                at += 8
            case 2:
                size, at = _varint(data, at)
                yield key >> 3, data[at : at + size]
                at += size
            case 5:
                at += 4
            case other:
                raise ValueError(f"no such type of field: {other}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
