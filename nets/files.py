"""Files appear whole or not at all."""

import secrets
from contextlib import suppress
from pathlib import Path

from nets.errors import InputError


def write(path: Path, content: bytes) -> None:
    """Write a file under a name of its own beside it and move it into place, where links lead.

    A pipe or a device is written to as it is.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written; then nothing is left behind.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RuntimeError) as error:  # a null byte in the name, a loop of links
        raise InputError(f"{str(path)!r}: {error}") from None


def _replace(target: Path, content: bytes) -> None:
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
        if target.exists():
            target.open("ab").close()  # replacing would need the folder's permission only
            part.chmod(target.stat().st_mode & 0o7777)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
