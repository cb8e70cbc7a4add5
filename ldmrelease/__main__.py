"""The program's start, installed as `ldmrelease` or as `python -m ldmrelease`: the command line."""

import gc
import os
import sys


def main() -> None:
    """Load the command line and run it."""
    # What modules define stays: to look through it again and again while they are imported finds nothing.
    gc.set_threshold(50_000)
    if "_LDMRELEASE_COMPLETE" in os.environ:
        from ldmrelease.faces.completion.complete import complete  # noqa: PLC0415 - where a shell asks

        code = complete(os.environ)
        if code is not None:
            sys.exit(code)
    from ldmrelease.faces.cli.main import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
