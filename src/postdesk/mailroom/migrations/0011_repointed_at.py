from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mailroom", "0010_first_fetch"),
    ]

    operations = [
        migrations.AddField(
            model_name="remotemailbox",
            name="repointed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
