"""Organisations have several domains and an account manager; who belongs to one is said by their address."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def one_domain_becomes_a_list(apps, schema_editor):
    for row in apps.get_model("people", "Organisation").objects.exclude(domain=""):
        row.domains = [row.domain.lower()]
        row.save(update_fields=["domains"])


class Migration(migrations.Migration):
    dependencies = [("people", "0004_all_access_may_ban")]

    operations = [
        migrations.AddField(
            "organisation",
            "domains",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=253), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            "organisation",
            "manager",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="organisations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("organisation", "notes", models.TextField(blank=True, default="")),
        migrations.RunPython(one_domain_becomes_a_list, migrations.RunPython.noop),
        migrations.RemoveField("organisation", "domain"),
        migrations.RemoveField("user", "organisation"),
    ]
