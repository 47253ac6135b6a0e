"""LISTEN: everything that knows a header, a cookie or a path."""
