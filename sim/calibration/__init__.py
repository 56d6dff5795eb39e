"""From recorded runs to what a scenario left open, and from that to predictions of runs not yet made.

What is fitted, and by which records, is kept beside every number; what they cannot tell apart is said.
"""
