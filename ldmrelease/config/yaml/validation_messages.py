"""What a file model says against a document, told with line, column, field and remedy."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ldmrelease.config.yaml.fields import EXPECTED, SAID
from ldmrelease.config.yaml.problems import BadInput, Problem, spelled
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.suggestions import did_you_mean, nearest, one_of

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

NOT_A_MAPPING = "not-a-mapping"
"""The tag of a value that should have been one of several mappings and is none."""

_LATER = "not understood yet, it comes with a later version; leave it out"

_EXPECTED: dict[str, str] = {
    "string_type": "text",
    "string_too_short": "some text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_ADVICE = {"string_type": "; put it in quotes where it looks like a number, true, false or null"}


def validate(model: type[M], document: YamlDocument, later: Iterable[str] = ()) -> M:
    """The document as a file model. `later` are keys that exist in the design and not yet in the program.

    Raises `BadInput` with every fault that the model finds.
    """
    try:
        return model.model_validate(document.plain)
    except ValidationError as error:
        teller = _Teller(model, document, frozenset(later))
        raise BadInput(teller.problems(error.errors(include_url=False))) from error


def faulty_paths(model: type[BaseModel], plain: Any) -> list[Path]:
    """Where a value does not have the shape of a model; none where it has."""
    try:
        model.model_validate(plain)
    except ValidationError as error:
        return [_place(each["loc"]) for each in error.errors(include_url=False)]
    return []


def tagged(rule: str) -> str:
    """The tag of one of several shapes of a mapping; it is part of a fault's location, never of a path."""
    return f"<{rule}>"


class _Teller:
    def __init__(self, model: type[BaseModel], document: YamlDocument, later: frozenset[str]) -> None:
        self._model = model
        self._document = document
        self._later = later

    def problems(self, errors: Iterable[ErrorDetails]) -> Iterator[Problem]:
        """One problem for each wrong line: a misspelled key is not missing too, and what one mapping lacks is told
        together."""
        told = list(errors)
        lacking = _keys_by_mapping(told, "missing")
        for parent, unknown in _keys_by_mapping(told, "extra_forbidden").items():
            for key in unknown:
                near = difflib.get_close_matches(key, lacking.get(parent, ()), n=1)
                for each in near:
                    lacking[parent].remove(each)
        for error in told:
            parent = error["loc"][:-1]
            if error["type"] != "missing" or lacking[parent] == [error["loc"][-1]]:
                yield self.problem(error)
            elif lacking[parent] and error["loc"][-1] == lacking[parent][0]:
                path = tuple(each for each in parent if not str(each).startswith("<"))
                yield self._document.problem(path, f"missing: {', '.join(lacking[parent])}", "write them")

    def problem(self, error: ErrorDetails) -> Problem:
        """The problem of one fault."""
        tell: Callable[[ErrorDetails, Path], Problem] = {
            "missing": self._missing,
            "extra_forbidden": self._unknown_key,
            "union_tag_invalid": self._unknown_shape,
            "literal_error": self._choice,
            "enum": self._choice,
            SAID: self._said,
            EXPECTED: self._said_with_found,
        }.get(error["type"], self._wrong)
        return tell(error, self._path(error))

    def _path(self, error: ErrorDetails) -> Path:
        return _place(error["loc"])

    def _missing(self, error: ErrorDetails, path: Path) -> Problem:
        about = self._schema(error["loc"]).get("description", "")
        about = about.rstrip(".")
        remedy = f"write it ({about})" if about else "write it"
        return self._document.problem(path, "missing", remedy, expected=about or None)

    def _unknown_key(self, error: ErrorDetails, path: Path) -> Problem:
        key = str(error["loc"][-1])
        # A key may look like the mark of a shape, which is no part of a path.
        path = path if path[-1:] == (key,) else (*path, key)
        if key in self._later:
            return self._document.problem(path, _LATER, at_key=True)
        known = self._schema(error["loc"][:-1]).get("properties", ())
        return self._document.problem(
            path, "unknown key", did_you_mean(key, known), at_key=True, expected=one_of(known)
        )

    def _unknown_shape(self, error: ErrorDetails, path: Path) -> Problem:
        context = error.get("ctx", {})
        word, known = str(context.get("tag", "")), _choices(str(context.get("expected_tags", "")))
        found = word.strip("<>")
        given, expected = error["input"], one_of(known)
        if not isinstance(given, Mapping):
            message = f"found {spelled(given)}"
            return self._document.problem(path, message, "write a mapping", expected="a mapping")
        if "rule" not in given:
            return self._without_rule(given, path, known)
        place = (*path, "rule")
        if found in self._later:
            return self._document.problem(place, f"the rule {found!r} is {_LATER}", expected=expected)
        message = f"found {spelled(given['rule'])}, which is not a rule"
        remedy = did_you_mean(found if isinstance(given["rule"], str) else "", known)
        return self._document.problem(place, message, remedy, expected=expected)

    def _without_rule(self, given: Mapping[str, Any], path: Path, known: list[str]) -> Problem:
        near, expected = nearest("rule", given), one_of(known)
        if near is not None:
            remedy = "did you mean rule?"
            return self._document.problem((*path, near), "unknown key", remedy, at_key=True, expected="rule")
        return self._document.problem((*path, "rule"), "missing", did_you_mean("", known), expected=expected)

    def _choice(self, error: ErrorDetails, path: Path) -> Problem:
        known = _choices(str(error.get("ctx", {}).get("expected", "")))
        remedy = f"write one of {', '.join(known)}" if len(known) > 1 else f"write {known[0]}"
        found = error["input"]
        near = difflib.get_close_matches(found, known, n=1) if isinstance(found, str) else []
        remedy += f"; did you mean {near[0]}?" if near and len(known) > 1 else ""
        return self._document.problem(
            path, f"found {spelled(error['input'])}", remedy, expected=one_of(known)
        )

    def _said(self, error: ErrorDetails, path: Path) -> Problem:
        # The sentence says what may be told of the value: an address may have a password in it.
        return self._document.problem(path, error["msg"], secret=True)

    def _said_with_found(self, error: ErrorDetails, path: Path) -> Problem:
        expected = error["msg"].removeprefix("write ")
        return self._document.problem(
            path, f"found {spelled(error['input'])}", error["msg"], expected=expected
        )

    def _wrong(self, error: ErrorDetails, path: Path) -> Problem:
        context = error.get("ctx", {})
        kind, expected = error["type"], _EXPECTED.get(error["type"])
        if kind in ("too_short", "greater_than_equal"):
            expected = f"at least {context.get('min_length', context.get('ge'))}"
        elif kind == "less_than_equal":
            expected = f"at most {context.get('le')}"
        remedy = error["msg"] if expected is None else f"write {expected}{_ADVICE.get(kind, '')}"
        return self._document.problem(path, f"found {spelled(error['input'])}", remedy, expected=expected)

    def _schema(self, loc: tuple[str | int, ...]) -> dict[str, Any]:
        """The JSON Schema of the value at a location, or an empty one."""
        whole = _json_schema(self._model)
        definitions = whole.get("$defs", {})
        node: dict[str, Any] = whole
        for step in loc:
            node = _step(_resolved(node, definitions), step, definitions)
        return {**_resolved(node, definitions), **{k: v for k, v in node.items() if k == "description"}}


@cache
def _json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a whole model, which takes a tenth of a second."""
    return model.model_json_schema()


def _place(loc: tuple[str | int, ...]) -> Path:
    """A location without the tags of shapes, and without what says that a key is meant."""
    return tuple(each for each in loc if not str(each).startswith("<"))


def _keys_by_mapping(errors: Iterable[ErrorDetails], kind: str) -> dict[tuple[str | int, ...], list[str]]:
    """The keys that faults of a kind are about, by the location of the mapping."""
    found: dict[tuple[str | int, ...], list[str]] = {}
    for error in errors:
        if error["type"] == kind:
            found.setdefault(error["loc"][:-1], []).append(str(error["loc"][-1]))
    return found


def _choices(expected: str) -> list[str]:
    """The words of pydantic's `'a', 'b' or 'c'`."""
    words = expected.replace(" or ", ", ").split(", ")
    return [each.strip("'<>") for each in words if each.strip("'<>")]


def _resolved(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    for each in node.get("anyOf", []):
        if each.get("type") != "null":
            return _resolved(each, definitions)
    if "$ref" in node:
        return _resolved(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    return node


def _const(shape: dict[str, Any], key: str) -> Any:
    """The one value that a key of a shape has, None where it has others or none."""
    return shape.get("properties", {}).get(key, {}).get("const")


def _step(node: dict[str, Any], step: str | int, definitions: dict[str, Any]) -> dict[str, Any]:
    if isinstance(step, int):
        found = node.get("items", {})
    elif step.startswith("<"):
        shapes = [_resolved(each, definitions) for each in node.get("oneOf", [])]
        rules = (s for s in shapes if _const(s, "rule") == step.strip("<>"))
        # Shapes that no rule tells apart are of different types: only mappings have keys to be told of.
        found = next(rules, next((s for s in shapes if s.get("type") == "object"), {}))
    else:
        named = [*node.get("patternProperties", {}).values(), node.get("additionalProperties", {})]
        found = node.get("properties", {}).get(step, named[0])
    return found if isinstance(found, dict) else {}
