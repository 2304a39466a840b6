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


class StoreDamagedError(StoreUnavailableError):
    """The local queue was found damaged while in use: opened again it is set aside, and a new one is begun."""


class UplinkUnavailableError(EdgeError):
    """The broker cannot be reached: the queue keeps everything; try again later."""

    exit_code: ClassVar[int] = 3


class UnreadablePduError(EdgeError):
    """The network handed over something that is no text and no report: kept aside, never dropped."""


class ModemError(EdgeError):
    """The modem does not do what it is asked: the text in hand waits, or its fate is unknown."""


class ModemAbsentError(ModemError):
    """The modem's line cannot be opened or has gone: plug it in, or correct its device; it is tried again."""


class ModemBusyError(ModemAbsentError):
    """Another program holds the modem's line, as the gateway at work does: stop it first."""


class ModemSilentError(ModemError):
    """The modem did not answer in time."""


class ModemRefusalError(ModemError):
    """The modem or the network answered with an error and its code."""

    def __init__(self, message: str, *, family: str, code: int | None) -> None:
        super().__init__(message)
        self.family = family
        self.code = code


class CaptureError(EdgeError):
    """A camera gave no picture; ``trouble`` says in one word why: the others are asked, this one again later."""

    def __init__(self, message: str, *, trouble: str) -> None:
        super().__init__(message)
        self.trouble = trouble


class UpdateRefusedError(EdgeError):
    """A release is not what its signatures, its list or its trial ask for: what runs now stays."""


class RepositoryUnavailableError(EdgeError):
    """The repository of releases cannot be reached, or it broke off: what arrived is kept; try again later."""

    exit_code: ClassVar[int] = 3


class RestartWantedError(EdgeError):
    """A release was put in place or taken back: the gateway must start anew to run it."""

    exit_code: ClassVar[int] = 75
