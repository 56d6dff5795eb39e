"""Whether anybody listens where a cluster is said to be."""

import re
import socket
from typing import Final

from sim.errors import SimError

PATIENCE: Final = 10.0
"""Seconds that a cluster has to answer."""

WORDS: Final = ("auto", "local")
"""The cluster that this machine belongs to, and one that is started for the purpose."""


def check_listens(option: str, address: str) -> None:
    """Raise `SimError` where nobody listens at the host and port of an option: Ray would wait for minutes.

    What Ray has a word for is left to it.
    """
    if address in WORDS:
        return
    match = re.fullmatch(r"(?:ray://)?(\[[0-9a-fA-F:.]+\]|[^:/\[\]]+):([0-9]{1,5})", address)
    if match is None:
        raise SimError(f"{option} {address}: must be {' or '.join(WORDS)} or HOST:PORT")
    try:
        socket.create_connection((match[1].strip("[]"), int(match[2])), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise SimError(f"{option} {address}: no cluster answers: {error}") from None
