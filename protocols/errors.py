"""What goes wrong between bytes and values."""


class DecodeError(ValueError):
    """The bytes carry no such value: the only thing that decoding raises, whatever the bytes."""


class EncodeError(ValueError):
    """The value does not fit the wire: out of range, or a part that must be there is missing."""
