"""A certificate authority of a test's own."""

import datetime
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """Paths of a certificate and its key."""

    certificate: Path
    key: Path


@dataclass
class Authority:
    """Signs certificates; its own is `path`."""

    directory: Path
    name: str = "home"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        self.path = self.directory / f"{self.name}-ca.crt"
        self._subject = _named(f"{self.name} authority")
        own = self._begun(self._subject, self.key.public_key(), 0)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        own = own.add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True,
                content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )  # fmt: skip
        self._store(self.path, own.sign(self.key, hashes.SHA256()))

    def issue(self, name: str, *hosts: str, days_ago: int = 0) -> Certificate:
        """Sign a certificate for a client's name, or a server's hosts; it is valid for a week."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._begun(_named(name), key.public_key(), days_ago)
        if hosts:
            names = x509.SubjectAlternativeName([_general(host) for host in hosts])
            made = made.add_extension(names, critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        made = made.add_extension(issuer, critical=False)
        stored = Certificate(self.directory / f"{name}.crt", self.directory / f"{name}.key")
        self._store(stored.certificate, made.sign(self.key, hashes.SHA256()))
        stored.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        stored.key.chmod(0o600)
        return stored

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days_ago: int
    ) -> x509.CertificateBuilder:
        begin = datetime.datetime.now(datetime.UTC) - DAY * (1 + days_ago)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + 8 * DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )

    @staticmethod
    def _store(path: Path, certificate: x509.Certificate) -> None:
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
