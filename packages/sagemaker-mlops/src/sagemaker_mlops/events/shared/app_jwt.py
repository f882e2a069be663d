"""The token with which a GitHub App says who it is, signed with its private key.

GitHub wants RS256. The library is written in Python alone: wheels of other libraries are compiled for Lambda's
processor, and the same archive also runs on a laptop (docs/decisions/0015).
"""

import base64
import json

import rsa

# GitHub takes at most ten minutes; its clock may be behind ours.
LIFETIME_SECONDS, CLOCK_DRIFT_SECONDS = 540, 60


class KeyUnreadable(ValueError):
    """The private key is none that GitHub gives; the message says what was expected, without the key."""


def app_jwt(app_id: str, private_key: str, now: float) -> str:
    """Return a signed token of an App, which is good for nine minutes.

    Args:
        app_id: the App's client id, or its number.
        private_key: the key as GitHub's page gives it, PEM (PKCS#1).
        now: seconds since 1970.

    Raises KeyUnreadable.

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
