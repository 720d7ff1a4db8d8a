from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "postdesk.people"
    label = "people"
    verbose_name = "Agents, users, organisations"
    default_auto_field = "django.db.models.BigAutoField"
