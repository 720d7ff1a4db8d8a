"""What was changed about the desk, by whom: rows that are only ever added."""

from __future__ import annotations

from django.db import models

from postdesk.people.models.agents import Agent


class AuditEntry(models.Model):
    """One administrative change. Written by people.audit.record, in the transaction of the change itself."""

    at = models.DateTimeField()
    #: Null for what no agent did (the desk file), and when the agent is gone.
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    #: The name of whoever did it, as it was then.
    actor = models.CharField(max_length=160)
    #: "created", "changed", "deleted", "enabled", ...
    verb = models.CharField(max_length=40)
    #: What kind of thing it is about ("department"), its id then, and what it was called.
    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True, blank=True)
    label = models.CharField(max_length=255, blank=True, default="")
    #: Only what differs, key by key; of a secret only that it changed.
    before: models.JSONField[dict[str, object]] = models.JSONField(default=dict)
    after: models.JSONField[dict[str, object]] = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=("kind", "-id"), name="audit_kind"),
            models.Index(fields=("agent", "-id"), name="audit_agent"),
            models.Index(fields=("at",), name="audit_at"),
        )

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.kind} {self.label}"
