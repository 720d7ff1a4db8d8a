from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "postdesk.web.inbox"
    label = "inbox"
