"""What the templates of a chart print of a scalar: Helm reads numbers as `float64` (checked with Go's `fmt`)."""

import pytest

from ldmrelease.targets.editors.chart_values import printed
from ldmrelease.targets.results import Unquoted


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        ("0.5", "0.5"),
        ("24.10", "24.1"),
        ("1e3", "1000"),
        ("100000", "100000"),
        ("1000000", "1e+06"),
        ("20230401", "2.0230401e+07"),
        ("123456789012", "1.23456789012e+11"),
        ("1e-5", "1e-05"),
        ("0", "0"),
        ("0755", "493"),
        ("0x10", "16"),
        ("yes", "true"),
        ("2023-04-01", "2023-04-01"),
        ("null", None),
        ("~", None),
    ],
)
def test_a_plain_scalar_is_printed_as_helm_does(plain: str, text: str | None) -> None:
    assert printed(Unquoted(plain)) == text


def test_text_is_printed_as_it_is() -> None:
    assert printed("20230401") == "20230401"
    assert printed("") == ""
