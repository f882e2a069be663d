"""Negotiation of the media types of requests and responses.

Source: RFC 9110, sections 8.3 (Content-Type) and 12.5.1 (Accept).
"""

JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"
MEDIA_TYPES = (JSON, JSON_LINES, CSV)
CHARACTER_SETS = ("utf-8", "utf8", "us-ascii", "ascii")
SAME_AS = {"application/x-jsonlines": JSON_LINES, "application/jsonl": JSON_LINES}


class UnsupportedType(ValueError):
    """The server does not support the media type; the message lists what it supports."""


def request_type(content_type: str, content_encoding: str = "") -> str:
    """Return the media type of a request body.

    Args:
        content_type: value of the Content-Type header.
        content_encoding: value of the Content-Encoding header.

    Raises:
        UnsupportedType: if the media type, the charset or the content encoding is not supported.
    """
    if content_type == JSON and not content_encoding:
        return JSON  # fast path: most requests
    if content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedType("expected a body without content encoding")
    found, charset = _media_type(content_type)
    if found not in MEDIA_TYPES:
        raise UnsupportedType(f"expected content type {', '.join(MEDIA_TYPES)}")
    if charset.lower() not in CHARACTER_SETS:
        raise UnsupportedType("expected charset utf-8")
    return found


def answer_type(accept: str, requested: str) -> str:
    """Return the accepted media type with the highest weight, by default that of the request.

    Args:
        accept: value of the Accept header.
        requested: media type of the request body.

    Raises:
        UnsupportedType: if the header accepts no supported media type.
    """
    if not accept or accept == "*/*":
        return requested
    offers = (requested, *(name for name in MEDIA_TYPES if name != requested))
    weighed = [(_weight(accept, offer), offer) for offer in offers]
    weight, best = max(weighed, key=lambda pair: pair[0])  # equal weights: the request's type is first
    if weight <= 0:
        raise UnsupportedType(f"expected to be asked for {', '.join(MEDIA_TYPES)}")
    return best


def _weight(accept: str, offer: str) -> float:
    """Return the weight (`q`) of the most specific media range that matches, or 0 if none matches."""
    exactness = {offer: 3, f"{offer.split('/')[0]}/*": 2, "*/*": 1}
    found = (0, 0.0)
    for part in accept.split(","):
        name, _, parameters = part.partition(";")
        covered = exactness.get(_alias(name), 0)
        if covered > found[0]:
            found = (covered, _quality(parameters))
    return found[1]


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                return min(1.0, float(value))
            except ValueError:
                return 0.0
    return 1.0


def _alias(name: str) -> str:
    name = name.strip().lower()
    return SAME_AS.get(name, name)


def _media_type(header: str) -> tuple[str, str]:
    """Return media type and charset.

    An extended parameter (`charset*=`) is read as an unknown charset, so it is not supported.
    """
    name, _, parameters = header.partition(";")
    charsets = [
        value.strip().strip('"')
        for key, _, value in (parameter.partition("=") for parameter in parameters.split(";"))
        if key.strip().lower().startswith("charset")
    ]
    return _alias(name), charsets[0] if charsets else "utf-8"
