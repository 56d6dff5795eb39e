"""A run as a matplotlib figure, as one would put it into a paper."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.clock import NANOSECONDS
from sim.spans import WAITING, Kind, Spans, spans
from sim.trace import Outcome, Trace

COLOURS: Final = {
    Kind.HOLD: "#d9d9d9",
    Kind.LINK: "#bdbdbd",
    Kind.PULL: "#56b4e9",
    Kind.COMPUTE: "#0072b2",
    Kind.PUSH: "#e69f00",
    Kind.QUEUE: "#f0e442",
    Kind.SERVICE: "#009e73",
    Kind.BATCH: "#d9d9d9",
    Kind.OFFLINE: "#ffffff",
}
