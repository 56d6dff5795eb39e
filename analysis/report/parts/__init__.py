"""The experiments behind the page, a part for each problem: plain data and pictures."""
