"""Whether anybody listens where a cluster is said to be."""

import re
import socket
from typing import Final

from sim.errors import SimError

PATIENCE: Final = 10.0
"""Seconds that a cluster has to answer."""


def check_listens(option: str, address: str) -> None:
    """Raise `SimError` where nobody listens at the host and port of an option: Ray would wait for minutes.

    An address that names no port, such as ``auto``, is not looked at.
    """
    match = re.fullmatch(r"(?:ray://)?([^:/]+):([0-9]{1,5})", address)
    if match is None:
        return
    try:
        socket.create_connection((match[1], int(match[2])), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise SimError(f"{option} {address}: no cluster answers: {error}") from None
