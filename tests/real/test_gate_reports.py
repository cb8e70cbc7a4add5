"""Reports of gates, validated by others against the schemas that the readers of these formats have."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from ldmrelease.answers.gate import GateAnswer
from ldmrelease.render.gate.formats import GateOutput, report
from tests.examples import examples
from tests.real.parts import missing, require
from tests.unit.render.gate.gate_answers import any_answers, whole_answer

pytestmark = pytest.mark.real

SCHEMAS = Path(__file__).parents[1] / "data" / "report-schemas"
PYTHON = "/usr/bin/python3"
_VALIDATE = """
import json, sys
from jsonschema import Draft4Validator, FormatChecker
schema = json.load(open(sys.argv[1]))
validator = Draft4Validator(schema, format_checker=FormatChecker())
for line in sys.stdin:
    validator.validate(json.loads(line))
"""
_FEW = settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def xmllint() -> str:
    return str(require("xmllint", "apt-get install libxml2-utils"))


@pytest.fixture(scope="module")
def jsonschema() -> str:
    found = subprocess.run([PYTHON, "-c", "import jsonschema"], capture_output=True, check=False)
    if found.returncode:
        missing("jsonschema is missing: apt-get install python3-jsonschema")
    return PYTHON


def validate_junit(xmllint: str, text: str) -> None:
    words = [xmllint, "--nonet", "--noout", "--schema", str(SCHEMAS / "junit-10.xsd"), "-"]
    done = subprocess.run(words, input=text.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def validate_sarif(python: str, text: str) -> None:
    words = [python, "-c", _VALIDATE, str(SCHEMAS / "sarif-schema-2.1.0.json")]
    line = json.dumps(json.loads(text))
    done = subprocess.run(words, input=line, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("bad", [True, False])
def test_junit_is_as_jenkins_reads_it(xmllint: str, bad: bool) -> None:
    validate_junit(xmllint, report(whole_answer(), GateOutput.junit, waiting_is_bad=bad))


@pytest.mark.parametrize("bad", [True, False])
def test_sarif_is_as_oasis_has_it(jsonschema: str, bad: bool) -> None:
    validate_sarif(jsonschema, report(whole_answer(), GateOutput.sarif, waiting_is_bad=bad))


@given(any_answers())
@_FEW
def test_no_name_makes_junit_invalid(xmllint: str, answer: GateAnswer) -> None:
    validate_junit(xmllint, report(answer, GateOutput.junit, waiting_is_bad=True))


@given(any_answers())
@_FEW
def test_no_name_makes_sarif_invalid(jsonschema: str, answer: GateAnswer) -> None:
    validate_sarif(jsonschema, report(answer, GateOutput.sarif, waiting_is_bad=True))


def test_what_is_wrong_is_noticed(xmllint: str, jsonschema: str) -> None:
    whole = whole_answer()
    with pytest.raises(AssertionError):
        validate_junit(
            xmllint, report(whole, GateOutput.junit, waiting_is_bad=True).replace("failures=", "x=")
        )
    with pytest.raises(AssertionError):
        validate_sarif(
            jsonschema, report(whole, GateOutput.sarif, waiting_is_bad=True).replace('"results"', '"result"')
        )
