"""Bots and assistants are no colleagues; people whose names resemble theirs are."""

import pytest

from harvester.model.bots import is_bot, known_bots
from harvester.model.people import People


@pytest.mark.parametrize(
    "account",
    [
        "dependabot[bot]",
        "kernel test robot <lkp@intel.com>",
        "syzbot <syzbot+0123456789abcdef0123@syzkaller.appspotmail.com>",
        "syzbot@syzkaller.appspotmail.com",
        "Dependabot",
        "BrewTestBot <1589480+BrewTestBot@users.noreply.github.com>",
        "some-new-app[bot]",
        "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        "renovate[bot] <renovate@whitesourcesoftware.com>",
        "release <tool[bot]@example.org>",
        "github-actions <41898282+github-actions[bot]@users.noreply.github.com>",
        "Copilot <175728472+Copilot@users.noreply.github.com>",
        "Claude <noreply@anthropic.com>",
        "Claude <NoReply@Anthropic.com>",
        "Cursor Agent <cursoragent@cursor.com>",
        "aider (some model) <noreply@aider.chat>",
        "aider (some model) <aider@aider.chat>",
        "openhands <openhands@all-hands.dev>",
        "Warp <agent@warp.dev>",
        "Oz <oz-agent@warp.dev>",
        "GitHub Action <action@github.com>",
        "GitHub Actions <actions@github.com>",
        "github-actions <github-actions@github.com>",
        "github-actions <41898282+github-actions@users.noreply.github.com>",
        "renovate <renovate@whitesourcesoftware.com>",
        "Renovate Bot <bot@renovateapp.com>",
        "Copilot <198982749+Copilot@users.noreply.github.com>",
        "GitHub Enterprise <noreply@github.acme.org>",
        "GitHub <noreply@octo.ghe.com>",
        "renovate <1+renovate@users.noreply.git.acme.org>",
        "Copilot <223556219+Copilot@users.noreply.github.com>",
        "Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>",
        "google-labs-jules[bot] <161369871+google-labs-jules[bot]@users.noreply.github.com>",
        "Jules <noreply@jules.google>",
        "Sourcery AI <sourcery-ai[bot]@users.noreply.github.com>",
        "sourcery-ai",
        "ImgBotApp <ImgBotHelp@gmail.com>",
        "factory-droid[bot] <138933559+factory-droid[bot]@users.noreply.github.com>",
        "Qwen-Coder <qwen-coder@alibabacloud.com>",
        "Snyk bot <snyk-bot@snyk.io>",
        "Amp <amp@ampcode.com>",
        "GitHub <noreply@github.com>",
        "web-flow",
        "project_123_bot",
        "group_9_bot_0123abcdef",
        "service_account_group_345_0123456789abcdef",
        "service_account_0123456789abcdef",
        "GitLabDuo",
        "ci <project_123_bot_4ffca233d8298ea1@noreply.gitlab.example.com>",
    ],
)
def test_a_bot_or_an_assistant_is_one(account):
    assert is_bot(account)


@pytest.mark.parametrize(
    "account",
    [
        "Abbott <abbott@example.org>",
        "abbott",
        "robot@example.org",
        "Bot Botsson <bot@example.org>",
        "botond",
        "Claude Monet <claude@example.org>",
        "Devin Doe <devin@example.org>",
        "Jules Roe <jules@example.org>",
        "Agent Smith <agent@example.org>",
        "Ann <ann@warp.dev>",
        "Cursor <cursor@example.org>",
        "dependabot-fan",
        "my-dependabot <me@dependabot.example>",
        "stale <jane.stale@example.org>",
        "projects_123_bots",
        "service_account_of_ada",
        "project_123_bot_fan@example.org",
        "x <noreply@anthropic.com.evil.test>",
        "[bot] maker <me@example.org>",
        "",
    ],
)
def test_a_person_is_no_bot(account):
    assert not is_bot(account)


def test_the_configuration_names_more():
    more = frozenset({"ci-user", "ci@example.org"})
    assert all(is_bot(each, more) for each in ("CI-User", "ci <CI@example.org>", "1+ci-user@users.noreply.github.com"))
    assert not is_bot("ci-user-2", more)
    assert People(bots=more).is_bot("ci-user")
    assert not People().is_bot("ci-user")


def test_the_lists_are_in_lower_case_as_they_are_compared():
    known = known_bots("logins") | known_bots("emails")
    assert len(known) > 50
    assert all(each == each.casefold() for each in known)
