"""Errands: what an administrator asks of a server and waits for, done by a worker, watched from a screen."""

from __future__ import annotations

from django.db import models

from postdesk.people.models import Agent


class Errand(models.Model):
    """One thing to do. A row lives for a day; its secrets only until it ends."""

    #: A name in engine.errands.KINDS.
    kind = models.CharField(max_length=20)
    asked_by = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    #: What to do, as the kind says; never a secret.
    wanted = models.JSONField(default=dict)
    #: A sealed JSON object of passwords that are not saved anywhere (mailroom.secrets); null when there are none.
    secrets = models.BinaryField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The stages so far, as basics.stages writes them.
    stages = models.JSONField(default=list)
    #: What came out, as the kind says; null until it ended well.
    result = models.JSONField(null=True, blank=True)
    #: Why it could not be done at all; "" otherwise.
    problem = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
