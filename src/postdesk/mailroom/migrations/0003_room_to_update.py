"""Letters are updated several times on their way: keep their bytes out of the row, and leave room on the page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailroom", "0002_storage")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE mailroom_letter SET (toast_tuple_target = 256, fillfactor = 60);
            ALTER TABLE mailroom_letterrecipient SET (fillfactor = 60);
            ALTER TABLE mailroom_spooledmail SET (fillfactor = 80);
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(model_name="letter", name="letter_by_state"),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                fields=["state", "-id"],
                name="letter_by_state",
                condition=~models.Q(state__in=("sent", "queued", "sending")),
            ),
        ),
    ]
