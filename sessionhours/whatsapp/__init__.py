"""SPEAK: Meta's wire. The only room that knows a field of their JSON."""
