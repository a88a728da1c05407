"""What networks are given instead of raw recordings: numpy specifications, one file a feature."""
