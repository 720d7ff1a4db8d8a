"""OAuth2 in use: access tokens for connections, refreshed in time, by one worker at a time.

    login(connection)                  the Login for the wire, with a token that is good now
    signed_in(connection, open_)       the same, and once more with a fresh token when the server refuses the first
    refresh(authorisation)             ask the provider now, whatever there is ("test refresh", the daily rehearsal)
    exchange, ask_device, poll_device  the end of a consent (flow.consents begins it)
    revoke(authorisation)              *Delete token*
    discover(authorisation)            fill endpoints from an OpenID configuration
    care(at)                           upkeep: rehearsals that are due, warnings before something expires

Rows are `mailroom.models.Authorisation`. What the provider is asked and how its answers are understood is pure
(postdesk.grants); the socket is `wire.http`. Errors: ConsentNeeded and ClientRefused stop every try until somebody
acts; Busy, Unreachable, Disconnected, TlsRefused and BadProtocol are tried again later, and drop no token.
"""
