"""Users write to the desk; organisations group them."""

from __future__ import annotations

from django.db import models


class Organisation(models.Model):
    name = models.CharField(max_length=200, unique=True)
    #: Mail from this domain belongs to the organisation; "" for none.
    domain = models.CharField(max_length=253, blank=True, default="")
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
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("address",)

    def __str__(self) -> str:
        return self.name or self.address
