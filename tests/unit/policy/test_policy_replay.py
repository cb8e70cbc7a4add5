"""Replay: the stored facts give the same decision bytes in another process, time zone and hash seed."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import CandidatePin, Interval
from ldmrelease.policy.cases.facts import hold_facts
from tests.unit.policy.policy_facts import (
    AMD,
    BASE,
    HOUR,
    NOW,
    PROMPT,
    ago,
    decide,
    facts,
    level,
    requirement,
    result,
    run,
    sha,
    statement,
    stay,
    weekly,
)

RICH = facts(
    release=weekly(kind="release", version=(24, 0, 0, None), order=(24, 0, 0, ((1, 2, "x"),))),
    statements=(
        statement("p"),
        statement("q", signer="eve", received=ago(HOUR)),
        statement("u", counted=False, code="unsigned", type="sbom", subjects=(AMD,)),
        statement("v", counted=False, code="wrong-role", type="sbom", subjects=(AMD,)),
        result("a"),
        result("b", result="FAILED", failed_tests=("plot", "import")),
    ),
    runs=(run("a"), run("b", registered=ago(HOUR))),
    residences=(stay(BASE, first=ago(2 * HOUR), observed=HOUR), stay(PROMPT)),
    candidate_pins=(
        CandidatePin(
            "24.0.0.rc1", "candidate", sha("rc1"), sha("c"), (24, 0, 0, "rc1"), (24, 0, 0, ((1, 1, ""),))
        ),
    ),
    windows={"window": (Interval(NOW + timedelta(hours=1), NOW + timedelta(hours=2)),)},
    holds=hold_facts(("b", "a")),
)
ASKED = level(
    requirement("images", name="images", platforms=["linux/amd64"]),
    requirement("attested", name="built", type="provenance", max_age=9 * HOUR, minimum=2),
    requirement("attested", name="sbom", type="sbom"),
    requirement("check", name="smoke", check="smoke", where="level:commissioning"),
    requirement("after", name="base", environment="base", for_=4 * HOUR),
    requirement("together", name="together", applications=["prompt-processing"]),
    requirement("not-returned", name="no-return"),
    requirement("window", name="window", start="15:00", end="16:00", zone="America/Santiago"),
    requirement("same-content-as", name="content", kind="candidate"),
    requirement("unheard-of", name="unheard-of"),
)
REPLAY = """
import sys
from pathlib import Path
from ldmrelease.domain import canonical, times
from ldmrelease.domain.facts import Facts
from ldmrelease.domain.level import Level
from ldmrelease.policy.engine import evaluate
level, facts = (Path(each).read_bytes() for each in sys.argv[1:3])
decision = evaluate(
    canonical.decode(level, Level),
    canonical.decode(facts, Facts),
    times.instant(sys.argv[3]),
    facts_digest=sys.argv[4],
)
sys.stdout.buffer.write(canonical.encode(decision))
"""


@pytest.mark.parametrize(("zone", "seed"), [("America/Santiago", "1"), ("Pacific/Kiritimati", "4711")])
def test_another_process_zone_and_seed_give_the_same_bytes(tmp_path: Path, zone: str, seed: str) -> None:
    (tmp_path / "level").write_bytes(canonical.encode(ASKED))
    (tmp_path / "facts").write_bytes(canonical.encode(RICH))
    words = [str(tmp_path / "level"), str(tmp_path / "facts"), "2023-04-21T18:00:00Z", sha("facts")]
    environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed}
    replayed = subprocess.run(
        [sys.executable, "-c", REPLAY, *words], env=environment, capture_output=True, check=True
    )
    assert replayed.stdout == canonical.encode(decide(ASKED, RICH))


def test_the_replayed_decision_is_not_a_trivial_one() -> None:
    outcomes = {each.outcome.value for each in decide(ASKED, RICH).findings}
    assert outcomes == {"satisfied", "missing", "failed", "pending", "errored"}
