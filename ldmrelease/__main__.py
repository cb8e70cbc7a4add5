"""The program's start, installed as `ldmrelease` or as `python -m ldmrelease`: the command line."""

import gc
import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Answer a shell that completes a command line, or load the command line and run it."""
    # What modules define stays: to look through it while they are imported finds nothing. It is put aside, and the
    # collector set to work, when the command is loaded (`faces.cli.main`).
    gc.disable()
    gc.set_threshold(50_000)
    try:
        _run()
    except KeyboardInterrupt:
        # While modules are loaded nobody else takes it.
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)


def _run() -> None:
    if "_LDMRELEASE_COMPLETE" in os.environ:
        from ldmrelease.faces.completion.complete import complete  # noqa: PLC0415 - where a shell asks

        code = complete(os.environ)
        if code is not None:
            sys.exit(code)
    from ldmrelease.faces.cli.main import main as run  # noqa: PLC0415 - only where no shell asks

    run()


if __name__ == "__main__":
    main()
