"""Bans of domains and wildcards, aliases of addresses, and the limit on open tickets."""

import django.contrib.postgres.fields
from django.db import migrations, models

#: As judge.bans stores them: lower case, a domain without the star before it. Of two that become the same one stays.
TIDY = """
DELETE FROM mailroom_ban AS ban USING mailroom_ban AS other
WHERE ban.id > other.id AND regexp_replace(lower(ban.pattern), '^\\*@', '@') =
    regexp_replace(lower(other.pattern), '^\\*@', '@');
UPDATE mailroom_ban SET pattern = regexp_replace(lower(pattern), '^\\*@', '@');
UPDATE mailroom_ban SET kind = CASE WHEN pattern ~ '[*?]' THEN 'wildcard' WHEN pattern LIKE '@%' THEN 'domain'
    ELSE 'address' END, updated_at = created_at;
"""


class Migration(migrations.Migration):
    dependencies = [("mailroom", "0004_boot")]

    operations = [
        migrations.AddField(
            model_name="ban",
            name="kind",
            field=models.CharField(
                choices=[("address", "Address"), ("domain", "Domain"), ("wildcard", "Wildcard")],
                default="address",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="ban",
            name="updated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(TIDY, migrations.RunSQL.noop),
        migrations.AlterField(model_name="ban", name="updated_at", field=models.DateTimeField()),
        migrations.AddIndex(
            model_name="ban",
            index=models.Index(fields=("kind",), name="ban_wildcards", condition=models.Q(("kind", "wildcard"))),
        ),
        migrations.AddField(
            model_name="email",
            name="aliases",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=254), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="mailsettings",
            name="bans_cover_replies",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="mailsettings",
            name="max_open_tickets",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="letter",
            name="kind",
            field=models.CharField(
                choices=[
                    ("autoresponse", "auto-response"),
                    ("reply", "agent reply"),
                    ("alert", "alert"),
                    ("filter", "mail of a ticket filter"),
                ],
                max_length=14,
            ),
        ),
    ]
