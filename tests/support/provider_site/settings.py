"""Settings of the provider. The parent process says by PROVIDER_ROOT where its files are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(os.environ["PROVIDER_ROOT"])
SECRET_KEY = "only for tests"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "tests.support.provider_site.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "tests.support.provider_site.faults.Faults",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
# Another host of the loopback has the desk's cookies: these must not replace each other.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "provider_session", "provider_csrf"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ROOT / "provider.sqlite3",
        # A refresh reads before it writes: with a deferred transaction two at once would fail with "locked".
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
}
#: The tables are made from the models: quicker than the packages' migrations.
MIGRATION_MODULES = dict.fromkeys(("auth", "contenttypes", "sessions", "oauth2_provider"))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "/login/"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
#: Tracebacks go to the log of the process.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"error": {"class": "logging.StreamHandler", "level": "ERROR"}},
    "loggers": {"django": {"handlers": ["error"]}, "oauth2_provider": {"handlers": ["error"]}},
}
OAUTH2_PROVIDER = {
    "SCOPES": {
        "openid": "Know who you are",
        "email": "See your e-mail address",
        "profile": "See your name",
        "offline_access": "Keep this access",
        "mail": "Read and send your mail",
        "mail.read": "Read your mail",
        "mail.send": "Send mail as you",
        "introspection": "Look into tokens",
        "https://mail.google.com/": "Read, compose, send and permanently delete all your email",
        "https://outlook.office.com/IMAP.AccessAsUser.All": "Read and write access to your mail by IMAP",
        "https://outlook.office.com/POP.AccessAsUser.All": "Read and write access to your mail by POP",
        "https://outlook.office.com/SMTP.Send": "Send mails by SMTP AUTH",
        "https://outlook.office365.com/.default": "What the administrator granted",
    },
    "DEFAULT_SCOPES": ["mail"],
    "OIDC_ENABLED": True,
    "OIDC_RSA_PRIVATE_KEY": (ROOT / "oidc.pem").read_text(),
    "OAUTH2_SERVER_CLASS": "tests.support.provider_site.grants.Server",
    "OAUTH2_VALIDATOR_CLASS": "tests.support.provider_site.grants.Validator",
    "ACCESS_TOKEN_GENERATOR": "tests.support.provider_site.grants.access_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "PKCE_REQUIRED": True,
    "ROTATE_REFRESH_TOKEN": True,
    # A refresh token used a second time ends the whole consent, as RFC 9700 section 4.14.2 has it.
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
    "OAUTH_DEVICE_VERIFICATION_URI": os.environ["PROVIDER_URL"] + "/o/device/",
    "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": lambda code: f"{os.environ['PROVIDER_URL']}/o/device/?user_code={code}",
    "DEVICE_FLOW_INTERVAL": 1,
}
