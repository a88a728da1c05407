"""TFLite files: the schema's facts, a verifier that hostile bytes do not pass, reader, writer."""
