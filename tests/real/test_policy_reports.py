"""Reports of policy tests, validated by xmllint against the schema that Jenkins reads JUnit's XML by."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.real.parts import require
from tests.unit.faces.cli.running import run

pytestmark = pytest.mark.real

SCHEMA = Path(__file__).parents[1] / "data" / "report-schemas" / "junit-10.xsd"


def invalid(text: str) -> str:
    """What is wrong with a report; nothing where it is valid."""
    xmllint = str(require("xmllint", "apt-get install libxml2-utils"))
    words = [xmllint, "--nonet", "--noout", "--schema", str(SCHEMA), "-"]
    done = subprocess.run(words, input=text.encode(), capture_output=True, check=False)
    return done.stderr.decode() if done.returncode else ""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    assert run("init", str(tmp_path / "w"), "--sample", "simple").exit_code == 0
    return tmp_path / "w" / "policies"


def test_what_passes_is_valid(policies: Path) -> None:
    done = run("policy", "test", str(policies), "--mutate", "-o", "junit")
    assert (done.exit_code, invalid(done.stdout)) == (0, "")


def test_what_fails_and_what_survives_is_valid_whatever_it_is_called(policies: Path) -> None:
    cases = policies / "tests" / "production.yaml"
    before = cases.read_text()
    name = '  - name: "<&\\"\\t]]>\\u0085\\u2028 é 😀"\n    expect: {verdict: refused}\n'
    cases.write_text(before + name)
    done = run("policy", "test", str(cases), "-o", "junit")
    assert (done.exit_code, invalid(done.stdout)) == (1, "")
    assert invalid(done.stdout.replace("failures=", "x="))
    start = before.index("  - name: what runs there for a second less")
    cases.write_text(before[:start] + before[before.index("  - name: what ran there past") :])
    done = run("policy", "test", str(cases), "--mutate", "-o", "junit")
    assert (done.exit_code, invalid(done.stdout)) == (1, "")
    assert "<failure" in done.stdout
