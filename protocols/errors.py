"""Errors of the codecs."""


class DecodeError(ValueError):
    """The bytes are not a valid value. Decoding raises nothing else, for any bytes."""


class EncodeError(ValueError):
    """The value cannot be encoded: out of range, or a required part is missing."""
