"""Measures generated firmware against TensorFlow Lite Micro; see docs/benchmarks.md."""
