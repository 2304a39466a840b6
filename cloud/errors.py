"""What can go wrong in the cloud, named by what the caller can do about it."""

from typing import ClassVar


class CloudError(Exception):
    """Base of every error the cloud side raises; its text is one line fit for an operator."""

    exit_code: ClassVar[int] = 1


class InputError(CloudError):
    """A file or record cannot be used as it is: correct it, or leave it out."""


class UnitError(InputError):
    """A quantity is in another unit than it says, or says none where one is needed."""


class AbsentError(InputError):
    """A service does not have what was asked for, or not yet."""


class MissingDataError(InputError):
    """Data needed for the answer are absent or too old; missing is never taken as zero."""


class ConfigurationError(CloudError):
    """The operator's configuration cannot be used: correct it and start again."""

    exit_code: ClassVar[int] = 2


class ServiceUnavailableError(CloudError):
    """A database, broker or carrier cannot be reached: nothing is lost, try again later."""

    exit_code: ClassVar[int] = 3


class IntegrityError(CloudError):
    """A stored record does not match its hash or its key: stop and have it looked at."""


class ErasedError(IntegrityError):
    """Personal data whose key was destroyed, by an erasure or by retention: nobody can read it again."""
