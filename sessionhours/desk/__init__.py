"""CHANGE: actions that change rows because something happened, and the loops that wait."""
