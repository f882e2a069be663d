"""JSON Web Token (JWT) that authenticates a GitHub App, signed with the App's private key.

GitHub requires RS256. The `rsa` library is pure Python, because compiled wheels would match only Lambda's processor,
and the same archive also runs on a laptop (docs/decisions/0015).
"""

import base64
import json

import rsa

# GitHub accepts a lifetime of at most ten minutes. The issue time is set back, because GitHub's clock may be behind.
LIFETIME_SECONDS, CLOCK_DRIFT_SECONDS = 540, 60


class KeyUnreadable(ValueError):
    """The private key does not have the format of GitHub's keys; the message does not contain the key."""


def app_jwt(app_id: str, private_key: str, now: float) -> str:
    """Return a signed JWT of a GitHub App, which expires nine minutes after `now`.

    Args:
        app_id: the App's client id or numeric id.
        private_key: the private key as downloaded from GitHub, in PEM format (PKCS#1).
        now: seconds since the epoch.

    Raises:
        KeyUnreadable: if the private key is not in PKCS#1 PEM format.

    Source: https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """
    claims = {"iat": int(now) - CLOCK_DRIFT_SECONDS, "exp": int(now) + LIFETIME_SECONDS, "iss": app_id}
    signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    signature = rsa.sign(signed.encode(), _key(private_key), "SHA-256")
    return f"{signed}.{_base64url(signature)}"


def _key(private_key: str) -> rsa.PrivateKey:
    try:
        return rsa.PrivateKey.load_pkcs1(private_key.strip().encode())
    except (ValueError, TypeError, IndexError):
        raise KeyUnreadable(
            "expected the App's private key as GitHub gives it (BEGIN RSA PRIVATE KEY), found something else. "
            "A key that begins with BEGIN PRIVATE KEY: openssl rsa -in key.pem -traditional -out key.pem"
        ) from None


def _encoded(content: dict[str, object]) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
