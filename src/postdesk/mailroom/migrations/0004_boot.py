"""A token that every crash of PostgreSQL takes away: an unlogged table is emptied by recovery, and kept by a clean stop."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mailroom", "0003_room_to_update")]
    operations = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE mailroom_boot (id smallint PRIMARY KEY, token text NOT NULL)",
            "DROP TABLE IF EXISTS mailroom_boot",
        ),
    ]
