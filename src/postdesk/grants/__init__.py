"""What OAuth2 asks and answers, as values: no socket, no database, no clock (RFC 6749, 7523, 7636, 8628).

    providers.PROVIDERS     the templates: Google, Microsoft, Other
    registration            one connection's client and endpoints, resolved; its signature
    requests                what is sent to the token endpoint for each grant
    answers                 what came back: Tokens, or an error of basics.errors with the provider's words and advice
    advice.ADVICE           which error means what, and what to do about it
    scopes, owner           whether enough was granted, and who consented

`flow.tokens` asks by these, over `wire.http`.
"""
