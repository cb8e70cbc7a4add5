"""Name each pinned distribution that stands with an extra without it, too: `pydantic[email]==2` and `pydantic==2`.

pip before 24 takes these for two, and refuses the one that has no hash; uv writes either.
"""

import re
import sys
from pathlib import Path

_BLOCK = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)\[[^\]]+\](?P<rest>==[^\n]*\\\n(?: +--hash[^\n]*\n)+)", re.MULTILINE
)

for path in map(Path, sys.argv[1:]):
    text = path.read_text()
    path.write_text(_BLOCK.sub(lambda found: f"{found['name']}{found['rest']}{found[0]}", text))
