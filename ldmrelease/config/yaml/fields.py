"""What the values of our files look like: names, durations, times, and the base of all file models."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from ldmrelease.domain import times
from ldmrelease.domain.addresses import has_query

EXPECTED = "expected"
"""Error type: the message says what to write; what was found is added."""
SAID = "said"
"""Error type: the message says it all."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_WHERE = re.compile(f"(level:)?{_NAME.pattern}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SYSTEMS = (
    "linux",
    "windows",
    "darwin",
    "freebsd",
    "netbsd",
    "openbsd",
    "solaris",
    "aix",
    "android",
    "wasip1",
)
_ARCHITECTURES = (
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
)  # fmt: skip
_PLATFORM = re.compile(rf"({'|'.join(_SYSTEMS)})/({'|'.join(_ARCHITECTURES)})(/v[0-9]{{1,2}})?")
"""Those of Go, as the OCI image specification says (image-index.md, `platform`)."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


def _kebab(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


class Strict(BaseModel):
    """A mapping of a file: unknown keys and guessed types are refused; keys are spelled `max-age`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=_kebab)


def expected(remedy: str) -> NoReturn:
    """Refuse a value, saying what to write."""
    raise PydanticCustomError(EXPECTED, "{remedy}", {"remedy": remedy})


def said(message: str) -> NoReturn:
    """Refuse a value with a whole sentence."""
    raise PydanticCustomError(SAID, "{message}", {"message": message})


def exactly_one(model: BaseModel, *names: str) -> None:
    """Refuse a mapping that has none or several of these keys."""
    if sum(getattr(model, each) is not None for each in names) != 1:
        said(f"write exactly one of {', '.join(names)}")


class Registered:
    """Marks a text that is one of the names of a registry: refused and described as a `Literal` of them would be.

    names: gives the names; it is asked at each validation, so that what is registered later counts too.
    """

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "enum": [str(each) for each in self._names()]}

    def _known(self, value: Any) -> str:
        names = list(self._names())
        if isinstance(value, str) and value in names:
            return value
        *others, last = map(repr, map(str, names))
        choices = f"{', '.join(others)} or {last}" if others else last
        raise PydanticKnownError("literal_error", {"expected": choices})


class RegisteredOrMapping(Registered):
    """Marks what is one of the names of a registry, or a mapping: whatever else stands there is a wrong name.

    model: the mapping's.
    """

    def __init__(self, names: Callable[[], Iterable[str]], model: type[BaseModel]) -> None:
        super().__init__(names)
        self._model = model

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        mapping = handler.generate_schema(self._model)
        return core_schema.no_info_wrap_validator_function(self._named_or_mapping, mapping)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        names = [str(each) for each in self._names()]
        return {"anyOf": [handler(schema), {"type": "string", "enum": names}]}

    def _named_or_mapping(self, value: Any, mapping: Callable[[Any], Any]) -> Any:
        is_mapping = isinstance(value, self._model) or (isinstance(value, dict) and value)
        return mapping(value) if is_mapping else self._known(value)


def _reader(read: Callable[[str], Any], remedy: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not isinstance(value, str):
            expected(remedy)
        try:
            return read(value)
        except ValueError:
            expected(remedy)

    return convert


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return check


def _moment(text: str) -> datetime:
    date = _DATE.fullmatch(text) is not None
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC) if date else times.instant(text)
    # Ages are subtracted from times and spans added to them: that must not leave the calendar.
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(text)
    return moment


def _some_time(seconds: int) -> int:
    if not seconds:
        expected("write a duration of a second or more")
    return seconds


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text not in _zones():
        raise ValueError(text)
    ZoneInfo(text)
    return text


def _unique(values: list[str]) -> list[str]:
    twice = sorted({each for each in values if values.count(each) > 1})
    if twice:
        said(f"{twice[0]!r} stands twice")
    return values


def _without_credentials(text: str) -> str:
    """An address that tells no secret: it stands in the ledger, in logs, and in the arguments of programs."""
    scheme, _, rest = text.partition("://")
    user = rest.partition("/")[0].rpartition("@")[0]
    if user and (":" in user or scheme in ("http", "https")):
        said("has a user or a password in the URL; take them out: git and docker keep credentials for you")
    if has_query(text):
        said("has a query (?) or a fragment (#); take it out: git and docker keep credentials for you")
    return text


Name = Annotated[
    str,
    BeforeValidator(_reader(_matching(_NAME), "write a name: letters, digits, dot, underscore and dash")),
    WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"}),
]
Text = Annotated[str, Field(min_length=1)]
Address = Annotated[Text, AfterValidator(_without_credentials)]
"""A repository, as a folder, a name or a URL."""
Duration = Annotated[
    int,
    BeforeValidator(_reader(times.seconds, "write a duration like 8h: a number and one of s, m, h, d, w")),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}[smhdw]$", "examples": ["90s", "8h", "7d"]}),
]
SomeTime = Annotated[Duration, AfterValidator(_some_time)]
"""A duration that is not 0."""
MomentField = Annotated[
    datetime,
    BeforeValidator(_reader(_moment, "write a date like 2024-01-01 or a time like 2024-01-01T09:00:00Z")),
    WithJsonSchema({"type": "string", "examples": ["2024-01-01", "2024-01-01T09:00:00Z"]}),
]
ClockTime = Annotated[
    str,
    BeforeValidator(_reader(_matching(_CLOCK), "write a time of day like 15:00")),
    WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK.pattern}$"}),
]
Zone = Annotated[
    str,
    BeforeValidator(_reader(_zone, "write a time zone like America/Santiago")),
    WithJsonSchema({"type": "string", "examples": ["America/Santiago", "America/Los_Angeles"]}),
]
Platform = Annotated[
    str,
    BeforeValidator(_reader(_matching(_PLATFORM), "write a platform like linux/amd64")),
    WithJsonSchema({"type": "string", "pattern": f"^{_PLATFORM.pattern}$"}),
]
Where = Annotated[
    str,
    BeforeValidator(_reader(_matching(_WHERE), "write here, an environment, or level: and a level's name")),
    WithJsonSchema({"type": "string", "examples": ["here", "summit", "level:commissioning"]}),
]
UNIQUE = AfterValidator(_unique)
Names = Annotated[list[Name], UNIQUE]
SomeNames = Annotated[list[Name], Field(min_length=1), UNIQUE]
