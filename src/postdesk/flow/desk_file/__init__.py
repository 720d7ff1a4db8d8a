"""The desk as a file: `postdesk apply`. The keys stand in keys.py, the rules in rules.py, the writing in apply.py."""

from postdesk.flow.desk_file.apply import apply_file

__all__ = ["apply_file"]
