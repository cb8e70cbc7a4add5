"""Which release a container is: each step of the rule, and that nothing named is re-named."""

from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.release import Component
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.projections.naming import (
    Admission,
    NamedBy,
    NamedImage,
    PinnedImage,
    SeenImage,
    name_image,
    standing,
)

D = "sha256:" + "d" * 64


def pinned(sequence: int, tag: str, *, complete: bool = True, revision: int = 1) -> PinnedImage:
    """A pin of a tag whose image is the one that is seen."""
    part = Component("api", ComponentKind.IMAGE, "oci:api", tag, D)
    return PinnedImage(sequence, f"app/{tag}", f"{tag}#{revision}", complete, part)


def admission(tag: str, begin: int, end: int | None = None, revision: int = 1) -> Admission:
    return Admission(f"{tag}#{revision}", f"app/{tag}", f"P-{begin}", begin, end)


def named(
    pins: list[PinnedImage],
    spelled: str | None = None,
    first: int = 10,
    admissions: tuple[Admission, ...] = (),
) -> tuple[NamedBy, str | None]:
    seen = SeenImage(D, f"app/{spelled}" if spelled else None, first)
    found = name_image(seen, admissions, pins)
    return found.by, found.release


def test_what_was_let_in_comes_before_what_is_spelled_and_what_is_older() -> None:
    pins = [pinned(1, "1.4"), pinned(2, "1.5"), pinned(3, "1.6")]
    let_in = (admission("1.5", 5),)
    assert named(pins, "1.6", admissions=let_in) == (NamedBy.ADMITTED, "app/1.5")


def test_an_admission_of_another_image_names_nothing() -> None:
    assert named([pinned(1, "1.4")], admissions=(admission("1.5", 5),)) == (NamedBy.INFERRED, "app/1.4")


def test_of_many_that_were_let_in_with_one_image_the_spelled_one_is_meant() -> None:
    pins = [pinned(1, "1.4"), pinned(2, "1.5")]
    both = (admission("1.5", 7), admission("1.4", 5))
    assert named(pins, "1.4", admissions=both) == (NamedBy.ADMITTED, "app/1.4")
    assert named(pins, None, admissions=both) == (NamedBy.ADMITTED, "app/1.5")


def test_what_is_spelled_comes_before_what_is_older() -> None:
    assert named([pinned(1, "1.4"), pinned(2, "1.5")], "1.5") == (NamedBy.SPELLED, "app/1.5")
    assert named([pinned(1, "1.4"), pinned(2, "1.5")], "2.0") == (NamedBy.INFERRED, "app/1.4")


def test_an_open_release_is_not_inferred() -> None:
    assert named([pinned(1, "1.4", complete=False)]) == (NamedBy.IMAGE, None)
    assert named([pinned(1, "1.4", complete=False), pinned(2, "1.5")]) == (NamedBy.INFERRED, "app/1.5")


def test_a_later_pin_names_what_had_no_name_and_displaces_none() -> None:
    late, later = pinned(20, "1.5"), pinned(21, "1.4")
    assert named([late]) == (NamedBy.INFERRED, "app/1.5")
    assert named([late, later], "1.4") == (NamedBy.INFERRED, "app/1.5")
    assert named([pinned(1, "1.3"), late], "1.5") == (NamedBy.INFERRED, "app/1.3")


def test_another_revision_of_a_tag_displaces_nothing() -> None:
    first, again = pinned(1, "1.4"), pinned(20, "1.4", revision=2)
    found = name_image(SeenImage(D, "app/1.4", 10), (), [first, again])
    assert found == NamedImage(NamedBy.SPELLED, first)


def test_the_newest_admission_stands_alone_unless_the_place_keeps_many() -> None:
    all_ = [admission("1.4", 1), admission("1.5", 5), admission("1.6", 7, 9)]
    assert [each.name for each in standing(all_, "app", 8, keeps_many=False)] == ["app/1.6"]
    assert [each.name for each in standing(all_, "app", 9, keeps_many=False)] == ["app/1.5"]
    assert [each.name for each in standing(all_, "app", 9, keeps_many=True)] == ["app/1.5", "app/1.4"]
    assert standing(all_, "other", 8, keeps_many=True) == ()


PINS = st.lists(st.tuples(st.sampled_from(["1.4", "1.5", "1.6"]), st.booleans()), max_size=6)


@given(PINS, PINS, st.sampled_from([None, "1.4", "1.5", "2.0"]), st.integers(0, 8))
def test_no_later_pin_changes_a_name(
    before: list[tuple[str, bool]], after: list[tuple[str, bool]], spelled: str | None, ago: int
) -> None:
    first = max(1, len(before) + 1 - ago)
    pins = [
        pinned(sequence, tag, complete=complete, revision=sequence)
        for sequence, (tag, complete) in enumerate([*before, *after], 1)
    ]
    then = named(pins[: len(before)], spelled, first)
    now = named(pins, spelled, first)
    assert then[1] is None or then == now
