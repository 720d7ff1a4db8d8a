from django.apps import AppConfig


class PanelConfig(AppConfig):
    name = "postdesk.web.panel"
    label = "panel"
