"""The reading room: a small web server, its pages and its one script."""
