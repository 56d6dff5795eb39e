"""What can go wrong in ``nets``."""


class NetsError(Exception):
    """Base of every error that ``nets`` raises on purpose; its text is one sentence for the user."""
