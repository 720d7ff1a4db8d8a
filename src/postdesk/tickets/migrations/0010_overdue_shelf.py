from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("tickets", "0009_allowed_senders")]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["due_at", "id"],
                name="ticket_overdue",
                condition=Q(("due_at__isnull", False), ("is_answered", False), ("status", "open")),
            ),
        ),
    ]
