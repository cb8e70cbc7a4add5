"""What is pinned can be installed, on the day it was pinned and on any other."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "requirements"
LOCKS = sorted(FOLDER.glob("*.txt"))

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([^]]+)\])?==", re.MULTILINE)
_WITH_EXTRAS = re.compile(r"^([A-Za-z0-9._-]+)\s*\[([^]]+)\]")


def pins(lock: Path) -> dict[str, set[str]]:
    """The extras with which each distribution is pinned."""
    return {name.lower(): _extras(extras) for name, extras in _PIN.findall(lock.read_text())}


def _extras(text: str) -> set[str]:
    return {each.strip().lower() for each in text.split(",") if each.strip()}


def asked(name: str) -> list[str]:
    """What an installed distribution requires always; empty for one that is for other machines."""
    try:
        return [each for each in requires(name) or () if "extra ==" not in each]
    except PackageNotFoundError:
        return []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda each: each.stem)
def test_what_is_required_with_an_extra_is_pinned_with_it(lock: Path):
    """Else pip asks for the newest one, for which there is no hash as soon as it is another."""
    there = pins(lock)
    assert there
    for name in there:
        for each in asked(name):
            found = _WITH_EXTRAS.match(each)
            if found:
                assert _extras(found[2]) <= there[found[1].lower()], f"{name} requires {each}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda each: each.stem)
def test_every_pin_has_a_hash_and_no_address(lock: Path):
    text = lock.read_text()
    hashed = re.findall(r"^([^\s=\[]+)\S*==.*\\\n\s+--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    # One that stands with an extra is named without it, too.
    assert len(set(hashed)) == len(pins(lock))
    assert "://" not in text
