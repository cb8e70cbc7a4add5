"""Values files of any size, depth and number of values: what nobody writes is refused, and costs little."""

import pytest

from ldmrelease.answers.sentences.target_refusals import TARGET_WORDS, target_words
from ldmrelease.targets.results import RefusedError
from ldmrelease.targets.yamledit import tree


def refusal(text: str) -> tuple[str, object]:
    with pytest.raises(RefusedError) as caught:
        tree.parse(text)
    found = caught.value.refusal
    assert found.code in TARGET_WORDS
    assert str(found.values["expected"]) in target_words(found.code, {"file": "values.yaml", **found.values})
    return found.code, found.values.get("line")


def test_a_file_of_more_characters_than_are_read() -> None:
    assert refusal("# " + "x" * tree.LARGEST_FILE) == ("file-too-large", None)


def test_values_that_are_nested_too_deep() -> None:
    deep = tree.DEEPEST + 1
    assert refusal("a:\n  " + "[" * deep + "]" * deep) == ("too-deep", 2)
    fits = tree.DEEPEST - 1
    assert tree.parse("a:\n" + " [" * fits + "]" * fits).kind == "mapping"


def test_too_many_values() -> None:
    assert refusal("a: [" + "1," * tree.MOST_NODES + "]") == ("too-many-values", 1)
