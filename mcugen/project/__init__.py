"""Writing projects and libraries to disk."""
