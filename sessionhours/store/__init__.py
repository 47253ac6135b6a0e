"""REMEMBER: tables, the one writer, queries and migrations."""
