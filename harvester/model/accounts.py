"""Accounts: which spellings are one account. Every comparison of accounts goes through `account_key` or `matches`.

An account is a login, an address, or `name <address>`; only its address decides. All are compared without
case, in one form of Unicode (NFC), without spaces at the ends and repeated ones.

| written | is the same as | is not the same as |
|---|---|---|
| `Ada <Ada@Example.org>` | `ada@example.org`, `X <ada@EXAMPLE.org>` | `ada+tag@example.org` |
| `1234+Ada@users.noreply.github.com` | `ada@users.noreply.github.com` | `ada@users.noreply.github.acme.org` |
| `1234+ada@users.noreply.octo.ghe.com` | `ada@users.noreply.octo.ghe.com` | `ada@users.noreply.github.com` |
| `1234-ada@users.noreply.gitlab.com` | `5-ada@users.noreply.gitlab.com` | `ada@users.noreply.gitlab.com` |
| `12-monkeys@users.noreply.github.com` | `7+12-monkeys@users.noreply.github.com` | `monkeys@users.noreply.github.com` |
| `ada <ada>`, from CVS | `Ada L <ada>`, `ada` | `ada <ada@1234-5678-uuid>`, from Subversion |
| `Ada < ada at example >` | `Ada <ada at example>` | `Ada <ada@example>` |
| `Ada <>`, `Ada <none@none>` | the same name with the same address | `Grace <>`, `Grace <none@none>` |

A no-reply address is the address of a login, so People makes one account of the two: GitHub's is
`[ID+]login@users.noreply.HOST` (HOST is github.com, a company's own, or a subdomain of ghe.com), GitLab's is
`ID-login@users.noreply.HOST`. Logins that begin with digits and a hyphen fit both: they are GitHub's where the host is
named after GitHub, else GitLab's. The number is left out, since people who write a configuration know only the login; a
login that was given to somebody else since is therefore one account.

`login@users.noreply.github.*` is this login on every host that is named after GitHub, as in
`accounts = { github = "login" }`; so is `*-login@users.noreply.gitlab.*` for GitLab.

Importers from systems without addresses put the same one behind all names (`SHARED`), or none; the name decides then.

Sources: https://docs.github.com/account-and-profile/reference/email-addresses-reference,
https://docs.gitlab.com/user/profile/#use-an-automatically-generated-private-commit-email,
https://docs.gitlab.com/administration/settings/email/ (the host of a company's own), https://git-scm.com/docs/git-svn
(`user <user@uuid>`), https://git-scm.com/docs/git-cvsimport (`user <user>`), and of hg-git helptext/config.rst
(`none@none`). hg-fast-export writes `devnull@localhost`.
Test: test_which_accounts_are_the_same.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection
from typing import Literal, NamedTuple

Forge = Literal["github", "gitlab"]

FORGE_HOSTS: dict[Forge, str] = {"github": "github.com", "gitlab": "gitlab.com"}
"""The forges whose logins are also no-reply addresses, and the public host of each."""

SHARED = frozenset({"none@none", "devnull@localhost"})
"""Addresses that importers give to everybody who has none."""

_ADDRESS = re.compile(r"<([^<>]*)>\s*$")
_NOREPLY = re.compile(r"([^@\s]+)@users\.noreply\.([^@\s]+)")
_NUMBERED = re.compile(r"(?:\d+|\*)\+([^+]+)", re.ASCII)
_NUMBERED_GITLAB = re.compile(r"(?:\d+|\*)-(.+)", re.ASCII)
_NAMED_AFTER: dict[Forge, re.Pattern[str]] = {
    "github": re.compile(r"github\.(?!com\.).+|[^.]+\.ghe\.com"),
    "gitlab": re.compile(r"gitlab\.(?!com\.).+"),
}


class ForgeLogin(NamedTuple):
    """A login on a host of a forge, as its no-reply address says it; all in lower case."""

    forge: Forge
    login: str
    host: str


def plain(text: str) -> str:
    """A text as names and accounts are compared: without case, in one form of Unicode, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text.casefold()).split())


def email_of(account: str) -> str | None:
    """The address of `name <address>` or a bare address, as it is compared; None for a login.

    None too where the brackets are empty, as git allows, or where everybody has the address: people without an address
    are not one person.
    """
    match = _ADDRESS.search(account)
    address = plain(match[1] if match else account)
    if not address or address in SHARED:
        return None
    return address if match or "@" in address else None


def name_of(account: str) -> str:
    """What a reader calls an account: the name before the address where there is one, else the account itself."""
    name = _ADDRESS.sub("", account).strip()
    return name or account.strip().strip("<>")


def forge_of_host(host: str) -> Forge | None:
    """The forge that a host is named after: github.com, github.acme.org, octo.ghe.com; None for another name."""
    return next((forge for forge, named in _NAMED_AFTER.items() if named.fullmatch(host.casefold())), None)


def forge_login(account: str) -> ForgeLogin | None:
    """The login that a no-reply address is of; None for any other account."""
    match = _NOREPLY.fullmatch(email_of(account) or "")
    if match is None:
        return None
    local, host = match[1], match[2]
    forge = forge_of_host(host)
    if forge != "gitlab" and (numbered := _NUMBERED.fullmatch(local)):
        return ForgeLogin("github", numbered[1], host)
    if forge != "github" and (numbered := _NUMBERED_GITLAB.fullmatch(local)):
        return ForgeLogin("gitlab", numbered[1], host)
    return None if forge == "gitlab" or "+" in local else ForgeLogin("github", local, host)


def noreply_address(forge: Forge, login: str, host: str) -> str:
    """The no-reply address of a login on a host, without the number that only the forge knows."""
    name = plain(login)
    if forge == "gitlab":
        return f"*-{name}@users.noreply.{host}"
    number = "*+" if _NUMBERED_GITLAB.fullmatch(name) and forge_of_host(host) != "github" else ""
    return f"{number}{name}@users.noreply.{host}"


@functools.lru_cache(maxsize=1 << 16)
def account_key(account: str) -> str:
    """What all spellings of one account share, as the table above says; the key of a key is the key itself."""
    if found := forge_login(account):
        return noreply_address(*found)
    if (match := _ADDRESS.search(account)) and email_of(account) is None:
        return plain(f"{account[: match.start()]} <{match[1].strip()}>")
    return email_of(account) or plain(account)


@functools.lru_cache(maxsize=1 << 16)
def account_keys(account: str) -> tuple[str, ...]:
    """`account_key`, and where the host is named after a forge the key of the same login on all such hosts."""
    key, found = account_key(account), forge_login(account)
    if found is None or forge_of_host(found.host) is None:
        return (key,)
    return tuple(dict.fromkeys((key, noreply_address(found.forge, found.login, f"{found.forge}.*"))))


@functools.lru_cache(maxsize=64)
def keys_of(accounts: frozenset[str]) -> frozenset[str]:
    """The keys of accounts that are wanted, for `matches`."""
    return frozenset(map(account_key, accounts))


def matches(account: str, keys: frozenset[str]) -> bool:
    """Whether an account is one of those with these keys."""
    return not keys.isdisjoint(account_keys(account))


def is_web_committer(address: str, hosts: Collection[str] = ()) -> bool:
    """Whether an address is nobody's: GitHub commits with it what people do in the browser.

    `hosts` are further hosts of GitHub besides those named after it.
    """
    local, _, host = plain(address).partition("@")
    return local == "noreply" and (forge_of_host(host) == "github" or host in hosts)


def mail_key(email: str) -> str:
    """How a mail identity that no configured person has is written in the frame's `person`: `<e-mail>`."""
    return f"<{account_key(email)}>"
