"""The experiments behind the page, a part for each problem or training experiment: plain data and pictures."""
