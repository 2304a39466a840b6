"""The interface every carrier here satisfies; it is defined where it is used, in ``cloud.dispatch``."""

from cloud.dispatch.carrier import Carrier, Outcome

__all__ = ["Carrier", "Outcome"]
