"""Which accounts are bots', or assistants' that sign commits: those that bots.toml names, and by their form.

Names are compared exactly and without case: a person whose name merely contains "bot" is a person. More bots are named
in harvester.toml under `bots`.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

from harvester.model.accounts import account_key, email_of, forge_login, is_web_committer, name_of, plain

_SYZBOT = re.compile(r"syzbot(?:\+[0-9a-f]+)?@syzkaller\.appspotmail\.com")
"""The kernel's fuzzer has an address for each report (https://github.com/google/syzkaller/blob/master/docs/syzbot.md)."""
_GITLAB_TOKEN_USER = re.compile(
    r"(?:project|group)_\d+_bot(?:_[0-9a-f]+)?|service_account(?:_(?:group|project)_\d+)?_[0-9a-f]{8,64}", re.IGNORECASE
)


@functools.cache
def known_bots(what: str) -> frozenset[str]:
    """The `logins` or the `emails` that bots.toml lists, in lower case."""
    listed = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return frozenset(listed[what])


def is_bot(account: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether an account (a login, an address, or `name <e-mail>`) is a bot's; `more` has the keys of further ones.

    Sources: GitHub Apps carry the suffix `[bot]` (https://docs.github.com/apps). GitLab names the users behind project
    and group tokens `project_{id}_bot_{hash}` (https://docs.gitlab.com/user/project/settings/project_access_tokens/)
    and service accounts `service_account_group_{id}_{hash}` (https://docs.gitlab.com/api/service_accounts/); its
    internal users are in lib/users/internal.rb of https://gitlab.com/gitlab-org/gitlab.
    """
    email = email_of(account)
    login = _login(account, email)
    if login and (login in known_bots("logins") or _GITLAB_TOKEN_USER.fullmatch(login)):
        return True
    if (
        email in known_bots("emails")
        or _SYZBOT.fullmatch(email or "")
        or any(each and each.endswith("[bot]") for each in (login, plain(name_of(account))))
    ):
        return True
    return is_web_committer(email or "") or bool({account_key(account), email, login} & more)


def may_be_bot(account: str) -> bool:
    """Whether an account's name is one word that ends with "bot", or ends with that word: `pytestbot`, `Acme Bot`.

    Such an account counts as a person's, as long as nobody lists it; but it is not chosen where nobody named a person.
    """
    name = plain(name_of(account)).split()
    return bool(name) and (name[-1] == "bot" or (len(name) == 1 and name[0].endswith("bot")))


def _login(account: str, email: str | None) -> str | None:
    if email is None:
        return plain(account)
    local, _, domain = email.partition("@")
    is_token_user = domain.startswith("noreply.") and _GITLAB_TOKEN_USER.fullmatch(local)
    if is_token_user or local.endswith("[bot]"):
        return local
    return found.login if (found := forge_login(account)) else None
