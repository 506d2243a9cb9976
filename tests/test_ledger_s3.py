"""The ledger in an object store: a server that speaks S3 on this machine, and everything that a folder can do.

What a test calls `proxy` is the way to the store on which requests can go wrong.
"""

import datetime as dt
import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import boto3
import pytest

from harvester.errors import LedgerError
from harvester.ledger import Changeset, Ledger, by_accounts
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.ledger.delta_table import CommitConflict, files
from harvester.ledger.object_store import wait_for_open_files
from harvester.model.contribution import from_table, to_table
from harvester.model.periods import Period
from tests.ledger_process import ended, started, world_of
from tests.servers.faults import Fault
from tests.servers.s3 import copy, empty, listed, moto, options, post, proxy_of, refused, slow_down

from .rows import row

YEAR = Period(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
OLD_READING = Coverage("hub", WHOLE, None, YEAR, dt.datetime(2026, 9, 1, tzinfo=dt.UTC), "old", ())
NEW_READING = replace(OLD_READING, read_at=dt.datetime(2026, 9, 2, tzinfo=dt.UTC), cursor="new")
PLACE = "s3://bucket/ledger"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture(scope="module")
def way(server):
    with proxy_of(server) as made:
        yield made


@pytest.fixture
def store(server):
    """The address of a store with an empty bucket."""
    empty(server)
    return server


@pytest.fixture
def ledger(store):
    return Ledger.open(PLACE, options=options(store))


@pytest.fixture
def proxy(store, way):
    way.clear()
    return way


def act(number, **values):
    return row(
        **{"id": f"act/{number}", "work_item": f"github.com/org/app#{number}", "closes": (f"PAY-{number}",)} | values
    )


def keep(ledger, *rows, coverage=()):
    return ledger.commit(Changeset("hub", to_table(rows), coverage=coverage))


def ids(ledger, *narrowed):
    return sorted(each.id for each in from_table(ledger.rows(*narrowed)))


def held(ledger):
    rows = from_table(ledger.rows())
    assert len(rows) == len({(each.source, each.scope, each.id) for each in rows})
    return {(each.scope, each.id): each for each in rows}


def titles(ledger):
    return {each.id: each.title for each in from_table(ledger.rows())}


def test_what_was_committed_comes_back_from_another_process(ledger, store):
    rows = [act(1, paths=("a", "b"), additions=3), act(2, account="bob", title="Ü\n'")]
    assert keep(ledger, *rows, coverage=(OLD_READING,)).new == 2
    again = Ledger.open(f"{PLACE}/", create=False, options=options(store))
    assert sorted(from_table(again.rows()), key=lambda each: each.id) == rows
    assert again.coverage() == [OLD_READING]
    assert ids(again, YEAR, by_accounts({"hub": frozenset({"BOB"})})) == ["act/2"]


def test_a_change_replaces_rows_and_what_changes_nothing_commits_nothing(ledger):
    keep(ledger, act(1), act(2))
    counts = keep(ledger, act(2, title="Other"), act(3))
    assert (counts.new, counts.replaced, counts.unchanged) == (1, 1, 0)
    before = ledger.info().commits
    assert keep(ledger, act(2, title="Other")).unchanged == 1
    assert ledger.info().commits == before


def test_two_writers_at_once_lose_nothing(store):
    writers = [Ledger.open(PLACE, options=options(store)) for _ in range(2)]
    start = threading.Barrier(2)

    def write(which):
        start.wait()
        for number in range(3):
            keep(writers[which], act(10 * which + number))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert ids(writers[0]) == sorted(f"act/{10 * which + number}" for which in range(2) for number in range(3))


def test_a_reading_that_was_overtaken_is_refused(ledger, store):
    turn = ledger.source_version("hub")
    keep(Ledger.open(PLACE, options=options(store)), act(1))
    with pytest.raises(CommitConflict):
        ledger.commit(Changeset("hub", to_table([act(2)])), turn)
    assert ids(ledger) == ["act/1"]


def test_who_is_forgotten_is_in_no_file_any_more(ledger, server):
    keep(ledger, act(1, account="zoe-the-forgotten"), act(2, owners=("zoe-the-forgotten",)))
    assert ledger.forget(by_accounts({"hub": frozenset({"zoe-the-forgotten"})})) == 1
    assert ids(ledger) == ["act/2"]
    assert from_table(ledger.rows())[0].owners == ("(forgotten)",)
    assert ledger.info().files == 1
    assert len(listed(server, "ledger/contributions/hub")) == 1


def test_compacting_leaves_the_same_rows_in_fewer_files(ledger):
    keep(ledger, act(1), act(2), act(3))
    keep(ledger, act(4))
    assert ledger.info().files == 2
    assert ledger.compact() == 1
    assert ledger.info().files == 1
    assert ids(ledger) == [f"act/{number}" for number in (1, 2, 3, 4)]


# Two processes


def variables(given):
    """The environment of a process that finds the store by the usual variables."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "GIT_"))} | given


def raced(proxy, ignored):
    """What each of two processes heard that committed on the same version, for each round; and all requests.

    In a round the store ignores conditions or not, as stores did before S3 knew any: who comes last overwrites.
    """
    environ = variables(options(proxy.address()))
    racers = [started("race", PLACE, name, len(ignored), env=environ) for name in ("one", "two")]
    heard, requests = [], []
    for each in ignored:
        assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 2
        requests += proxy.requests()
        proxy.clear(ignores_conditions=each)
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        heard.append(sorted(racer.stdout.readline().strip() for racer in racers))
    for racer in racers:
        racer.communicate(timeout=60)
    return heard, requests


def test_of_two_processes_on_one_version_one_wins(ledger, proxy):
    """Each commit is a PUT that the store refuses where there is one of this version already.

    Where it ignores that, as docs/ledger-on-s3.md warns, both hear that they won, and the rows of one are lost.
    """
    rounds = [False] * 3 + [True] * 6
    heard, requests = raced(proxy, rounds)
    assert heard[:3] == [["lost", "won"]] * 3
    assert ["won", "won"] in heard[3:]
    assert len(ids(ledger)) == len(rounds)
    commits = [each for each in requests if re.match(r"PUT .*/_delta_log/\d+\.json", each.text)]
    assert commits
    assert all(each.is_conditional for each in commits)


@pytest.mark.parametrize("status", [501, 400])
def test_a_store_that_refuses_conditions(ledger, proxy, status):
    proxy.go_wrong(refused(status, "NotImplemented", "A header is not implemented."), "PUT .*_delta_log")
    with pytest.raises(LedgerError, match="cannot be written: the store knows no conditional writes") as caught:
        keep(Ledger(PLACE, options(proxy.address())), act(1))
    assert "docs/ledger-on-s3.md" in caught.value.hint
    assert ids(ledger) == []


def test_two_harvests_of_one_source_on_two_machines(ledger, proxy, tmp_path):
    """The slower one reads again, and nothing is there twice."""
    environ = variables(options(proxy.address()))
    runs = [started("read_world", PLACE, step, "0.004", env=environ | {"HOME": str(tmp_path)}) for step in (3, 5)]
    assert [ended(run) for run in runs] == ["complete", "complete"]
    assert held(ledger) in (world_of(3).seen(), world_of(5).seen())


# A way that breaks


def fault_kinds():
    """What can happen to a request: refused before the store has it, or done and the answer lost."""
    return [
        Fault(act="reset"), slow_down(), Fault(act="reset", after=True), refused(500, "InternalError"),
        replace(slow_down(), after=True), Fault(act="cut", after=True),
    ]  # fmt: skip


@pytest.fixture
def template(store):
    """A ledger of two commits, to be copied."""
    made = Ledger.open("s3://bucket/template", options=options(store))
    keep(made, act(1, title="old"), act(2, title="old"), coverage=(OLD_READING,))
    keep(made, act(3, title="old"), coverage=(OLD_READING,))
    return "template"


OLD_TITLES = {f"act/{number}": "old" for number in (1, 2, 3)}
NEW_TITLES = OLD_TITLES | {"act/1": "new", "act/4": "new"}


def commit_new(ledger):
    return keep(ledger, act(1, title="new"), act(4, title="new"), coverage=(NEW_READING,))


def broken(proxy, action, number, fault, path="", times=1_000_000):
    """What an action says where its requests go wrong from this one on; None where all went well."""
    proxy.clear()
    proxy.go_wrong(fault, path, number, times)
    began, failed = time.monotonic(), None
    try:
        action()
    except LedgerError as error:
        failed = error
    proxy.clear()
    assert time.monotonic() - began < 20
    if failed is None:
        return None
    assert failed.hint
    assert not re.search("Move that folder|secret-of-nobody|AKIANOBODY|\x1b", str(failed))
    return str(failed)


def test_reading_breaks_at_any_request(template, proxy):
    """The whole truth or an error, at every request, whether it fails once or from then on."""
    there = options(proxy.address())
    ledger = Ledger(f"s3://bucket/{template}", there)
    for action, right in (
        (lambda: Ledger.open(ledger.location, create=False, options=there).location, ledger.location),
        (lambda: titles(ledger), OLD_TITLES),
        (ledger.coverage, [OLD_READING]),
        (lambda: ledger.info().rows, {"hub": 3}),
    ):
        proxy.clear()
        assert action() == right
        for number in range(1, len(proxy.requests()) + 1, 5):
            fault = fault_kinds()[number // 5 % 6]
            for times in (1, 1_000_000):
                found = []
                said = broken(
                    proxy, lambda action=action, found=found: found.append(action()), number, fault, "", times
                )
                assert found == [right] if said is None else "cannot be" in said


def test_a_commit_breaks_at_any_request(store, template, proxy):
    """Old rows or new ones, and no coverage of rows that are not there; the next try ends in the new state."""
    copy(store, template, "counted")
    proxy.clear()
    commit_new(Ledger("s3://bucket/counted", options(proxy.address())))
    requests = [each.text for each in proxy.requests()]
    chosen = [place for place, text in enumerate(requests, 1) if not text.startswith(("GET", "HEAD"))]
    for place in chosen:
        fault = fault_kinds()[place % 6]
        copy(store, template, f"case-{place}")
        direct = Ledger(f"s3://bucket/case-{place}", options(store))
        said = broken(
            proxy,
            lambda place=place: commit_new(Ledger(f"s3://bucket/case-{place}", options(proxy.address()))),
            place,
            fault,
        )
        rows, (reading,) = titles(direct), direct.coverage()
        assert rows in (OLD_TITLES, NEW_TITLES)
        assert (reading.cursor, rows) in [
            ("old", OLD_TITLES), (None, NEW_TITLES), ("new", NEW_TITLES),
        ], (place, requests[place - 1], fault)  # fmt: skip
        assert said is not None or reading.cursor == "new"
    commit_new(direct)
    assert titles(direct) == NEW_TITLES


@pytest.mark.parametrize("table", ["contributions", "coverage"])
@pytest.mark.parametrize(
    "fault", [Fault(act="reset", after=True), replace(slow_down(), after=True)], ids=["cut", "503"]
)
def test_a_commit_whose_answer_is_lost_counts_once(template, proxy, store, table, fault):
    """The store has it; the client that asks again hears of a conflict, and that is its own commit."""
    ledger = Ledger(f"s3://bucket/{template}", options(proxy.address()))
    before = ledger.info().commits
    proxy.go_wrong(fault, f"PUT .*{table}/_delta_log/.*json", times=1)
    counts = commit_new(ledger)
    assert (counts.new, counts.replaced) == (1, 1)
    assert titles(ledger) == NEW_TITLES
    assert ledger.coverage() == [NEW_READING]
    assert ledger.info().commits == before + 1
    assert len(listed(store, f"{template}/{table}/_delta_log/")) == 4


@pytest.mark.parametrize("request_", ["POST .*uploads=", "PUT .*partNumber", "POST .*uploadId"])
def test_a_data_file_whose_answer_is_lost(template, proxy, store, request_):
    """It is written again or the commit fails; no commit ever names it twice."""
    ledger = Ledger(f"s3://bucket/{template}", options(proxy.address()))
    said = broken(proxy, lambda: commit_new(ledger), 1, Fault(act="reset", after=True), request_, times=1)
    assert titles(ledger) == (OLD_TITLES if said else NEW_TITLES)
    commit_new(ledger)
    assert titles(ledger) == NEW_TITLES
    assert ledger.info().files == 1


def test_a_store_that_never_answers(template, proxy):
    there = options(proxy.address()) | {"AWS_TIMEOUT": "300ms", "max_retries": "0"}
    ledger = Ledger(f"s3://bucket/{template}", there)
    for path in ("", "parquet"):
        assert "the store does not answer" in broken(proxy, ledger.rows, 1, Fault(act="hang", seconds=1), path)


# Credentials


READING = ["s3:ListBucket", "s3:GetObject"]


def access_key(store, *actions):
    """The key of a user who may do this, of a store that from now on asks who comes."""
    iam = boto3.client(
        "iam", endpoint_url=store, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    iam.create_user(UserName="ada")
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="ada", PolicyName="some", PolicyDocument=policy)
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    post(f"{store}/moto-api/reset-auth", content=b"0")
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


@pytest.fixture
def closed(template, server):
    """A store that asks who comes; the key of somebody who may read."""
    yield options(server) | access_key(server, *READING)
    post(f"{server}/moto-api/reset-auth", content=b"inf")


def test_who_may_only_read_reads(closed, template):
    ledger = Ledger.open(f"s3://bucket/{template}", create=False, options=closed)
    assert titles(ledger) == OLD_TITLES
    with pytest.raises(
        LedgerError, match=r"cannot be written: the credentials may not do that .*AccessDenied"
    ) as caught:
        commit_new(ledger)
    assert "s3:PutObject" in caught.value.hint
    assert titles(ledger) == OLD_TITLES


@pytest.mark.parametrize(
    ("changed", "why", "hint"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "does not accept the credentials .*SignatureDoesNotMatch", "AWS_PROFILE"),
        ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, "does not accept the credentials .*InvalidAccessKeyId", "AWS_PROFILE"),
        ({"AWS_SECRET_ACCESS_KEY": None}, "no credentials were found", "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "the store does not answer", "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "example.org"}, "AWS_ENDPOINT_URL is not a web address", "https://"),
        ({"AWS_ENDPOINT_URL": "https://ada:s3cret@example.org"}, "AWS_ENDPOINT_URL is not a web address", "password"),
        ({"AWS_ALLOW_HTTP": None}, "AWS_ENDPOINT_URL begins with http://", "AWS_ALLOW_HTTP"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit(closed, template, changed, why, hint):
    given = {name: value for name, value in (closed | changed).items() if value is not None}
    for create in (False, True):
        with pytest.raises(LedgerError, match=why) as caught:
            Ledger.open(f"s3://bucket/{template}", create=create, options=given)
        assert hint in caught.value.hint
        assert not any(value in str(caught.value) for name, value in given.items() if "KEY" in name)
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["s3://", "s3:"])
def test_a_url_without_a_bucket(url, tmp_path, monkeypatch):
    """It is no folder of that name either."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LedgerError, match="names no bucket"):
        Ledger.open(url)
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_is_not_there(store):
    for create in (False, True):
        with pytest.raises(LedgerError, match="there is no such bucket"):
            Ledger.open("s3://another/ledger", create=create, options=options(store))


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (refused(400, "ExpiredToken", "The provided token has expired."), "the credentials have expired"),
        (refused(403, "RequestTimeTooSkewed"), "the clock of this machine"),
        (Fault(301), "the bucket is in another region"),
        (refused(400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong"), "in another region"),
        (Fault(200, "<html>Sign in to this network</html>"), "There is no ledger|what answers is no store"),
    ],
)  # fmt: skip
def test_what_a_store_may_answer(template, proxy, fault, why):
    proxy.go_wrong(fault)
    with pytest.raises(LedgerError, match=why):
        Ledger.open(f"s3://bucket/{template}", create=False, options=options(proxy.address()))


# The command


@pytest.fixture
def harvester(tmp_path):
    """Runs the command in a folder with a repository of one commit, with what the environment says of the store."""
    plain = variables({"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)})
    work = ["commit", "-q", "--allow-empty", "-m", "Work"]
    name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for command in (["init", "-q", "repo"], [*name, "-C", "repo", *work]):
        subprocess.run(["git", *command], check=True, env=plain, cwd=tmp_path)
    (tmp_path / "harvester.toml").write_text(
        "[people.me]\nemails = ['ada@example.org']\n[ledger]\nlocation = 's3://bucket/team/ledger'\n"
        "[sources.git]\nconnector = 'git'\nrepositories = ['repo']\n"
    )

    def run(environ, *arguments):
        command = [sys.executable, "-m", "harvester", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=plain | environ, capture_output=True, text=True)

    return run


def test_the_command_finds_the_store_by_the_environment(harvester, store, tmp_path):
    given = options(store)
    before = harvester(given, "doctor")
    assert (before.returncode, "there is no ledger yet" in before.stdout) == (0, True)
    assert harvester(given, "harvest", "--period", "2020-01-01..2040-01-01").returncode == 0
    assert len(Ledger.open("s3://bucket/team/ledger", create=False, options=given).rows()) == 1
    assert not (tmp_path / ".harvester").exists()

    secret, key = given.pop("AWS_SECRET_ACCESS_KEY"), given.pop("AWS_ACCESS_KEY_ID")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        f"[team]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    )
    (tmp_path / "token").write_text("a-token-of-mine")
    role = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/me"}
    for way in ({"AWS_PROFILE": "team"}, role):
        shown = harvester(given | way, "ledger", "info")
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "s3://bucket/team/ledger" in shown.stdout


@pytest.mark.parametrize("command", [["ledger", "info"], ["harvest"], ["report"], ["doctor"]])
def test_a_command_without_credentials_says_so(harvester, store, command):
    """Never that there is no work."""
    nowhere = {"AWS_ENDPOINT_URL": store, "AWS_ALLOW_HTTP": "true", "AWS_EC2_METADATA_DISABLED": "true"}
    shown = harvester(nowhere, *command)
    assert shown.returncode == 1
    assert "no credentials were found" in shown.stderr + shown.stdout
    assert "AWS_PROFILE" in shown.stderr + shown.stdout


def test_the_end_waits_for_who_still_has_a_file(ledger):
    """Arrow's threads let go of a file later than the read returns."""
    keep(ledger, act(1))
    (name,) = [file.path for file in files(ledger._rows.load())]
    has_it, may_go = threading.Event(), threading.Event()

    def hold():
        handle = ledger._rows.filesystem.open_input_file(name)
        has_it.set()
        may_go.wait()
        handle.close()

    holder = threading.Thread(target=hold)
    holder.start()
    has_it.wait()
    assert not wait_for_open_files(0.01)
    may_go.set()
    assert wait_for_open_files()
    holder.join()
