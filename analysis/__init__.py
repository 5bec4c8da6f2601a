"""How many people a data breach exposes, where, and with which data."""
