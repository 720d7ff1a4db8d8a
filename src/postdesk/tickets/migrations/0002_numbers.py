"""Ticket numbers come from a sequence of their own, and mail always has a department to go to."""

from django.db import migrations


def first_department(apps, schema_editor):
    department = apps.get_model("tickets", "Department")
    if not department.objects.filter(is_default=True).exists():
        department.objects.create(name="Support", is_default=True)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE tickets_number START WITH 100001", "DROP SEQUENCE IF EXISTS tickets_number"),
        migrations.RunPython(first_department, migrations.RunPython.noop),
    ]
