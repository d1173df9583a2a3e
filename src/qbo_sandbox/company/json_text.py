"""JSON in and out with money kept exact: numbers with a point are Decimals on both ways."""

from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

Body: TypeAlias = dict[str, Any]
"""A record or a part of one, as JSON reads it; whole numbers are int, all others Decimal."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class NotJson(ValueError):
    """The bytes are not JSON, or not an object; the text is the reader's complaint."""


def read_json(data: bytes) -> Any:
    """Any JSON value.

    Raises:
        NotJson: the bytes are not JSON.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotJson(str(error)) from error


def read_body(data: bytes) -> Body:
    """A JSON object.

    Raises:
        NotJson: the bytes are not JSON, or hold something else than an object.
    """
    value = read_json(data)
    if not isinstance(value, dict):
        raise NotJson("an object was expected")
    return value


def write_json(value: Any) -> bytes:
    """The value in UTF-8 without blanks; Decimals become plain JSON numbers with every digit they have."""
    return _encoder.encode(value)
