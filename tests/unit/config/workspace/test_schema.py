"""The workspace file's choices are what is registered: nothing is listed twice."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ldmrelease.checks import registry as checks
from ldmrelease.config.workspace.schema import CheckEntry, ProductEntry
from ldmrelease.domain.tags import GRAMMARS

CHECK = {"kind": "approved", "tests": ["seen"]}
PRODUCT = {"grammar": "calver", "components": {"one": {"image": "host/one"}}}


def refused(model: type[BaseModel], value: dict[str, Any]) -> tuple[Any, Any]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    (error,) = caught.value.errors(include_url=False)
    return error["loc"], error["ctx"]["expected"]


def test_a_kind_of_check_that_is_registered_may_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(CheckEntry, CHECK) == (("kind",), "'command', 'container', 'job' or 'reported'")
    monkeypatch.setitem(checks.KINDS, "approved", checks.KINDS["reported"])
    assert CheckEntry.model_validate(CHECK).kind == "approved"
    assert CheckEntry.model_json_schema()["properties"]["kind"]["enum"][-1] == "approved"


def test_a_grammar_that_is_registered_may_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(ProductEntry, PRODUCT) == (("grammar",), "'rubin', 'rsp', 'semver' or 'cycle'")
    monkeypatch.setitem(GRAMMARS, "calver", GRAMMARS["semver"])
    assert ProductEntry.model_validate(PRODUCT).grammar == "calver"


@pytest.mark.parametrize("grammar", [None, 1, ["rsp"], {}, "RSP", ""])
def test_whatever_else_is_written_is_refused_as_a_wrong_choice(grammar: object) -> None:
    assert refused(ProductEntry, {**PRODUCT, "grammar": grammar}) == (
        ("grammar",),
        "'rubin', 'rsp', 'semver' or 'cycle'",
    )
