"""Views of results: text for the terminal and a self-contained HTML page."""
