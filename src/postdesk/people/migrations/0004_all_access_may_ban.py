"""The stock role "All Access" may ban users, too."""

from django.db import migrations

GRANT = """
UPDATE people_role SET verbs = array_append(verbs, 'user.ban')
WHERE name = 'All Access' AND NOT 'user.ban' = ANY(verbs)
"""
TAKE_BACK = "UPDATE people_role SET verbs = array_remove(verbs, 'user.ban') WHERE name = 'All Access'"


class Migration(migrations.Migration):
    dependencies = [("people", "0003_roles_and_teams")]

    operations = [migrations.RunSQL(GRANT, TAKE_BACK)]
