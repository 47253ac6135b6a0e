"""sessionhours: a mayor's office hour on WhatsApp, as software."""

__version__ = "0.2.0"
