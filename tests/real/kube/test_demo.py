"""The demonstration on real clusters, as a user plays it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

# Its namespaces have names that a user can type: only one may play at a time.


def ldmrelease(folder: Path, kubeconfig: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The program, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ldmrelease.faces.cli.main", *words],
        cwd=folder,
        env={**os.environ, "KUBECONFIG": kubeconfig},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_the_week_is_played_on_two_clusters_and_the_summit_is_left_for_the_users_hand(
    tmp_path, cluster, second_cluster
):
    kubeconfig = f"{cluster.kubeconfig}:{second_cluster.kubeconfig}"
    words = [
        "demo", "week", "--kubernetes", cluster.context, "--kubernetes", second_cluster.context,
        "--registry", f"{cluster.registry.address}/demo", "--insecure", "--again", "--full",
    ]  # fmt: skip
    played = ldmrelease(tmp_path, kubeconfig, *words)
    try:
        assert played.returncode == 0, played.stderr
        told = played.stdout + played.stderr
        assert "Traceback" not in told
        assert "REFUSED: stack/w.2023.16 may not enter base/ocps" in told
        assert "check smoke: PASSED" in told
        assert "kubectl-set wrote it" in told
        assert "(exit 3)" not in told
        last = ldmrelease(
            tmp_path / "week", kubeconfig, "promote", "w.2023.16", "--target", "commissioning", "--yes"
        )
        assert last.returncode == 0, last.stdout + last.stderr
        where = ldmrelease(tmp_path / "week", kubeconfig, "where", "--live").stdout
        assert "summit/ocps" in where
        again = ldmrelease(tmp_path, kubeconfig, *words[:2])
        assert again.returncode == 2
        assert "--again" in again.stderr
    finally:
        _removed(tmp_path / "week", kubeconfig)


def _removed(folder: Path, kubeconfig: str) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from ldmrelease.demo.demo_cluster import remove; remove(Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "KUBECONFIG": kubeconfig},
        check=True,
        timeout=120,
    )
