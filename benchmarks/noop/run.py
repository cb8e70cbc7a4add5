"""What a promotion with nothing to do costs: requests to the registry, appends, writes of git; and a second copy.

    python benchmarks/noop/run.py

Needs Debian's docker-registry. Prints the counts beside the floors, and writes them beside this file.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.copy import copy
from ldmrelease.registry.opening import Registries
from ldmrelease.services.promotions.commands import promote
from ldmrelease.services.promotions.submit import NothingToDo
from tests.real.registries import docker_registry
from tests.real.test_kills import quiet, spec
from tests.real.test_kills_http import site_in
from tests.workspace import Site, new_site

RESULT = Path(__file__).with_name("last.txt")


def counted(site: Site) -> tuple[object, Counter[str], float]:
    """Promote, and count what is asked and written; seconds."""
    calls: Counter[str] = Counter()

    def told(phase: str, what: str) -> None:
        if phase == "before":
            calls[what.split(maxsplit=1)[0]] += 1

    context = site.context(told)
    begun = time.perf_counter()
    answer = promote(context, spec(context), quiet)
    seconds = time.perf_counter() - begun
    context.ledger.close()
    return answer, calls, seconds


def main() -> None:
    """Promote twice; the second time there is nothing to do."""
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "registry").mkdir()
        new_site(folder / "template").release_weekly()
        with docker_registry(folder / "registry") as registry:
            site = site_in(folder / "template", folder / "site", registry)
            _, first, took = counted(site)
            answer, again, took_again = counted(site)
            assert isinstance(answer, NothingToDo)
            lines.append(f"a promotion over 3 environments: {sum(first.values())} calls, {took:.2f} s")
            lines.append(f"the same again: {dict(again)} (floor: 1 HEAD an image), {took_again:.3f} s")
            lines.append(f"again/first: {took_again / took:.3f} of the time")
            source = Registries(folder).open(parse_reference(f"{registry.address}/k-copy/source"))
            there = Registries(folder).open(parse_reference(f"oci:{folder}/template/images/scipipe"))
            copy(there, "al9-w_2023_16", source)
            destination = Registries(folder).open(parse_reference(f"{registry.address}/k-copy/destination"))
            report = copy(source, "al9-w_2023_16", destination)
            second = copy(source, "al9-w_2023_16", destination)
            lines.append(f"copy of an index of 2 platforms: {report.requests} requests")
            lines.append(
                f"the same copy again: {second.requests} requests (floor: 1 HEAD, 1 look-up of referrers)"
            )
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
