"""Small images that run: a static busybox and a script, made on the spot and pushed to a registry."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ldmrelease.domain.images import digest_of
from ldmrelease.registry.manifests import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Json, write_object
from ldmrelease.registry.repository import Repository
from tests.real.registries import RunningRegistry

_BUSYBOX = Path("/bin/busybox")
_APPLETS = (
    "sh",
    "sleep",
    "cat",
    "echo",
    "touch",
    "rm",
    "test",
    "date",
    "env",
    "nc",
    "wget",
    "ls",
    "httpd",
    "id",
)

# What containers do, by name. Each ends at once when it is told to. READY is an environment variable.
SCRIPTS: Mapping[str, str] = {
    "sleep": "trap 'exit 0' TERM INT\nwhile :; do sleep 3600 & wait $!; done",
    "crash": "echo 'starting'; echo 'no such table: visits' >&2\nexit 3",
    "exit": "echo 'done'",
    # Ready (for `objects.READY_FILE_PROBE`) after that many seconds; never without READY_AFTER.
    "ready": '[ -z "$READY_AFTER" ] || { sleep "$READY_AFTER"; touch /tmp/ready; }\n'
    "trap 'exit 0' TERM INT\nwhile :; do sleep 3600 & wait $!; done",
    # Writes RESULT where Kubernetes reads a container's termination message, and ends with STATUS.
    "result": 'printf %s "$RESULT" > /dev/termination-log\nexit "${STATUS:-0}"',
}


@dataclass(frozen=True, slots=True)
class Pushed:
    """An image in a registry. `index` is what its tag names: for a single-platform image the manifest itself."""

    repository: str
    tag: str
    index: str
    manifest: str
    config: str

    @property
    def by_digest(self) -> str:
        """The reference to put into a pod: `127.0.0.1:5000/app@sha256:...`."""
        return f"{self.repository}@{self.index}"

    @property
    def by_tag(self) -> str:
        return f"{self.repository}:{self.tag}"


def push_image(
    registry: RunningRegistry,
    repository: str,
    tag: str,
    *,
    seed: str = "",
    script: str = "sleep",
    env: Mapping[str, str] | None = None,
    other_platforms: Sequence[str] = ("linux/arm64",),
    labels: Mapping[str, str] | None = None,
) -> Pushed:
    """Push an image that runs `script`: a name in SCRIPTS, or the text of a shell script.

    Another seed gives another image. With `other_platforms` the tag names an index, whose linux/amd64 manifest is
    the one that runs; without, the manifest itself.
    """
    target = registry.open(repository)
    made = [_put_platform(target, "linux/amd64", seed, script, env or {}, labels or {})]
    made += [
        _put_platform(target, platform, seed, script, env or {}, labels or {}) for platform in other_platforms
    ]
    content, config, _ = made[0]
    name = f"{registry.address}/{repository}"
    if not other_platforms:
        digest = target.put_manifest(content, OCI_MANIFEST, tag)
        return Pushed(name, tag, digest, digest, config)
    entries = [_described(OCI_MANIFEST, each) | {"platform": platform} for each, _, platform in made]
    index = write_object({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
    return Pushed(name, tag, target.put_manifest(index, OCI_INDEX, tag), digest_of(content), config)


def pause_archive() -> bytes:
    """The sandbox image `localhost/pause:1`, as `ctr images import` reads it."""
    layer = _base_layer()
    config = json.dumps(_config("linux/amd64", ["/bin/sleep", "2147483647"], {}, {}, [layer])).encode()
    directory, name = digest_of(layer)[7:], digest_of(config)[7:] + ".json"
    tags = [{"Config": name, "RepoTags": ["localhost/pause:1"], "Layers": [f"{directory}/layer.tar"]}]
    files = {name: config, f"{directory}/layer.tar": layer, "manifest.json": json.dumps(tags).encode()}
    return _archive({path: (content, 0o644) for path, content in files.items()})


def _put_platform(
    target: Repository,
    platform: str,
    seed: str,
    script: str,
    env: Mapping[str, str],
    labels: Mapping[str, str],
) -> tuple[bytes, str, Json]:
    text = f"#!/bin/sh\n# {seed}\n{SCRIPTS.get(script, script)}\n"
    layers = [_base_layer(), _archive({"entrypoint": (text.encode(), 0o755)})]
    config = write_object(_config(platform, ["/entrypoint"], env, labels, layers))
    for content in (*layers, config):
        if not target.has_blob(digest_of(content)):
            target.put_blob(content)
    manifest = write_object(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _described(OCI_CONFIG, config),
            "layers": [_described(OCI_LAYER.removesuffix("+gzip"), layer) for layer in layers],
        }
    )
    target.put_manifest(manifest, OCI_MANIFEST)
    names = platform.split("/")
    return manifest, digest_of(config), dict(zip(("os", "architecture", "variant"), names, strict=False))


def _config(
    platform: str,
    entrypoint: Sequence[str],
    env: Mapping[str, str],
    labels: Mapping[str, str],
    layers: Sequence[bytes],
) -> Json:
    system, architecture = platform.split("/")[:2]
    settings = {
        "Entrypoint": list(entrypoint),
        "Env": ["PATH=/bin", *(f"{name}={value}" for name, value in env.items())],
        "Labels": dict(labels),
    }
    return {
        "os": system,
        "architecture": architecture,
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
    }


@cache
def _base_layer() -> bytes:
    return _archive(
        {"bin/busybox": (_BUSYBOX.read_bytes(), 0o755)}, {f"bin/{name}": "busybox" for name in _APPLETS}
    )


def _archive(files: Mapping[str, tuple[bytes, int]], links: Mapping[str, str] | None = None) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in ("tmp",) if links else ():
            directory = tarfile.TarInfo(path)
            directory.type, directory.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(directory)
        for path, (content, mode) in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
        for path, aim in (links or {}).items():
            link = tarfile.TarInfo(path)
            link.type, link.linkname = tarfile.SYMTYPE, aim
            tar.addfile(link)
    return packed.getvalue()


def _described(media_type: str, content: bytes) -> Json:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}
