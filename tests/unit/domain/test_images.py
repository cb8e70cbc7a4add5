"""References, digests, platforms: what parses, what does not, and that the spelling survives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.images import (
    Carrier,
    ImageIdentity,
    PlatformImage,
    Reference,
    check_digest,
    digest_of,
    is_digest,
    normalise_platform,
    parse_reference,
)

HEX = "0123456789abcdef" * 4
DIGEST = "sha256:" + HEX


def test_digest_of_nothing_is_the_known_one() -> None:
    assert digest_of(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX,
        "sha256:" + HEX.upper(),
        "sha256:" + HEX[:-1],
        DIGEST + "0",
        DIGEST + "\n",
        "sha512:" + HEX * 2,
        "md5:0",
    ],
)
def test_other_digests_are_refused(text: str) -> None:
    assert not is_digest(text)
    with pytest.raises(ValueError, match="not a digest"):
        check_digest(text)


@pytest.mark.parametrize(
    ("text", "carrier", "registry", "repository", "tag", "digest"),
    [
        ("oci:images/sciplat-lab", "oci", "", "images/sciplat-lab", None, None),
        ("oci:images/sciplat-lab:w_2023_16", "oci", "", "images/sciplat-lab", "w_2023_16", None),
        ("oci:/srv/Images/lab@" + DIGEST, "oci", "", "/srv/Images/lab", None, DIGEST),
        ("oci:lab:t@" + DIGEST, "oci", "", "lab", "t", DIGEST),
        ("ghcr.io/lsst/scipipe:al9-w_2026_22", "registry", "ghcr.io", "lsst/scipipe", "al9-w_2026_22", None),
        ("localhost/lab", "registry", "localhost", "lab", None, None),
        ("127.0.0.1:5000/a/b/c:t@" + DIGEST, "registry", "127.0.0.1:5000", "a/b/c", "t", DIGEST),
        ("[::1]:5000/lab:t", "registry", "[::1]:5000", "lab", "t", None),
        ("host:5000/lab", "registry", "host:5000", "lab", None, None),
        (
            "lsstsqre/centos:7-stack-lsst_distrib-w_2023_16",
            "registry",
            "docker.io",
            "lsstsqre/centos",
            "7-stack-lsst_distrib-w_2023_16",
            None,
        ),
        ("python:3.11", "registry", "docker.io", "library/python", "3.11", None),
        ("GHCR.io/lsst/a__b.c-d--e", "registry", "ghcr.io", "lsst/a__b.c-d--e", None, None),
    ],
)
def test_references_are_split(
    text: str, carrier: str, registry: str, repository: str, tag: str | None, digest: str | None
) -> None:
    assert parse_reference(text) == Reference(Carrier(carrier), registry, repository, tag, digest)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "repository path"),
        ("oci:", "no directory"),
        ("oci::tag", "no directory"),
        ("oci:lab:", "not an image tag"),
        ("oci:lab:a:b", "not an image tag"),
        ("oci:la\nb", "no directory"),
        ("https://ghcr.io/lsst/lab", "leave out the scheme"),
        ("ghcr.io/Lsst/lab", "repository path"),
        ("ghcr.io/lsst//lab", "repository path"),
        ("ghcr.io/", "repository path"),
        ("ghcr.io/lsst/lab:", "not an image tag"),
        ("ghcr.io/lsst/lab:w.2023+16", "not an image tag"),
        ("ghcr.io/lsst/lab:-x", "not an image tag"),
        ("ghcr.io/lsst/lab:w_2023_16\n", "not an image tag"),
        ("ghcr.io/lsst/lab@", "not a digest"),
        ("ghcr.io/lsst/lab@sha256:abc", "not a digest"),
        (f"ghcr.io/lsst/lab@{DIGEST}@{DIGEST}", "not a digest"),
        ("ghcr.io:99999/lab", "not a host"),
        ("ghcr..io/lab", "not a host"),
        ("user:pw@ghcr.io/lab", "not a digest"),
        ("a.b/" + "x" * 256, "repository path"),
    ],
)
def test_bad_references_say_which_part(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_reference(text)


_parts = st.from_regex(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*", fullmatch=True).filter(
    lambda text: len(text) < 60
)
_hosts = st.from_regex(r"[a-z0-9]{1,9}\.[a-z0-9]{1,9}(:[1-9][0-9]{0,3})?", fullmatch=True)
_tags = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
_digests = st.none() | st.binary().map(digest_of)
_remote = st.builds(
    lambda host, parts, tag, digest: Reference(Carrier.REGISTRY, host, "/".join(parts), tag, digest),
    _hosts,
    st.lists(_parts, min_size=1, max_size=3),
    _tags,
    _digests,
)
_layouts = st.builds(
    lambda root, parts, tag, digest: Reference(Carrier.LAYOUT, "", root + "/".join(parts), tag, digest),
    st.sampled_from(["", "/", "../"]),
    st.lists(_parts, min_size=1, max_size=3),
    _tags,
    _digests,
)


@given(_remote | _layouts)
def test_the_written_reference_parses_to_the_same(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference


@given(st.text())
def test_any_text_parses_or_is_a_value_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ValueError:
        return
    assert parse_reference(str(reference)) == reference


def test_a_digest_is_asked_for_before_the_tag() -> None:
    reference = parse_reference(f"oci:lab:w_2023_16@{DIGEST}")
    assert reference.target == DIGEST
    assert str(reference.with_tag("x")) == "oci:lab:x"
    assert str(reference.with_digest(DIGEST)) == f"oci:lab@{DIGEST}"
    assert reference.name == "oci:lab"
    assert parse_reference("oci:lab").target is None
    with pytest.raises(ValueError):
        reference.with_tag("a b")
    with pytest.raises(ValueError):
        reference.with_digest("latest")


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/X86_64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
    ],
)
def test_one_platform_has_one_spelling(text: str, platform: str) -> None:
    assert normalise_platform(text) == platform
    assert normalise_platform(platform) == platform


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "linux/amd64/v1/x", "linux/amd 64", "linux/amd64\n"]
)
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a platform"):
        normalise_platform(text)


def test_an_image_is_known_by_all_its_digests() -> None:
    index, amd, amd_config, arm, arm_config = (digest_of(bytes([n])) for n in range(5))
    image = ImageIdentity(
        index, (PlatformImage("linux/amd64", amd, amd_config), PlatformImage("linux/arm64", arm, arm_config))
    )
    assert image.digests() == {index, amd, amd_config, arm, arm_config}
    assert image.platform("linux/arm64") == image.platforms[1]
    assert image.platform("linux/386") is None
