"""Raw bytes are stored out of line and never compressed: mail is encoded already (base64), and trying costs."""

from django.db import migrations


def first_rows(apps, schema_editor):
    apps.get_model("mailroom", "MailSettings").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("mailroom", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE mailroom_blob ALTER COLUMN content SET STORAGE EXTERNAL;
            ALTER TABLE mailroom_letter ALTER COLUMN raw SET STORAGE EXTERNAL;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(first_rows, migrations.RunPython.noop),
    ]
