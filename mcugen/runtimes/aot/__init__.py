"""The interpreter-free runtime: a graph becomes a fixed list of kernel calls in C."""
