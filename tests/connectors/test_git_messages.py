"""What commit messages say, and what they do not."""

import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.connectors.git import messages, trailers
from harvester.connectors.git.messages import PullRequest

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Round\n\nFixes #12", ("#12",)),
        ("Round\n\nfixes: #12", ("#12",)),
        ("Round\n\nCloses: PAY-7", ("PAY-7",)),
        ("Round\n\nresolves org/repo#3.", ("org/repo#3",)),
        ("Round\n\nResolved group/sub/proj#3", ("group/sub/proj#3",)),
        (f"Round\n\nCloses {'g/' * 20}p#3", (f"{'g/' * 20}p#3",)),
        ("Round\n\nCloses https://a.example:8443/x/g.h/p-q/-/work_items/4", ("a.example/x/g.h/p-q#4",)),
        ("Round\n\nCloses #1, #2 and #3", ("#1", "#2", "#3")),
        ("Round\n\nCloses #1, #2, and PAY-3", ("#1", "#2", "PAY-3")),
        ("Round\n\nFixes GH-26", ("#26",)),
        ("Fix #5 and mention #6", ("#5",)),
        ("Round\n\nfixes https://github.com/Acme/shop/issues/9", ("github.com/Acme/shop#9",)),
        ("Round\n\nCloses https://gitlab.com/g/s/p/-/issues/4", ("gitlab.com/g/s/p#4",)),
        ("Round\n\nCloses https://acme.atlassian.net/browse/PAY-7", ("acme.atlassian.net/PAY-7",)),
        ("Closes https://example.org/elsewhere", ()),
        ("Round #12 and PAY-7", ()),
        ("PAY-7: round", ()),
        ("Fix SHA-1 and fix UTF-8, closes ISO-8859, fixes AES-256-GCM, resolve CVE-2024-1", ()),
        ("prefix #12", ()),
        ("Fixes #12abc", ()),
        ("Fixes #12 Fixes #12", ("#12",)),
        ("fixes pay-7", ()),
        ("fixes X-1", ()),
        ("fixes #1.5", ()),
        ("fixes #15.", ("#15",)),
        ("fixes PAY-1.5", ()),
        ("Fix WINDOWS-1252", ()),
    ],
)
def test_closes_what_the_message_says(message, expected):
    """A message closes what it says it closes and nothing that it merely mentions."""
    assert expected == messages.closes(message)


@given(
    st.sampled_from(["fixes", "Closes:", "Resolved", "implement"]),
    st.sampled_from(sorted(messages.NO_TICKETS)),
    st.integers(0, 99999),
)
def test_no_standard_is_ever_a_ticket(word, name, number):
    assert messages.closes(f"{word} {name}-{number}") == ()


FORGES = (None, *get_args(messages.Forge))
READERS = (
    messages.subtree,
    messages.closes,
    messages.reverts,
    messages.picked_from,
    trailers.co_authors,
    messages.split,
    *(lambda text, forge=forge: messages.merged_pull_request(text, forge) for forge in FORGES),
    *(lambda text, forge=forge: messages.squashed_pull_request(text, forge) for forge in FORGES),
    lambda text: messages.branch_origin(text, "org/repo", {"vendor"}),
)
PARTS = [
    "Fixes ", "#12", ", ", " and ", "PAY-7", "\n\n", "\n", "(#3)", "Merge pull request ", " from a/b", "é", "-" * 50,
    "See merge request g/p!4", "Merged in x (pull request #1)", "Co-authored-by: ", "A <a@b>", "This reverts commit ",
    SHA, "(cherry picked from commit ", ")", "https://github.com/", "a/b", "/issues/1", "Merge branch 'x' of ",
    "\ud800", "\x00",
]  # fmt: skip


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PARTS), max_size=20).map("".join)))
def test_any_text_can_be_read(text):
    for reader in READERS:
        reader(text)


@pytest.mark.parametrize(
    "text",
    [
        "fixes " + "a/" * 50000,
        "fixes " + "#1, " * 50000,
        "Closes https://" + "a" * 100000,
        "This reverts commit " + "a" * 100000,
        "(" * 100000,
        "Co-authored-by:" + " " * 100000,
        "feat(" + "(" * 90000,
    ],
)
def test_hostile_length_costs_no_more_than_length(text):
    """Each takes well under a second; a backtracking pattern would not end within the test run."""
    for reader in READERS:
        reader(text)


def test_a_revert_names_what_it_reverts():
    """A revert names what it reverts."""
    other = SHA[::-1]
    assert (f"commit/{SHA}",) == messages.reverts(f'Revert "x"\n\nThis reverts commit {SHA}.')
    assert (f"commit/{SHA}",) == messages.reverts(
        f"Revert\n\nThis reverts commit {SHA}, reversing\nchanges made to {other}."
    )
    assert (f"commit/{SHA}", f"commit/{other}") == messages.reverts(
        f"Revert\n\nThis reverts commits {SHA} and {other}."
    )
    assert messages.reverts("Revert\n\nThis reverts merge request g/p!12") == ("g/p!12",)
    assert messages.reverts("Revert\n\nReverts org/repo#12") == ("org/repo#12",)
    assert messages.reverts("Revert\n\nThis reverts commit abc123.") == ()


def test_a_revert_by_reference():
    """A revert by reference names an abbreviated hash."""
    words = 'Revert "x"\n\nThis reverts commit 370f5b7 (Round half even, 2026-07-01).'
    assert messages.reverts(words) == ("commit/370f5b7",)
    assert messages.reverts(words.replace(" (", "\n(")) == ("commit/370f5b7",)
    assert messages.reverts(f"This reverts commit {SHA} (x, 2026-07-01).") == (f"commit/{SHA}",)
    for no in ("This reverts commit 370f5 (x).", "This reverts commit Decade1 (x)."):
        assert messages.reverts(no) == ()


def test_a_pick_names_its_original():
    assert (f"commit/{SHA}",) == messages.picked_from(f"x\n\n(cherry picked from commit {SHA})")
    assert messages.picked_from(f"x\n\ncherry picked from {SHA}") == ()


def test_co_authors_are_in_the_last_paragraph():
    """Co-authors are read from the last paragraph of the body."""
    last = "CO-AUTHORED-BY: Bob Roe <bob@x>\nCo-authored-by: <cleo@x>\nSigned-off-by: D <d@x>"
    message = f"Subject\n\nCo-authored-by: No <no@x>\n\nText\n\n{last}"
    assert trailers.co_authors(message) == (("Bob Roe", "bob@x"), ("", "cleo@x"))
    assert trailers.co_authors("Co-authored-by: Bob <bob@x>") == ()
    assert trailers.co_authors("Subject\n\nCo-authored-by: Bob without an address") == ()


PICKED = f"(cherry picked from commit {SHA})"


@pytest.mark.parametrize(
    "end",
    [
        "Co-authored-by: Bob <b@x>\n\nCo-authored-by: Cleo <c@x>",
        "Co-authored-by: Bob <b@x>\nCo-authored-by: Cleo <c@x>\n\nSigned-off-by: Ann <a@x>",
        f"Co-authored-by: Bob <b@x>\nCo-authored-by: Cleo <c@x>\n\n{PICKED}",
        f"Co-authored-by: Bob <b@x>\n\nReviewed-by: D\n <d@x>\n\nCo-authored-by: Cleo <c@x>\n{PICKED}",
    ],
)
def test_co_authors_in_paragraphs_of_trailers(end):
    """Co-authors are read from every paragraph at the end that has trailers alone."""
    assert trailers.co_authors(f"Subject\n\nCo-authored-by: No <no@x>\n\nText\n\n{end}") == (
        ("Bob", "b@x"),
        ("Cleo", "c@x"),
    )


def test_carriage_returns_change_nothing():
    message = "Subject\n\nText\n\nCo-authored-by: A <a@x>\nCo-authored-by: B <b@x>"
    assert trailers.co_authors(message.replace("\n", "\r\n")) == trailers.co_authors(message)
    assert messages.split(message.replace("\n", "\r\n")) == messages.split(message)
    request = "Merge branch 'x' into 'y'\n\nTitle\n\nSee merge request g/p!12"
    assert messages.merged_pull_request(request.replace("\n", "\r\n"), None) == messages.merged_pull_request(
        request, None
    )
    assert messages.reverts("Revert\r\n\r\nReverts org/repo#12\r\n") == ("org/repo#12",)


@pytest.mark.parametrize(
    ("message", "forge", "expected"),
    [
        (
            "Merge pull request #12 from acme/round\n\nRound half even\n\nBody",
            None,
            PullRequest("#12", "Round half even", forge="github", branch="acme/round"),
        ),
        (
            "Merge pull request #12 from acme/round",
            "github",
            PullRequest("#12", "Merge pull request #12 from acme/round", forge="github", branch="acme/round"),
        ),
        ("Merge pull request 'Round it' (#12) from round into main", "gitea",
         PullRequest("#12", "Round it", forge="gitea", branch="round")),
        ("Merged in round (pull request #12)\n\nRound it\n\nOK", "bitbucket",
         PullRequest("#12", "Round it", forge="bitbucket", branch="round")),
        (
            "Merge branch 'round' into 'main'\n\nRound it\n\nCloses #3\n\nSee merge request g/s/p!12",
            "gitlab",
            PullRequest("!12", "Round it", "g/s/p", "gitlab", "round"),
        ),
        ("Merge branch 'x' into 'y'\n\nSee merge request !12", None,
         PullRequest("!12", "Merge branch 'x' into 'y'", "", "gitlab", "x")),
        (
            "Merge branch 'x' into 'y'\n\nCloses #3\n\nSee merge request g/p!12",
            "gitlab",
            PullRequest("!12", "Merge branch 'x' into 'y'", "g/p", "gitlab", "x"),
        ),
        (
            "Round it\n\nCloses #3\n\nSee merge request g/p!12",
            "gitlab",
            PullRequest("!12", "Round it", "g/p", "gitlab"),
        ),
        ("Round it (#12)\n\nBody", "github", PullRequest("#12", "Round it", forge="github", certain=False)),
        ("Round it (#12)\n\nBody", "gitea", None),
        ("Round it (#12)\n\nBody", None, None),
        ("Merge branch 'round'", "github", None),
        ("Merge pull request from acme/round", "github", None),
        ("Merge branch 'round'\n\nAs said in See merge request g/p!12 there", "gitlab", None),
    ],
)  # fmt: skip
def test_a_merge_names_its_pull_request(message, forge, expected):
    assert expected == messages.merged_pull_request(message, forge)


@pytest.mark.parametrize(
    ("message", "forge", "expected"),
    [
        ("Round it (#12)", "github", PullRequest("#12", "Round it", forge="github", certain=False)),
        ("Round it (#12)\n\nFixes #3", "gitea", PullRequest("#12", "Round it", forge="gitea", certain=False)),
        (
            'Revert "Round it (#12)" (#15)',
            "github",
            PullRequest("#15", 'Revert "Round it (#12)"', forge="github", certain=False),
        ),
        ('Revert "Round it (#12)"', "github", None),
        ("Round (#12) it", "github", None),
        ("Round it (#12).", "github", None),
        ("(#12)", "github", None),
        ("Round it (#12)\n\nFixes #12", "github", None),
        ("Round it (#12)", None, None),
        ("Round it (#12)", "gitlab", None),
        ("Round it\n\nSee merge request g/p!3", "gitlab", PullRequest("!3", "Round it", "g/p", "gitlab")),
    ],
)
def test_a_squash_names_its_pull_request(message, forge, expected):
    """A squashed commit names its pull request where the forge writes it so."""
    assert expected == messages.squashed_pull_request(message, forge)


def test_githubs_squash_may_close_its_own_number():
    """What GitHub squashed is a pull request even where its description closes its own number."""
    message = "Round it (#12)\n\nResolves #12"
    assert messages.squashed_pull_request(message, "github", by_github=True) == PullRequest(
        "#12", "Round it", forge="github"
    )
    assert messages.squashed_pull_request(message, "github") is None


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Merge branch 'develop'", "ours"),
        ("Merge branch 'develop' into main", "ours"),
        ("Merge stable into main. Resolve conflicts.", "ours"),
        ("Merge branch 'main' of github.com:Acme/Shop", "ours"),
        ("Merge branch 'main' of https://github.com/acme/shop.git into x", "ours"),
        ("Merge branch 'main' of https://github.com/bob/shop", "fork"),
        ("Merge branch 'main' of https://github.com/other/vendored", "other"),
        ("Merge tag 'v2' of ssh://git@example.org:22/vendored.git", "other"),
        ("Merge remote-tracking branch 'origin/develop'", "ours"),
        ("Merge remote-tracking branch 'upstream/develop'", "ours"),
        ("Merge remote-tracking branch 'vendor/develop'", "other"),
        ("Merge pull request #3 from acme/develop", "ours"),
        ("Merge pull request #3 from stranger/develop", "fork"),
        ("Merge develop into main (#3)", "fork"),
    ],
)
def test_a_merge_says_where_its_branch_is_from(subject, expected):
    """A merge says where its branch is from."""
    assert expected == messages.branch_origin(subject, "acme/shop", {"vendor"})


def test_endless_trailers_take_linear_time():
    """Text like a trailer that never ends takes time in proportion to its length."""
    started = time.perf_counter()
    assert trailers.co_authors(f"t\n\nco-authored-by:{' ' * 200_000}x") == ()
    assert trailers.co_authors("t\n\n" + "co-authored-by: a <b\n" * 20_000) == ()
    assert time.perf_counter() - started < 5


SERVER = "Merge in PAY/app from feature/c to main"


@pytest.mark.parametrize("read", [messages.merged_pull_request, messages.squashed_pull_request])
@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            f"Pull request #12: Round it\n\n{SERVER}\n\n* commit '{SHA}':\n  Round",
            PullRequest("#12", "Round it", "PAY/app", "bitbucket-server", "feature/c"),
        ),
        (
            f"Merge pull request #12 in ~ada/app from ~bob/app:x to main\n\n* commit '{SHA}':\n  Round",
            PullRequest(
                "#12", "Merge pull request #12 in ~ada/app from ~bob/app:x to main", "~ada/app", "bitbucket-server",
                "~bob/app:x",
            ),
        ),
        ("Merged PR 12: Round it\n\nRelated work items: #3", PullRequest("!12", "Round it", forge="azure-devops")),
        ("Merge PR 12: Round it", PullRequest("!12", "Round it", forge="azure-devops")),
        ("Merged in x (pull request #12)\n\nRound", PullRequest("#12", "Round", forge="bitbucket", branch="x")),
        ("Round\n\nSee merge request g/p!12", PullRequest("!12", "Round", "g/p", "gitlab")),
    ],
)  # fmt: skip
def test_a_form_says_its_forge(message, expected, read, forge):
    """A form that one forge alone writes is read on every forge, and says whose it is."""
    assert expected == read(message, forge)


def test_a_configured_form_is_read_on_its_forge():
    """What only looks like Bitbucket Server's form is read where the repository is on one."""
    message = "Pull request #12: Round it"
    assert messages.squashed_pull_request(message, "github") is None
    assert messages.squashed_pull_request(message, "bitbucket-server").reference == "#12"


def test_githubs_squash_is_read_everywhere():
    """A squash that GitHub committed is GitHub's, wherever the repository is now."""
    for forge in FORGES:
        found = messages.squashed_pull_request("Round it (#12)", forge, by_github=True)
        assert found == PullRequest("#12", "Round it", forge="github")


SHORT = SHA[:9]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f'Revert "x"\n\nThis reverts commit {SHORT}.', (SHORT,)),
        (f"Revert x\n\nthis reverts commit {SHA}.", (SHA,)),
        (f"Revert x\n\nThis reverts commit {SHA.upper()}.", (SHA,)),
        (f"Revert x\n\nThis reverts\ncommit {SHORT}.", (SHORT,)),
        (f"Revert x\r\n\r\nThis reverts\r\ncommit {SHORT}.", (SHORT,)),
        (f"Revert x\n\nThis reverts r123456 / commit {SHA}", (SHA,)),
        (f"Back out x\n\nThis reverts commit {SHA} which broke the build", (SHA,)),
        (f"revert: x\n\nThis reverts commit {SHORT}", (SHORT,)),
        (f"revert(pay)!: x\n\nRefs: {SHORT}, {SHA[:7]}", (SHORT, SHA[:7])),
        (f"fix: x\n\nRefs: {SHORT}", ()),
        (f"revert: {SHORT}", (SHORT,)),
        (f"Revert commit {SHORT}", (SHORT,)),
        (f"Revert x\n\nReverts commit {SHORT}", (SHORT,)),
        (f"Revert x\n\nThis commit reverts {SHORT}", (SHORT,)),
        (f"Revert x\n\nThis reverts commit `{SHORT}`.", (SHORT,)),
        (f"Revert x\n\nThis reverts https://github.com/a/b/commit/{SHA}.", (SHA,)),
        (f"Revert x\n\nThis reverts commits {SHORT}, {SHA}, and {SHA[:8]}.", (SHORT, SHA, SHA[:8])),
        (f"x\n\nThis partially reverts commit {SHA}.", ()),
        (f"x\n\nThis does what reverts commit {SHA} did.", ()),
        ("Revert decade", ()),
    ],
)
def test_reverts_as_people_write_them(message, expected):
    """A revert is read in the forms that people and tools write, with an abbreviated hash too."""
    assert tuple(f"commit/{sha}" for sha in expected) == messages.reverts(message)


def test_a_subtree_names_its_folder():
    """A squashed subtree names its folder; its merge, and what quotes it, do not."""
    trailers = f"git-subtree-dir: vendor/lib\ngit-subtree-split: {SHA}"
    assert messages.subtree(f"Squashed 'vendor/lib/' content from commit 0123456789\n\n{trailers}\n") == "vendor/lib"
    assert messages.subtree(f"Squashed 'vendor/lib/' changes from 01..02\n\n02 More\n\n{trailers}") == "vendor/lib"
    assert messages.subtree(f"Add 'vendor/lib/' from commit '{SHA}'\n\n{trailers}") is None
    assert messages.subtree(f"Take the library in (#5)\n\n* Squashed 'vendor/lib/' content\n\n{trailers}") is None


MILLION = 1_000_000
HOSTILE = (
    "x\n\n" + "a: b\n\n" * (MILLION // 6), "x\n\n" + "\n \t" * (MILLION // 3), "(#" * (MILLION // 2),
    "Merge pull request '" + "' (" * (MILLION // 3), "Merge pull request #1 in " + "a/" * (MILLION // 2),
    "Merge pull request #1 from " + "a" * MILLION, "Merged in " + "a" * MILLION, "Pull request #1: " + "a " * MILLION,
    "Pull request #1: x\n\n" + "Merge in a/b from " * (MILLION // 18),
    "Pull request #1: x\n\n" + f"Merge in {'a' * 200}/{'b' * 200} from {'c' * 400}\n" * (MILLION // 820),
    "x\n\n" + f"See merge request {'a' * 300}\n" * (MILLION // 320), "x\n\n" + "This reverts commit " * (MILLION // 20),
    "This reverts commit " + "aaaaaaa " * (MILLION // 8), "This reverts commit " + "a" * MILLION,
    f"This reverts https://{'a/' * 100}" * (MILLION // 220), "revert: " + "aaaaaaa, " * (MILLION // 9),
    "revert: x\n\n" + "refs: aaaaaaa, aaaaaaa\n" * (MILLION // 23), "revert(" * (MILLION // 7),
    "fixes " * (MILLION // 6), "fixes " + "#1, " * (MILLION // 4), "fixes " + "a/" * (MILLION // 2),
    f"fixes https://{'a' * 200}/{'b' * 300}-" * (MILLION // 515), "x\n\n" + "co-authored-by: a <b\n" * (MILLION // 21),
    "x\n\nco-authored-by:" + " " * MILLION, "Squashed '" + "a/' " * (MILLION // 4),
    "Squashed 'a/' content from b\n\n" + f"git-subtree-dir: {'a ' * 499}\n" * (MILLION // 1020), "\n" * MILLION,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].replace("\n", " ").strip() + str(len(text)))
def test_a_hostile_megabyte_takes_no_second(text):
    """Every reader reads a megabyte of hostile text in less than a second."""
    for reader in READERS:
        started = time.process_time()
        reader(text)
        assert time.process_time() - started < 1


@pytest.mark.parametrize("count", [10_000, 100_000, 1_000_000])
def test_paragraphs_of_trailers_take_linear_time(count):
    """A message of paragraphs that all look like trailers takes at most some microseconds for each."""
    message = "x\n\n" + "a: b\n\n" * count + "Co-authored-by: A <a@b>"
    started = time.process_time()
    assert trailers.co_authors(message) == (("A", "a@b"),)
    assert time.process_time() - started < 0.2 + count * 5e-6
