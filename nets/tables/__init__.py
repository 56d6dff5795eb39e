"""Rows of counts, the conventions that make them, and every way to write them: plain data, no torch."""
