"""A command that is advised works as it stands."""

import pytest

from ldmrelease.answers.sentences.text import command_line


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "1.2.0", "--target", "prod"),
        ("approvals", "1.2.0", "--target", "prod"),
        ("request", "1.2.0", "--target", "prod"),
        ("waive", "scan", "--release", "1.2.0", "--target", "prod"),
        ("promote", "1.2.0", "--target", "prod"),
    ],
    ids=lambda words: words[0],
)
def test_it_names_the_product_where_the_tag_alone_would_mean_another(words: tuple[str, ...]) -> None:
    assert command_line(("ldmrelease", *words), "alerts") == f"ldmrelease {' '.join(words)} --product alerts"
    assert command_line(("ldmrelease", *words)) == f"ldmrelease {' '.join(words)}"


def test_what_is_not_about_a_tag_names_no_product() -> None:
    assert (
        command_line(("ldmrelease", "observe", "--target", "prod"), "alerts")
        == "ldmrelease observe --target prod"
    )
