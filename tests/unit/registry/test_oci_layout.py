"""OCI-layout directories: what is stored is found, nothing is half there, and damage is seen."""

import json
import threading
from pathlib import Path

import pytest

from ldmrelease.domain.images import ImageIdentity, ImageProblem, digest_of, parse_reference
from ldmrelease.registry.copy import copy
from ldmrelease.registry.errors import BadAnswer, DigestMismatch, LimitExceeded, NotFound, RegistryError
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.manifests import OCI_INDEX, OCI_MANIFEST, Descriptor, write_object
from ldmrelease.registry.oci_layout import LayoutRepository
from ldmrelease.registry.opening import open_repository
from ldmrelease.registry.referrers import list_referrers, put_referrer
from ldmrelease.registry.repository import RegistryOptions
from tests.images import attach, descriptor_of, put_sample_image, put_sample_index


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "lab", name="oci:lab")


def blob_path(directory: Path, digest: str) -> Path:
    return directory / "blobs" / "sha256" / digest.removeprefix("sha256:")


def entries(directory: Path) -> list[str]:
    return sorted(
        json.dumps(each) for each in json.loads((directory / "index.json").read_bytes())["manifests"]
    )


def test_a_look_makes_no_directory(tmp_path: Path) -> None:
    repository = open_repository(parse_reference("oci:images/lab"), base_dir=tmp_path)
    assert repository.tags() == []
    assert repository.resolve("w_2023_16") is None
    assert identity(repository, "w_2023_16") == ImageProblem("absent", "w_2023_16")
    assert list_referrers(repository, digest_of(b"")) == []
    assert list(tmp_path.iterdir()) == []


def test_tags_and_digests_name_the_same_image(layout: LayoutRepository) -> None:
    image = put_sample_index(layout, "w_2023_16", seed="a")
    assert identity(layout, "w_2023_16") == image
    assert identity(layout, image.index) == image
    assert layout.manifest("w_2023_16").digest == image.index
    assert layout.tags() == ["w_2023_16"]


def test_a_moved_tag_leaves_the_image_before_reachable(layout: LayoutRepository, tmp_path: Path) -> None:
    first = put_sample_image(layout, "latest", seed="a")
    second = put_sample_image(layout, "latest", seed="b")
    assert descriptor_of(layout, "latest").digest == second.index
    assert identity(layout, first.index) == first
    listed = json.loads((tmp_path / "lab" / "index.json").read_bytes())["manifests"]
    assert {entry["digest"] for entry in listed} == {first.index, second.index}


def test_the_same_put_again_writes_nothing(tmp_path: Path) -> None:
    writes: list[str] = []
    repository = open_repository(
        parse_reference("oci:lab"),
        base_dir=tmp_path,
        options=RegistryOptions(observer=lambda phase, method, path: writes.append(phase)),
    )
    put_sample_index(repository, "a", seed="a")
    attach(repository, "a")
    assert writes.count("before") == writes.count("after") > 10
    writes.clear()
    put_sample_index(repository, "a", seed="a")
    attach(repository, "a")
    assert writes == []


def test_entries_of_other_tools_survive(layout: LayoutRepository, tmp_path: Path) -> None:
    put_sample_image(layout, "a", seed="a")
    index = tmp_path / "lab" / "index.json"
    body = json.loads(index.read_bytes())
    body["annotations"] = {"made-by": "hand"}
    body["manifests"][0]["x-note"] = 7
    index.write_text(json.dumps(body))
    put_sample_image(layout, "b", seed="b")
    after = json.loads(index.read_bytes())
    assert after["annotations"] == {"made-by": "hand"}
    assert after["manifests"][0]["x-note"] == 7


@pytest.mark.parametrize("name", [None, 7])
def test_an_entry_whose_name_is_none_hides_no_other(
    layout: LayoutRepository, tmp_path: Path, name: object
) -> None:
    image = put_sample_image(layout, "a", seed="a")
    put_sample_image(layout, "b", seed="b")
    index = tmp_path / "lab" / "index.json"
    body = json.loads(index.read_bytes())
    body["manifests"][1]["annotations"] = {"org.opencontainers.image.ref.name": name}
    index.write_text(json.dumps(body))
    assert layout.tags() == ["a"]
    assert identity(layout, "a") == image
    put_sample_image(layout, "c", seed="c")
    assert body["manifests"][1] in json.loads(index.read_bytes())["manifests"]
    assert layout.tags() == ["a", "c"]


def test_every_kill_around_a_write_leaves_a_layout_that_can_be_finished(tmp_path: Path) -> None:
    class Kill(BaseException):
        pass

    def make(directory: Path, stop_at: int) -> int:
        """Returns the number of moments at which a kill can come."""
        moments = 0

        def observe(phase: str, method: str, path: str) -> None:
            nonlocal moments
            moments += 1
            if moments == stop_at:
                raise Kill

        repository = LayoutRepository(directory, name="oci:lab", observer=observe)
        put_sample_image(repository, "a", seed="a", layers=[32])
        attach(repository, "a")
        return moments

    total = make(tmp_path / "whole", stop_at=0)
    assert total > 10
    whole = LayoutRepository(tmp_path / "whole", name="oci:lab")
    for moment in range(1, total + 1):
        directory = tmp_path / str(moment)
        with pytest.raises(Kill):
            make(directory, stop_at=moment)
        cut = LayoutRepository(directory, name="oci:lab")
        if "a" in cut.tags():
            assert identity(cut, "a") == identity(whole, "a")
        make(directory, stop_at=0)
        assert entries(directory) == entries(tmp_path / "whole")


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    subject = put_sample_image(LayoutRepository(tmp_path / "lab", name="oci:lab"), "base", seed="base")

    def write(number: int) -> None:
        repository = LayoutRepository(tmp_path / "lab", name="oci:lab")
        put_sample_image(repository, f"t{number}", seed=str(number), layers=[32])
        attach(repository, subject.index, content=str(number).encode())

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = LayoutRepository(tmp_path / "lab", name="oci:lab")
    assert {f"t{number}" for number in range(8)} <= set(after.tags())
    fallback = json.loads(after.manifest(subject.index.replace(":", "-")).content)
    assert len(fallback["manifests"]) == 8
    assert len(list_referrers(after, subject.index)) == 8


def test_a_referrer_without_the_fallback_tag_is_found(layout: LayoutRepository, tmp_path: Path) -> None:
    image = put_sample_image(layout, "a", seed="a")
    digest = attach(layout, "a")
    index = tmp_path / "lab" / "index.json"
    body = json.loads(index.read_bytes())
    body["manifests"] = [
        each
        for each in body["manifests"]
        if not each.get("annotations", {}).get("org.opencontainers.image.ref.name", "").startswith("sha256-")
    ]
    index.write_text(json.dumps(body))
    assert [each.digest for each in layout.referrers(image.index)] == [digest]


def test_referrers_are_filtered_by_type(layout: LayoutRepository) -> None:
    image = put_sample_image(layout, "a", seed="a")
    note, report = attach(layout, "a", "text/x-note"), attach(layout, "a", "text/x-report")
    assert {each.digest for each in layout.referrers(image.index)} == {note, report}
    assert [each.digest for each in layout.referrers(image.index, "text/x-report")] == [report]
    assert list_referrers(layout, image.platforms[0].config) == []


def test_the_same_referrer_twice_is_one(layout: LayoutRepository) -> None:
    put_sample_image(layout, "a", seed="a")
    subject = descriptor_of(layout, "a")
    digests = {put_referrer(layout, subject, "t/x", [("t/x", b"1")], {"k": "v"}) for _ in range(2)}
    assert len(digests) == 1
    assert len(list_referrers(layout, subject.digest)) == 1


@pytest.mark.parametrize("which", ["index", "manifest", "config"])
def test_a_flipped_bit_is_seen(layout: LayoutRepository, tmp_path: Path, which: str) -> None:
    image = put_sample_index(layout, "a", seed="a")
    platform = image.platforms[0]
    digest = {"index": image.index, "manifest": platform.manifest, "config": platform.config}[which]
    path = blob_path(tmp_path / "lab", digest)
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    with pytest.raises(DigestMismatch, match=r"oci:lab.*do not use them"):
        layout.blob(digest)
    with pytest.raises(DigestMismatch):
        list(layout.stream_blob(digest))
    with pytest.raises(DigestMismatch):
        copy(layout, image.index, LayoutRepository(tmp_path / "other", name="oci:other"))
    assert LayoutRepository(tmp_path / "other", name="oci:other").resolve(image.index) is None


def test_bytes_that_do_not_fit_their_digest_are_not_stored(layout: LayoutRepository, tmp_path: Path) -> None:
    for content, size in [(b"other", 5), (b"right", 4)]:
        with pytest.raises(DigestMismatch):
            layout.put_stream(digest_of(b"right"), size, [content])
    assert not layout.has_blob(digest_of(b"right"))
    assert [path.name for path in (tmp_path / "lab").rglob("*") if path.is_file()] == ["oci-layout"]


def test_what_is_missing_or_too_large_is_said(layout: LayoutRepository) -> None:
    digest = layout.put_blob(b"0123456789")
    assert layout.blob(digest, limit=10) == b"0123456789"
    with pytest.raises(LimitExceeded):
        layout.blob(digest, limit=9)
    with pytest.raises(NotFound, match=r"READ oci:lab"):
        layout.blob(digest_of(b"nothing"))
    with pytest.raises(NotFound):
        layout.manifest("nothing")
    with pytest.raises(ValueError, match="not a digest"):
        layout.blob("sha256:../../etc/passwd")


@pytest.fixture(
    params=[
        ("index.json", b"{"),
        ("index.json", b"[]"),
        ("index.json", b'{"manifests": 1}'),
        ("index.json", b'{"manifests": [{"digest": "sha256:0"}]}'),
        ("oci-layout", None),
    ]
)
def damaged(request: pytest.FixtureRequest, layout: LayoutRepository, tmp_path: Path) -> LayoutRepository:
    put_sample_image(layout, "a", seed="a")
    name, content = request.param
    if content is None:
        (tmp_path / "lab" / name).unlink()
    else:
        (tmp_path / "lab" / name).write_bytes(content)
    return layout


def test_a_damaged_layout_is_never_an_empty_one(damaged: LayoutRepository) -> None:
    with pytest.raises(BadAnswer, match="oci:lab"):
        damaged.resolve("a")
    with pytest.raises(BadAnswer):
        damaged.tags()
    with pytest.raises(BadAnswer):
        put_sample_image(damaged, "b", seed="b")


def test_a_tag_that_names_two_things_is_an_error(layout: LayoutRepository, tmp_path: Path) -> None:
    put_sample_image(layout, "a", seed="a")
    put_sample_image(layout, "b", seed="b")
    index = tmp_path / "lab" / "index.json"
    index.write_bytes(index.read_bytes().replace(b'"name":"b"', b'"name":"a"').replace(b'"b"', b'"a"'))
    with pytest.raises(BadAnswer, match="more than once"):
        layout.resolve("a")


def test_a_directory_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    layout = LayoutRepository(tmp_path / "file" / "lab", name="oci:file/lab")
    with pytest.raises(RegistryError, match=r"oci:file/lab: .*permissions"):
        layout.put_blob(b"x")


def entry(
    image: ImageIdentity, platform: dict[str, str] | None, media_type: str = OCI_MANIFEST
) -> dict[str, object]:
    return Descriptor(media_type, image.index, 100, platform=platform).as_json()


@pytest.mark.parametrize(
    ("platforms", "code"),
    [
        (
            [
                {"os": "linux", "architecture": "amd64"},
                {"os": "linux", "architecture": "amd64", "variant": "v1"},
            ],
            "duplicate-platform",
        ),
        ([{"os": "linux", "architecture": "amd64"}, None], "duplicate-platform"),
        ([{"os": "unknown", "architecture": "unknown"}], "no-platform"),
        ([], "no-platform"),
    ],
)
def test_indexes_that_name_no_image_clearly_are_problems(
    layout: LayoutRepository, platforms: list[dict[str, str] | None], code: str
) -> None:
    images = [put_sample_image(layout, None, seed=str(number)) for number in range(len(platforms))]
    entries = [entry(image, platform) for image, platform in zip(images, platforms, strict=True)]
    body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    layout.put_manifest(write_object(body), OCI_INDEX, "index")
    found = identity(layout, "index")
    assert isinstance(found, ImageProblem)
    assert found.code == code


def test_statements_in_an_index_are_no_platform(layout: LayoutRepository) -> None:
    image, statement = (put_sample_image(layout, None, seed=seed) for seed in "ab")
    entries = [
        entry(image, {"os": "linux", "architecture": "arm64", "variant": "v8"}),
        entry(statement, {"os": "unknown", "architecture": "unknown"}),
    ]
    layout.put_manifest(write_object({"schemaVersion": 2, "manifests": entries}), OCI_INDEX, "index")
    found = identity(layout, "index")
    assert isinstance(found, ImageIdentity)
    assert [each.platform for each in found.platforms] == ["linux/arm64"]


@pytest.mark.parametrize("stated", [OCI_INDEX, OCI_MANIFEST])
def test_a_nested_index_is_a_problem_whatever_its_entry_says(layout: LayoutRepository, stated: str) -> None:
    inner = put_sample_index(layout, None, seed="a")
    body = {"schemaVersion": 2, "manifests": [entry(inner, {"os": "linux", "architecture": "amd64"}, stated)]}
    layout.put_manifest(write_object(body), OCI_INDEX, "index")
    assert identity(layout, "index") == ImageProblem("nested-index", inner.index)


def test_a_child_that_is_not_there_and_an_artifact_are_problems(layout: LayoutRepository) -> None:
    gone = ImageIdentity(digest_of(b"gone"), ())
    body = {"schemaVersion": 2, "manifests": [entry(gone, {"os": "linux", "architecture": "amd64"})]}
    layout.put_manifest(write_object(body), OCI_INDEX, "index")
    assert identity(layout, "index") == ImageProblem("child-absent", gone.index)
    put_sample_image(layout, "a", seed="a")
    note = attach(layout, "a")
    assert identity(layout, note) == ImageProblem("not-an-image", note)
