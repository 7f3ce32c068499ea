"""A passkey in software: creates credentials and signs challenges, as a browser with a device would."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags of authenticator data


@dataclass
class Authenticator:
    """A device with one passkey, whose user it has verified unless `flags` say otherwise."""

    origin: str = "http://localhost:8000"
    flags: int = PRESENT | VERIFIED
    counts: bool = True  # some authenticators always report 0 signatures
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: str, **changed: Any) -> str:
        """The new credential for options of `navigator.credentials.create`, as JSON; `changed` are of client data."""
        given = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(public)
        data = self.data(given["rp"]["id"], self.flags | ATTESTED) + attested
        client = self.client_data("webauthn.create", given["challenge"], **changed)
        made = {
            "clientDataJSON": bytes_to_base64url(client),
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self.credential(made)

    def sign(self, options: str, **changed: Any) -> str:
        """The answer to options of `navigator.credentials.get`, as JSON."""
        given = json.loads(options)
        self.count += self.counts
        data = self.data(given["rpId"], self.flags)
        client = self.client_data("webauthn.get", given["challenge"], **changed)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        made = {
            "clientDataJSON": bytes_to_base64url(client),
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
        }
        return self.credential(made)

    def data(self, domain: str, flags: int) -> bytes:
        return hashlib.sha256(domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def client_data(self, kind: str, challenge: str, **changed: Any) -> bytes:
        given = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | changed
        return json.dumps(given).encode()

    def credential(self, response: dict[str, str]) -> str:
        id = bytes_to_base64url(self.credential_id)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": response})


def challenge_in(options: str) -> bytes:
    return base64url_to_bytes(json.loads(options)["challenge"])
