"""What can go wrong in ``analysis``."""


class AnalysisError(Exception):
    """Base of every error that ``analysis`` raises on purpose; its text is one sentence for the user."""
