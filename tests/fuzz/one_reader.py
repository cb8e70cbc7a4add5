"""Fuzz one reader: a process of its own, which libFuzzer takes over. `python -m tests.fuzz` starts it."""

import sys

import atheris

with atheris.instrument_imports(include=["ldmrelease"]):
    from tests.fuzz.readers import readers


def main() -> None:
    """The reader's name comes first; the rest is for libFuzzer."""
    name, *rest = sys.argv[1:]
    atheris.Setup([sys.argv[0], *rest], readers()[name].read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
