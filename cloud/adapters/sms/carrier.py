"""The interface every carrier here satisfies; it is defined where it is used, in ``cloud.sending``."""

from cloud.sending import Carrier, Outcome

__all__ = ["Carrier", "Outcome"]
