"""How many examples a property is tried with: a fifth of them while somebody works, all of them in `make test`.

`make test` and CI set the environment variable CI. What the fifth does not find is found there.
"""

import os

FULL = bool(os.environ.get("CI"))


def examples(full: int) -> int:
    """How many of `full` examples are tried in this run."""
    return full if FULL else max(full // 5, 1)
