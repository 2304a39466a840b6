"""What can go wrong in the field, named by what the caller can do about it."""

from typing import ClassVar


class EdgeError(Exception):
    """Base of every error the field side raises; its text is one line fit for an installer."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(EdgeError):
    """A configuration file or option cannot be used: correct it and start again."""

    exit_code: ClassVar[int] = 2


class UnreadableFrameError(EdgeError):
    """One input file cannot become a frame: set it aside, go on with the next."""

    def __init__(self, message: str, *, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class ModelRefusedError(EdgeError):
    """A model has no valid card or another hash: install it again or choose another folder."""


class ContractError(EdgeError):
    """A message does not follow the wire contract: park it, never drop it."""


class StoreUnavailableError(EdgeError):
    """The local queue cannot be written: free space, or correct the folder's permissions."""

    exit_code: ClassVar[int] = 3


class UplinkUnavailableError(EdgeError):
    """The broker cannot be reached: the queue keeps everything; try again later."""

    exit_code: ClassVar[int] = 3
