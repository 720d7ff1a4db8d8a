"""Canned responses: answers written once, with variables and files, for agents and filters."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from postdesk.mailroom.models import Blob
from postdesk.tickets.models.setup import Department


class CannedResponse(models.Model):
    """One answer. `html` "" is made from the text."""

    title = models.CharField(max_length=200)
    #: Null: for all departments.
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="canned")
    #: May name variables, such as %{ticket.number}.
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("title",)
        constraints = (models.UniqueConstraint(Lower("title"), name="canned_title_unique"),)

    def __str__(self) -> str:
        return self.title


class CannedFile(models.Model):
    """A file that goes along with a canned response."""

    response = models.ForeignKey(CannedResponse, on_delete=models.CASCADE, related_name="files")
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("response", "filename", "id")

    def __str__(self) -> str:
        return self.filename
