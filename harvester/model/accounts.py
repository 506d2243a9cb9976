"""Accounts: the address in `name <e-mail>`, and the login in a forge's no-reply address."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"<([^<>]*)>\s*$")
_GITHUB = re.compile(r"(?:[0-9]+\+)?([^@+]+)@users\.noreply\.github\.com")
_GITLAB = re.compile(r"[0-9]+-([^@]+)@users\.noreply\.gitlab\.com")


def email_of(account: str) -> str | None:
    """The e-mail address of `name <e-mail>` or of a bare address, in lower case; None for a login.

    None too where the brackets are empty, as git allows: people without an address are not one person.
    """
    match = _ADDRESS.search(account)
    address = (match[1] if match else account).strip().casefold()
    return (address or None) if match or "@" in address else None


def name_of(account: str) -> str:
    """What a reader calls an account: the name before the address where there is one, else the account itself."""
    name = _ADDRESS.sub("", account).strip()
    return name or account.strip().strip("<>")


def noreply_login(email: str | None) -> str | None:
    """The login in GitHub's or GitLab's no-reply address (`1234+login@users.noreply.github.com`), in lower case.

    GitHub's older addresses have no number before the login, and a login may itself begin with one (`12-monkeys`);
    GitLab's always have one (`1234-login@users.noreply.gitlab.com`).
    Sources: https://docs.github.com/account-and-profile/reference/email-addresses-reference and
    https://docs.gitlab.com/user/profile/#use-an-automatically-generated-private-commit-email
    """
    plain = email.casefold() if email else ""
    match = _GITHUB.fullmatch(plain) or _GITLAB.fullmatch(plain)
    return match[1] if match else None


def account_key(account: str) -> str:
    """What all spellings of one account share: the address, or the login, in lower case.

    The number in GitHub's no-reply addresses is left out, since people who write a configuration know only the login.
    """
    email = email_of(account)
    if email and (match := _GITHUB.fullmatch(email)):
        return f"{match[1]}@users.noreply.github.com"
    return email or account.strip().casefold()


def mail_key(email: str) -> str:
    """How a mail identity that no configured person has is written in the frame's `person`: `<e-mail>`."""
    return f"<{email.casefold()}>"
