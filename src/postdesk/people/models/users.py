"""Users write to the desk; an organisation is everybody who writes from its domains."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from postdesk.people.models.agents import Agent


class Organisation(models.Model):
    """Who belongs to it is never stored: whoever writes from one of its domains does, from the first mail on."""

    name = models.CharField(max_length=200, unique=True)
    #: Lower case; a domain belongs to one organisation at most.
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    #: Is given the tickets of its people that nothing else gives to anybody.
    manager = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="organisations")
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """A customer, known by one e-mail address (compared without regard to case)."""

    #: Lower case throughout.
    address = models.CharField(max_length=320, unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("address",)

    def __str__(self) -> str:
        return self.name or self.address
