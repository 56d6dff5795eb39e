"""Counts of real modules, second opinions on them, and what the papers print."""
