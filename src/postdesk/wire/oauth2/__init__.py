"""OAuth2 as a client (RFC 6749): asking a provider's token endpoint, and understanding what it says.

`asking` moves bytes, `tokens` has the grants, `refusals` the words.
"""
