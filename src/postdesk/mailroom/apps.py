from django.apps import AppConfig


class MailroomConfig(AppConfig):
    name = "postdesk.mailroom"
    label = "mailroom"
    verbose_name = "Emails, mailboxes, spool, outbox"
    default_auto_field = "django.db.models.BigAutoField"
