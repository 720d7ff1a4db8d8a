"""Ticket filters: rules over a message that is about to open a ticket, and what they change about that ticket.

What a filter is stands in values.py; the three tables are criteria.py, operators.py and actions.py; what can be
wrong with one is in problems.py; running them is compiled.py and run.py. All of it is pure.
"""
