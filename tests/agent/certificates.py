"""Certificates of a test authority, and one that nobody vouches for."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """Paths of PEM files."""

    certificate: str
    key: str


@dataclass
class Authority:
    """Vouches for names. path: of its own certificate, to be trusted."""

    folder: Path
    path: str
    _key: ec.EllipticCurvePrivateKey
    _subject: x509.Name
    _count: int = 0

    @classmethod
    def make(cls) -> "Authority":
        """A new authority, in a folder of its own."""
        folder, key, subject = (
            Path(tempfile.mkdtemp()),
            ec.generate_private_key(ec.SECP256R1()),
            named("test authority"),
        )
        builder = (
            certified(subject, subject, key.public_key(), datetime.now(UTC) + DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(usage(signs_certificates=True), critical=True)
        )
        made = written(folder / "authority", builder.sign(key, hashes.SHA256()), key)
        return cls(folder, made.certificate, key, subject)

    def issue(self, *names: str, until: datetime | None = None) -> Issued:
        """A certificate for these names, valid until tomorrow unless `until` says otherwise."""
        self._count += 1
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            certified(named(names[0]), self._subject, key.public_key(), until or datetime.now(UTC) + DAY)
            .add_extension(alternatives, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(usage(signs_certificates=False), critical=True)
        )
        return written(self.folder / f"issued-{self._count}", builder.sign(self._key, hashes.SHA256()), key)


def named(name: str) -> x509.Name:
    """Somebody a certificate is about."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key may do: sign, and nothing else."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def certified(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    """A certificate in the making, valid from the day before yesterday."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - 2 * DAY)
        .not_valid_after(until)
    )


def written(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Issued:
    """A certificate and its key, in files."""
    issued = Issued(f"{path}.pem", f"{path}-key.pem")
    Path(issued.certificate).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    Path(issued.key).write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return issued


@cache
def self_signed(name: str) -> tuple[str, str]:
    """Paths of a certificate for `name` that nobody vouches for, and of its key."""
    stranger = Authority.make().issue(name)
    return stranger.certificate, stranger.key
