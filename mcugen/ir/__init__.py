"""The graph that every later stage works on: frozen data, no flatbuffers, no files."""
