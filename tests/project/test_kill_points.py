"""Which points of a command are killed at, and that eight days are at all of those that change something."""

from tests.kill_points import REPEATED, chosen, kind_of

SHA = "sha256:" + "a" * 64
CALLS = [
    f"{phase} {what}"
    for what in (
        "step.intended",
        "GET http://127.0.0.1:5000/v2/x/manifests/al9",
        "POST http://127.0.0.1:5000/v2/x/blobs/uploads/",
        f"PUT http://127.0.0.1:5000/v2/x/blobs/uploads/77?digest={SHA}",
        f"PUT http://127.0.0.1:5000/v2/x/manifests/{SHA}",
        "WRITE /tmp/images/x/index.json",
        "step.done",
    )
    for phase in ("before", "after")
] * 9


def _kinds(numbers: list[int]) -> set[str]:
    return {kind_of(CALLS[number - 1]) for number in numbers}


def test_every_day_is_at_each_kind_and_after_each_write_of_a_registry() -> None:
    writes = {
        number
        for number, call in enumerate(CALLS, 1)
        if call.startswith(("after PUT", "after POST", "after WRITE"))
    }
    for day in range(REPEATED):
        found = chosen(CALLS, day, everything=False)
        assert _kinds(found) == {kind_of(each) for each in CALLS}
        assert writes <= set(found)
        assert len(found) < len(CALLS) * 0.6


def test_eight_days_are_at_all_that_change_something() -> None:
    days = [set(chosen(CALLS, day, everything=False)) for day in range(738000, 738000 + REPEATED)]
    assert len({frozenset(each) for each in days}) == REPEATED
    changing = {number for number, call in enumerate(CALLS, 1) if " GET " not in call}
    assert changing <= set().union(*days)


def test_everything_is_every_number() -> None:
    assert chosen(CALLS, everything=True) == list(range(1, len(CALLS) + 1))


def test_a_kind_names_no_image_and_no_upload() -> None:
    assert kind_of(CALLS[6]) == "before PUT blobs/uploads"
    assert kind_of(CALLS[9]) == "after PUT manifests"
    assert kind_of(CALLS[10]) == "before WRITE index.json"
    assert kind_of(CALLS[-1]) == "after step.done"
