"""postdesk: an e-mail-first help desk on PostgreSQL."""

__version__ = "0.1.0"
