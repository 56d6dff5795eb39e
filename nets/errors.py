"""What can go wrong in ``nets``.

::

    NetsError
    ├── LayerError      a layer's own settings make no sense
    ├── ShapeError      a layer cannot take what it is given
    ├── NetworkError    the layers do not form a network
    ├── InputError      an input, a net's name, a column: what the user asked for does not exist
    └── CountError      something could not be built or counted
"""


class NetsError(Exception):
    """Base of every error that ``nets`` raises on purpose; its text is one sentence for the user."""


class LayerError(NetsError):
    """A layer's settings make no sense, whatever its input."""


class ShapeError(NetsError):
    """A layer cannot take the shapes that reach it."""


class NetworkError(NetsError):
    """Layers do not form a network: a name twice, an input from nowhere, a cycle."""


class InputError(NetsError):
    """The user asked for what does not exist: a net, an option, a column, an impossible input shape."""


class CountError(NetsError):
    """A network could not be built in torch, or a counter could not count it."""
