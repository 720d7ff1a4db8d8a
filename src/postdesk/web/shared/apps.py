from django.apps import AppConfig


class SharedConfig(AppConfig):
    name = "postdesk.web.shared"
    label = "shared"
