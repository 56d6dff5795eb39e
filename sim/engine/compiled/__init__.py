"""The compiled engine: one event loop over arrays, equal to the SimPy engine bit for bit."""
