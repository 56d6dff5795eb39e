"""The learning experiments beside the simulator and the layer tables."""

from analysis.errors import AnalysisError

__all__ = ["AnalysisError"]
