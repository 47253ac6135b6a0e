"""sessionhours: a mayor's office hour on WhatsApp, as software."""

__version__ = "0.1.0"
