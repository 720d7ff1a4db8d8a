"""Find out from an address alone where its mail is fetched and sent: ask one source after the other.

    table -> mx -> srv -> autoconfig -> guess         `ways.WAYS`, a sentence each

A later source is asked only for what the earlier ones left open: a mailbox, or a server to send by.
"""
