"""Results of the learning experiments, read back from JSON files."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from analysis.errors import AnalysisError
from analysis.learning.experiments import CyclicalResult, GrowthResult, RangeResult, Result


def load(path: Path, experiment: str) -> Result:
    """Read a result of an experiment (lr-range, cyclical, batch-growth).

    Raises
    ------
    AnalysisError
        When the file cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise AnalysisError(f"{path}: is no JSON") from None
    found = content.get("experiment") if isinstance(content, Mapping) else None
    if found != experiment:
        raise AnalysisError(
            f"{path}: holds {f'a result of {found}' if found else 'something else'}, not one of {experiment}"
        )
    kinds = {"lr-range": RangeResult, "cyclical": CyclicalResult, "batch-growth": GrowthResult}
    adapter: TypeAdapter[Result] = TypeAdapter(kinds[experiment])
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AnalysisError(f"{path}: {where}: {first['msg']}") from None
