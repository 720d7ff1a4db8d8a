"""OAuth2 in use: access tokens for connections, refreshed in time, by one worker at a time.

    access.login(connection)             the Login for the wire, with a token that is good now
    access.signed_in(connection, open_)  the same, and once more with a fresh token when the server refuses the first
    access.refresh(id)                   ask the provider now, whatever there is ("test refresh", the daily rehearsal)
    keeping.keep, keeping.failed         what becomes of the answer, in one transaction
    consenting.authorise(consent)        the end of a consent (flow.consents begins it)
    consenting.revoke, .discover         *Delete token*; endpoints from an OpenID configuration
    care.care(at)                        upkeep: rehearsals that are due, warnings before something expires
    alerts                               who is told of what, once

Rows are `mailroom.models.Authorisation`. What the provider is asked and how its answers are understood is pure
(postdesk.grants); the socket is `wire.http`. Errors: ConsentNeeded and ClientRefused stop every try until somebody
acts; Busy, Unreachable, Disconnected, TlsRefused and BadProtocol are tried again later, and drop no token.
"""
