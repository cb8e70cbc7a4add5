"""Types of statements: one registry, which policies, roles and copies go by."""

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from ldmrelease.config.policies.rule_schema import Attested
from ldmrelease.domain.events.registry import EVENT_TYPES
from ldmrelease.domain.predicates import sbom
from ldmrelease.domain.predicates.interface import read_time, value_at
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES, short_type, statement_type


def test_every_predicate_type_leads_to_one_type() -> None:
    uris = [uri for each in STATEMENT_TYPES.values() for uri in each.uris]
    assert len(uris) == len(set(uris))
    assert {short_type(uri) for uri in uris} == set(STATEMENT_TYPES)


def test_what_nobody_knows_is_called_by_its_type_and_says_nothing() -> None:
    unknown = statement_type("https://example.com/unknown/v1")
    assert (unknown.name, unknown.uri) == ("https://example.com/unknown/v1", "https://example.com/unknown/v1")
    assert unknown.claimed_time({"timestamp": "2023-04-20T12:00:00Z"}) is None
    assert unknown.environment({"environment": "summit"}) is None
    assert unknown.facts({"result": "PASSED"}, {}) == {}
    assert (unknown.local, unknown.covers_platforms) == (False, False)


def test_a_policy_may_ask_for_every_type_but_those_that_have_a_rule_of_their_own() -> None:
    asked = Attested.model_json_schema()["properties"]["type"]["enum"]
    assert asked == ["provenance", "vulnerabilities", "vex", "sbom", "metric", "code-review", "receipt"]
    assert set(asked) == set(STATEMENT_TYPES) - {"check", "document", "compatibility", "verification"}


def test_a_policy_may_ask_for_a_type_that_is_registered_and_for_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clause = {"id": "seen", "rule": "attested", "type": "approval"}
    with pytest.raises(ValidationError) as refused:
        Attested.model_validate(clause)
    (error,) = refused.value.errors(include_url=False)
    assert (error["type"], error["ctx"]) == (
        "literal_error",
        {"expected": "'provenance', 'vulnerabilities', 'vex', 'sbom', 'metric', 'code-review' or 'receipt'"},
    )
    monkeypatch.setitem(STATEMENT_TYPES, "approval", replace(sbom.TYPE, name="approval"))
    assert Attested.model_validate(clause).type == "approval"


def test_receipts_stay_where_they_were_made_and_results_happen_somewhere() -> None:
    assert [each.name for each in STATEMENT_TYPES.values() if each.local] == ["receipt"]
    assert [each.name for each in STATEMENT_TYPES.values() if each.happens_somewhere] == ["check"]


@pytest.mark.parametrize("claimed", [1, None, "yesterday", "2023-04-20T12:00:00", {}])
def test_a_time_without_a_zone_is_not_a_time(claimed: object) -> None:
    with pytest.raises(ValueError, match="2023"):
        read_time(claimed)


def test_a_path_ends_where_there_is_no_object() -> None:
    assert value_at({"a": {"b": 1}}, ("a", "b")) == 1
    assert value_at({"a": "text"}, ("a", "b")) is None
    assert value_at({}, ("a", "b")) is None


def test_no_statement_is_called_like_what_a_person_signs() -> None:
    # A role lists both: whoever may import reviews of code may not sign a person's review of a promotion.
    acts = {each.role_type for each in EVENT_TYPES}
    assert not acts & set(STATEMENT_TYPES)
