"""Errors that say who must do something next. Raised low, caught once, at the rim."""


class RightlineError(Exception):
    """Any error of ours; its text is a sentence for the person named by the subclass."""


class TransientError(RightlineError):
    """Waiting helps: the work is tried again by itself."""


class PermanentError(RightlineError):
    """Waiting does not help: a person has to look."""


class ConfigurationError(RightlineError):
    """An administrator has to change a setting."""


class ConflictError(RightlineError):
    """The world moved: read again, then decide again."""
