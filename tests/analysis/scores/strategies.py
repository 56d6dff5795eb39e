"""What the tests of rankings draw: labels of both classes, scores with many ties."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Scores = NDArray[np.int64]


@st.composite
def rankings(draw: st.DrawFn, *, scores: int = 1, longest: int = 25) -> tuple[Labels, list[Scores]]:
    """Labels and as many rankings of them; few distinct scores, so that ties are common."""
    n = draw(st.integers(2, longest))
    labels = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 0 < sum(y) < n))
    drawn = [draw(st.lists(st.integers(-6, 6), min_size=n, max_size=n)) for _ in range(scores)]
    return np.array(labels), [np.array(score) for score in drawn]
