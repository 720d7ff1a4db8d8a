"""Agents: who works the desk."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class AgentManager(BaseUserManager["Agent"]):
    """Makes agents; the address is the sign-in name."""

    def hire(self, *, email: str, name: str, password: str | None, at: dt.datetime, is_admin: bool = False) -> Agent:
        """A new agent. Without a password nobody can sign in as them."""
        agent = self.model(email=email.strip().lower(), name=name, is_admin=is_admin, created_at=at)
        agent.set_password(password)
        agent.save(using=self._db)
        return agent

    def get_by_natural_key(self, username: str | None) -> Agent:
        return self.get(email=(username or "").strip().lower())


class DefaultSignature(models.TextChoices):
    """What stands below an agent's replies unless they choose otherwise (osticket.md 5.1)."""

    NONE = "none", "None"
    MINE = "mine", "My signature"
    DEPARTMENT = "department", "Department signature"


class FromName(models.TextChoices):
    """The name an agent's replies carry in From (osticket.md 5.1)."""

    EMAIL = "email", "Email address name"
    DEPARTMENT = "department", "Department name"
    MINE = "mine", "My name"


class Agent(AbstractBaseUser):
    """Somebody who works the desk and signs in by e-mail address."""

    #: Lower case throughout.
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    signature = models.TextField(blank=True, default="")
    default_signature = models.CharField(
        max_length=10, choices=DefaultSignature.choices, default=DefaultSignature.DEPARTMENT
    )
    from_name = models.CharField(max_length=10, choices=FromName.choices, default=FromName.EMAIL)
    #: Away: sent no alerts, and not offered when tickets are assigned.
    on_vacation = models.BooleanField(default=False)
    #: For administrators only.
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[AgentManager] = AgentManager()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


def initials(name: str) -> str:
    """One or two letters for an avatar: "Ann Lee" -> "AL"."""
    words = [word for word in name.replace("@", " ").split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"
