"""What verifying a whole ledger costs, beside a bare loop that hashes and verifies the same events; and how little
of it a command verifies.

    python benchmarks/ledger/run.py [--events 100000] [--releases 1000]

Prints a small table and keeps it in `last.txt` beside this file. It asserts nothing: a clock belongs here.

The bare loop has everything ready in memory: the bytes that are hashed, the key as an object, the message that
is signed, and the signature. `Ledger.verify` reads its rows from the file, and finds out for each whether its body
is spelled canonically, whether chain, versions and times follow, and whether the record was signed for where it
stands by a key that counted then; SQLite checks the file. `ledger verify` folds all projections again as well.
All are timed by the processor time of this one process, in turns, and the best of each counts.
"""

import argparse
import gc
import hashlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain import canonical
from ldmrelease.ledger import Ledger, log, open_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import open_context
from ldmrelease.services.inventory.where import where
from ldmrelease.services.record_check import RecordCheck
from ldmrelease.trust import verify as trust_verify
from ldmrelease.trust.dsse import Envelope, pae, read_envelope
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.keys import PublicKey, read_public, signed_by

sys.path.insert(0, str(Path(__file__).parents[1]))

from where.run import site

Ready = tuple[bytes, str, PublicKey, bytes, bytes]
ROUNDS = 5


def ready(ledger: Ledger, keyring: Keyring) -> Iterator[Ready]:
    """Of each signed event: the bytes that are hashed, its hash, the key, the signature and what is signed."""
    for event in ledger.events():
        if "envelope" not in event.body:
            continue
        envelope = read_envelope(event.body["envelope"])
        assert isinstance(envelope, Envelope)
        (signature,) = envelope.signatures
        key = keyring.find(signature.keyid or "")
        assert key is not None
        plain = canonical.to_plain(event)
        own = plain.pop("hash")
        message = pae(envelope.payload_type, envelope.payload)
        yield canonical.encode(plain), own, read_public(key.public_pem), signature.value, message


def bare(events: list[Ready]) -> None:
    """Hash and verify, and nothing else."""
    for hashed, own, key, signature, message in events:
        assert "sha256:" + hashlib.sha256(hashed).hexdigest() == own
        assert signed_by(key, signature, message)


def sound(ledger: Ledger, check: RecordCheck) -> None:
    """Verify the whole ledger."""
    assert ledger.verify(check=check) == ()


def seconds(act: Callable[[], object]) -> float:
    """Of processor time."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


def in_turns(acts: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The best of each."""
    spent = [{name: seconds(act) for name, act in acts.items()} for _ in range(ROUNDS)]
    return {name: min(each[name] for each in spent) for name in acts}


def verified_by_where(folder: Path) -> tuple[int, int]:
    """How many events `where` reads and how many signatures it verifies."""
    with (
        patch.object(log, "checked", wraps=log.checked) as read,
        patch.object(trust_verify, "signed_by", wraps=signed_by) as signatures,
    ):
        context = open_context(load_workspace(folder / "ldmrelease.yaml"))
        now = context.ledger.get(context.ledger.head().size)
        assert now is not None
        list(where(context, now=now.time + timedelta(hours=1)))
        context.ledger.close()
    return read.call_count, signatures.call_count


def table(folder: Path, count: int) -> list[str]:
    """The lines to print."""
    keyring = load_workspace(folder / "ldmrelease.yaml").keyring
    read, signatures = verified_by_where(folder)
    path = folder / "ledger.db"
    with open_ledger(path, projectors=PROJECTORS) as ledger:
        events, check = list(ready(ledger, keyring)), RecordCheck(ledger.genesis, keyring)
        # What is prepared is nobody's garbage: the collector need not look at it again and again.
        gc.freeze()
        whole = in_turns({"bare": lambda: bare(events), "whole": lambda: sound(ledger, check)})
    with open_ledger(path, projectors=()) as ledger:
        ledger.rebuild_projections()
        alone = in_turns({"bare": lambda: bare(events), "alone": lambda: sound(ledger, check)})
    lines = [
        f"Python {platform.python_version()}; {count:,} signed events; load {os.getloadavg()[0]:.1f}",
        "",
    ]
    for name, spent in (
        ("a bare loop that hashes and verifies", alone["bare"]),
        ("Ledger.verify, signatures included", alone["alone"]),
        ("the same, and all projections folded again", whole["whole"]),
    ):
        bare_seconds = whole["bare"] if spent is whole["whole"] else alone["bare"]
        lines.append(
            f"{name:44}{spent:8.2f} s{spent / count * 1e6:9.1f} us each{spent / bare_seconds:7.2f} x"
        )
    return [
        *lines,
        "",
        f"`where` on the same ledger reads {read} events and verifies {signatures} signatures",
    ]


def main() -> None:
    """Make the ledger, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--releases", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = site(Path(scratch) / "site", given.events + 1, given.releases)
        lines = table(folder, given.events)
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (Path(__file__).parent / "last.txt").write_text(text)


if __name__ == "__main__":
    main()
