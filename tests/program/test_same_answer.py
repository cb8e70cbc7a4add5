"""The same answer everywhere, on some hundred facts; `tests/real/test_same_answer.py` has ten thousand."""

from pathlib import Path

from tests.same_answer.compare import Comparison


def test_everybody_says_the_same(tmp_path: Path) -> None:
    found = Comparison(tmp_path / "fleet", 7, releases=10, places=9)
    assert found.facts > 80
    found.plans(3)
    found.gate(3)
    found.bundle()
    found.gate_by_bundle(3)
    found.admission()
    found.replay()
    assert found.compared["replay"] == found.compared["bundle"] == found.compared["gate-bundle"] == 90
    assert found.compared["admission-decided"] == found.compared["admission-exported"] == 90
    assert found.compared["gate"] == 27
    assert min(found.compared.values()) > 0
