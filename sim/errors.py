"""What can go wrong in ``sim``."""


class SimError(Exception):
    """Base of every error that ``sim`` raises on purpose; its text is one sentence for the user."""
