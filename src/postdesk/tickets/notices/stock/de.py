"""The stock words in German: message code -> subject, HTML body."""

from __future__ import annotations

from typing import Final

_TICKET = """\
<table>
<tr><td>Ticket</td><td><a href="%{recipient.ticket_link}">#%{ticket.number}</a> %{ticket.subject}</td></tr>
<tr><td>Von</td><td>%{ticket.name} &lt;%{ticket.email}&gt;</td></tr>
<tr><td>Abteilung</td><td>%{ticket.dept.name}</td></tr>
</table>
"""

WORDS: Final[dict[str, tuple[str, str]]] = {
    "ticket.autoresp": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>Guten Tag, %{recipient.name},</p>
<p>vielen Dank für Ihre Nachricht. Sie hat die Ticketnummer #%{ticket.number}; wir antworten so bald wie möglich.</p>
<p>Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese Nachricht.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.autoreply": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>Guten Tag, %{recipient.name},</p>
%{response}
<p>Wenn das Ihre Frage nicht beantwortet, antworten Sie einfach auf diese Nachricht (Ticket #%{ticket.number}).</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "message.autoresp": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>Guten Tag, %{recipient.name},</p>
<p>Ihre Nachricht gehört jetzt zum Ticket #%{ticket.number}. Wir antworten so bald wie möglich.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.notice": (
        "%{ticket.subject} [#%{ticket.number}]",
        """\
<p>Guten Tag, %{recipient.name},</p>
<p>wir haben das Ticket #%{ticket.number} für Sie angelegt.</p>
%{message}
<p>Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese Nachricht.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.overlimit": (
        "Ihre Nachricht wurde nicht angenommen: zu viele offene Tickets",
        """\
<p>Guten Tag, %{recipient.name},</p>
<p>Sie haben %{limit} offene Tickets bei uns; solange keines davon geschlossen ist, kann kein weiteres angelegt werden.
Ihre letzte Nachricht ist nicht zu einem Ticket geworden.</p>
<p>Wenn sie zu einem offenen Ticket gehört, antworten Sie bitte auf eine unserer Nachrichten dazu.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.reply": ("Re: %{ticket.subject} [#%{ticket.number}]", "%{response}\n%{signature}\n"),
    "ticket.activity.notice": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>%{poster.name} schrieb im Ticket #%{ticket.number}:</p>
%{message}
<p>Sie erhalten diese Nachricht, weil Sie an dem Ticket beteiligt sind. Antworten Sie einfach darauf, wenn Sie etwas
ergänzen möchten.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.alert": (
        "Neues Ticket #%{ticket.number}: %{ticket.subject}",
        "<p>Hallo %{recipient.name.first},</p>\n<p>es gibt ein neues Ticket.</p>\n" + _TICKET + "%{message}\n",
    ),
    "message.alert": (
        "Neue Nachricht in #%{ticket.number}: %{ticket.subject}",
        "<p>Hallo %{recipient.name.first},</p>\n<p>%{poster.name} hat geschrieben.</p>\n" + _TICKET + "%{message}\n",
    ),
    "note.alert": (
        "Interne Aktivität in #%{ticket.number}: %{ticket.subject}",
        "<p>Hallo %{recipient.name.first},</p>\n<p>%{activity} (%{poster.name}).</p>\n" + _TICKET + "%{note}\n",
    ),
    "assigned.alert": (
        "Ihnen zugewiesen: #%{ticket.number} %{ticket.subject}",
        "<p>Hallo %{recipient.name.first},</p>\n"
        "<p>%{assigner.name} hat dieses Ticket %{assignee.name} zugewiesen.</p>\n" + _TICKET + "%{comments}\n",
    ),
    "transfer.alert": (
        "Verschoben nach %{ticket.dept.name}: #%{ticket.number} %{ticket.subject}",
        "<p>Hallo %{recipient.name.first},</p>\n"
        "<p>%{staff.name} hat dieses Ticket nach %{ticket.dept.name} verschoben.</p>\n" + _TICKET + "%{comments}\n",
    ),
    "ticket.overdue": (
        "Überfällig: #%{ticket.number} %{ticket.subject}",
        "<p>Hallo %{recipient.name.first},</p>\n"
        "<p>dieses Ticket war am %{ticket.due_date} fällig und ist noch nicht beantwortet.</p>\n"
        + _TICKET
        + "%{comments}\n",
    ),
    "overlimit.alert": (
        "%{poster.email} hat zu viele offene Tickets",
        """\
<p>%{poster.name} (%{poster.email}) hat %{limit} offene Tickets und damit so viele, wie erlaubt sind. Aus einer neuen
Nachricht wurde kein Ticket: „%{ticket.subject}“. Sie ist im Verzeichnis der Nachrichten aufbewahrt.</p>
<p>Sie erfahren davon einmal am Tag je Person.</p>
""",
    ),
    "mailbox.failing": (
        "Der Mailabruf für %{mailbox.address} schlägt fehl",
        """\
<p>Der Mailabruf für %{mailbox.address} ist %{mailbox.failures}-mal nacheinander fehlgeschlagen.</p>
<p>Der letzte Fehler in den Worten des Servers: %{mailbox.error}</p>
<p>Der Abruf wird weiter versucht, in immer größeren Abständen; wenn er wieder gelingt, erfahren Sie es einmal.</p>
""",
    ),
    "mailbox.recovered": (
        "Der Mailabruf für %{mailbox.address} gelingt wieder",
        """\
<p>Der Mailabruf für %{mailbox.address} gelingt wieder. Nichts ging verloren; was wartete, wird jetzt angenommen.</p>
""",
    ),
    "token.needed": (
        "%{mailbox.address} kann sich nicht mehr anmelden",
        """\
<p>%{mailbox.address} kann sich bei seinem Anbieter nicht mehr anmelden; seine E-Mails warten dort.</p>
<p>In den Worten des Anbieters, und was zu tun ist: %{mailbox.error}</p>
<p>Nichts geht verloren. Bis jemand handelt, fragt das System den Anbieter nicht mehr, und meldet sich einmal, wenn es
wieder geht. Alles Weitere steht auf der Seite dieser E-Mail im Admin Panel: %{url}</p>
""",
    ),
    "token.recovered": (
        "%{mailbox.address} kann sich wieder anmelden",
        """\
<p>%{mailbox.address} kann sich bei seinem Anbieter wieder anmelden. Nichts ging verloren; was wartete, wird jetzt
aufgenommen.</p>
""",
    ),
    "token.expiring": (
        "Die Anmeldung von %{mailbox.address} läuft bald ab",
        """\
<p>%{mailbox.error}</p>
<p>Es geht um %{mailbox.address}. Bis dahin läuft alles. Die Seite im Admin Panel: %{url}</p>
""",
    ),
}
