"""Who a certificate was issued to, as Fulcio writes it (sigstore/fulcio, docs: oid-info, certificate-specification)."""

from cryptography import x509

from ldmrelease.trust.identities import CertificateIdentity

_FULCIO = "1.3.6.1.4.1.57264.1."
_OTHER_NAME = x509.ObjectIdentifier(_FULCIO + "7")
_ISSUER, _FIRST_ISSUER = "8", "1"
_REPOSITORY, _COMMIT, _REF, _WORKFLOW = "12", "13", "14", "18"
# What stood in certificates before 2023, for GitHub alone: without the host, and not in DER.
_FIRST_COMMIT, _FIRST_REPOSITORY, _FIRST_REF = "3", "5", "6"
_GITHUB = "https://token.actions.githubusercontent.com"
_UTF8_STRING = 0x0C


def certificate_identity(certificate: x509.Certificate) -> CertificateIdentity:
    """The identity in a certificate. Raises `ValueError` where it has none, or several."""
    found = _extensions(certificate)
    issuer = _text(found, _ISSUER) or _first_text(found, _FIRST_ISSUER)
    if not issuer:
        raise ValueError("the certificate does not say who issued the token")
    repository = _text(found, _REPOSITORY)
    commit, ref = _text(found, _COMMIT), _text(found, _REF)
    if issuer == _GITHUB and repository is None:
        first = _first_text(found, _FIRST_REPOSITORY)
        repository = None if first is None else f"https://github.com/{first}"
        commit, ref = _first_text(found, _FIRST_COMMIT), _first_text(found, _FIRST_REF)
    workflow = _inside(_text(found, _WORKFLOW), repository)
    return CertificateIdentity(issuer, _subject(certificate), repository, workflow, ref, commit)


def _extensions(certificate: x509.Certificate) -> dict[str, bytes]:
    return {
        each.oid.dotted_string.removeprefix(_FULCIO): each.value.value
        for each in certificate.extensions
        if each.oid.dotted_string.startswith(_FULCIO) and isinstance(each.value, x509.UnrecognizedExtension)
    }


def _subject(certificate: x509.Certificate) -> str:
    names = list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    if len(names) != 1:
        raise ValueError(f"the certificate is of {len(names)} subjects")
    match names[0]:
        case x509.UniformResourceIdentifier() | x509.RFC822Name():
            return names[0].value
        case x509.OtherName() if names[0].type_id == _OTHER_NAME:
            return _utf8(names[0].value)
    raise ValueError("the certificate's subject is neither an address nor a name")


def _inside(address: str | None, repository: str | None) -> str | None:
    """The workflow's path in its repository; the whole address where it is of another one."""
    if address is None or repository is None or not address.startswith(f"{repository}/"):
        return address
    # GitLab has two slashes between them.
    return address.removeprefix(repository).lstrip("/")


def _text(found: dict[str, bytes], name: str) -> str | None:
    return _utf8(found[name]) if name in found else None


def _first_text(found: dict[str, bytes], name: str) -> str | None:
    return found[name].decode() if name in found else None


def _utf8(der: bytes) -> str:
    """The text of a DER UTF8String (X.690, 8.1.3 and 8.23). Raises `ValueError`."""
    if len(der) < 2 or der[0] != _UTF8_STRING:
        raise ValueError("an extension of the certificate is not text")
    begin, length = 2, der[1]
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(der[2:begin])
    if len(der) != begin + length:
        raise ValueError("an extension of the certificate is not as long as it says")
    return der[begin:].decode()
