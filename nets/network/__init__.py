"""A network as data: sizes that are numbers or formulas, and the graph of layers that they flow through."""
