"""The words of what the desk writes by itself. Pure: values in, text and HTML out.

messages.py says which messages there are, variables.py what they can speak of, stock/ what they say unless a template
set says otherwise, template.py how words are filled in.
"""

from postdesk.tickets.notices.messages import BY_CODE, MESSAGES, Message
from postdesk.tickets.notices.scene import MailboxScene, Person, Scene, TicketScene
from postdesk.tickets.notices.stock import LANGUAGES, Source, stock
from postdesk.tickets.notices.template import Template, problems, ready
from postdesk.tickets.notices.variables import VARIABLES, Variable
from postdesk.tickets.notices.words import NOTHING, Rich, Words, paragraphs

__all__ = [
    "BY_CODE",
    "LANGUAGES",
    "MESSAGES",
    "NOTHING",
    "VARIABLES",
    "MailboxScene",
    "Message",
    "Person",
    "Rich",
    "Scene",
    "Source",
    "Template",
    "TicketScene",
    "Variable",
    "Words",
    "paragraphs",
    "problems",
    "ready",
    "stock",
]
