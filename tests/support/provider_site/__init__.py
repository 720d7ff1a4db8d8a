"""The Django project of the OAuth2 provider that the tests run: django-oauth-toolkit, with users and clients of ours.

It runs in a process of its own (`python -m tests.support.provider_site`), started by `tests.support.provider`. The
protocol is the toolkit's: consent, codes, PKCE, tokens, rotation, introspection, revocation, OpenID. What stands here
are its settings, a login page, and for each client the terms that a test sets.
"""
