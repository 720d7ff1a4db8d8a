"""Django's settings, derived from the environment (project.environment) and nothing else.

Importing this module without DATABASE_URL starts the embedded PostgreSQL (project.database) and
leaves it when the process ends.
"""

from __future__ import annotations

import atexit
from pathlib import Path
from urllib.parse import urlsplit

from postdesk.project import database, environment, keys, logs

ENVIRONMENT = environment.read()
PACKAGE = Path(__file__).resolve().parent.parent
DATA = ENVIRONMENT.data
SECRET_KEYS = keys.secret_keys(DATA, ENVIRONMENT.secret_keys)
SECRET_KEY = SECRET_KEYS[0]
SECRET_KEY_FALLBACKS = list(SECRET_KEYS[1:])
BASE_URL = ENVIRONMENT.base_url
DEBUG = ENVIRONMENT.debug
logs.configure(ENVIRONMENT.log_level)

if ENVIRONMENT.database_url:
    _url = ENVIRONMENT.database_url
else:
    _embedded = database.open_embedded(DATA)
    atexit.register(database.close_embedded, _embedded)
    _url = _embedded.uri
DATABASES = {"default": database.django_database(_url)}

ALLOWED_HOSTS = list(ENVIRONMENT.hosts)
CSRF_TRUSTED_ORIGINS = [BASE_URL] if urlsplit(BASE_URL).scheme in {"http", "https"} else []
_https = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    "postdesk.people",
    "postdesk.mailroom",
    "postdesk.tickets",
    "postdesk.web.shared",
    "postdesk.web.inbox",
    "postdesk.web.panel",
]
AUTH_USER_MODEL = "people.Agent"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "queue"
LOGOUT_REDIRECT_URL = "sign-in"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "postdesk.web.shared.policy.ContentSecurityPolicy",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "postdesk.project.urls"
WSGI_APPLICATION = "postdesk.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "postdesk.web.shared.context.desk",
            ],
            "builtins": ["postdesk.web.shared.templatetags.desk", "postdesk.web.shared.templatetags.kit"],
        },
    }
]
STATIC_URL = "static/"
STATIC_ROOT = None
# The package's own files are served as they lie: nothing to collect, no build step.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 40 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

LOGGING_CONFIG = None
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
