"""The program's start, installed as `ldmrelease` or as `python -m ldmrelease`: the command line."""

import gc


def main() -> None:
    """Load the command line and run it."""
    # What modules define stays: to look through it again and again while they are imported finds nothing.
    gc.set_threshold(50_000)
    from ldmrelease.faces.cli.main import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
