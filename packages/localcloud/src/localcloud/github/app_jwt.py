"""JSON Web Tokens of a GitHub App: created as octokit creates them, and verified as GitHub does.

Source: the page "Generating a JSON Web Token (JWT) for a GitHub App" below
https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
"""

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from localcloud.github.answers import Refused

KEY_BITS = 2048
LONGEST_SECONDS = 600
UNDECODABLE = "A JSON web token could not be decoded"


def new_key() -> tuple[str, str]:
    """Return a private key in the format of GitHub (PEM, PKCS#1) and its public key (PEM)."""
    key = rsa.generate_private_key(65537, KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def sign(app_id: str, private_key: str, now: float) -> str:
    """Return a token that is signed with the key of an App and expires after nine minutes.

    Args:
        app_id: id or client id of the App.
        private_key: private key in PEM format.
        now: current time in seconds since 1970.

    Raises:
        Refused: if the key is not an RSA key.
    """
    key = serialization.load_pem_private_key(private_key.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Refused(401, "the App's key is no RSA key")
    claims = {"iat": int(now) - 60, "exp": int(now) + 540, "iss": app_id}
    signed = f"{_encode({'alg': 'RS256', 'typ': 'JWT'})}.{_encode(claims)}"
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def issuer(token: str) -> str:
    """Return the id of the App that a token names, without verifying the token.

    Raises:
        Refused: with GitHub's 401 if the token cannot be decoded.
    """
    return str(_claims(token).get("iss", ""))


def check(token: str, public_key: str, now: float) -> None:
    """Raise Refused with GitHub's message unless a token is signed with the App's key and valid at `now`."""
    signed, _, signature = token.rpartition(".")
    key = serialization.load_pem_public_key(public_key.encode())
    header = _decode(signed.partition(".")[0])
    if not isinstance(key, rsa.RSAPublicKey) or header.get("alg") != "RS256":
        raise Refused(401, UNDECODABLE)
    try:
        key.verify(_bytes(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise Refused(401, UNDECODABLE) from None
    claims = _claims(token)
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or issued > now:
        raise Refused(401, "'Issued at' claim ('iat') must be the time at which the assertion was issued")
    if not isinstance(expires, int) or expires <= now:
        raise Refused(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if expires > now + LONGEST_SECONDS:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise Refused(401, UNDECODABLE)
    return _decode(parts[1])


def _decode(text: str) -> dict[str, Any]:
    try:
        content = json.loads(_bytes(text))
    except ValueError:
        raise Refused(401, UNDECODABLE) from None
    if not isinstance(content, dict):
        raise Refused(401, UNDECODABLE)
    return content


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encode(content: dict[str, Any]) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
