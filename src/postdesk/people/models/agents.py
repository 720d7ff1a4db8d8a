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


class Agent(AbstractBaseUser):
    """Somebody who works the desk and signs in by e-mail address."""

    #: Lower case throughout.
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    signature = models.TextField(blank=True, default="")
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
