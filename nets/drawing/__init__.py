"""A network's graph as a picture."""
