"""The Action and the GitLab component, unattended: months in a row, with a fault in each, and the issues they leave."""

import datetime as dt
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.connectors.fetches import on
from tests.publishing.places import TEAM, github_place, gitlab_place
from tests.publishing.runner import ACTION, HEAD, JOB, ROOT, Action, Component, Machine, component_job
from tests.servers.faults import Fault

REPORT = "digest"
GOLDEN = Path(__file__).parent / "months"
CONFIG = """\
[me]
person = "alice"
timezone = "UTC"
[people.alice]
name = "Alice"
accounts = {{ {forge} = "alice" }}
[people.bob]
name = "Bob"
accounts = {{ {forge} = "bob" }}
[teams.payments]
members = ["alice", "bob"]
[sources.{forge}]
connector = "{forge}"
url = "{url}"
token = "env:{variable}"
{scope}
"""
PRELUDE = {"report": REPORT, "team": "payments"}


def at(month: int, day: int = 2) -> dt.datetime:
    return dt.datetime(2026, month, day, 6, tzinfo=dt.UTC)


def configured(place) -> dict[str, str]:
    scope = 'organisations = ["acme"]' if place.is_github else 'groups = ["acme"]'
    variable = f"{place.kind.upper()}_TOKEN"
    return {"harvester.toml": CONFIG.format(forge=place.kind, url=place.server.url, variable=variable, scope=scope)}


def months(place) -> None:
    """Work of two people in three months; a title is a workflow command, and another mentions everybody."""
    make = place.world.pull if place.is_github else place.world.merge_request
    for month in (1, 2, 3):
        for day, author in enumerate(("alice", "bob", "alice"), 3):
            titles = {3: "::add-mask::e", 4: "Thank @everyone ##[group]", 5: f"Pay in month {month}"}
            more = {"merged_by": "alice"}
            make("acme/pay", author, on(month, day), merged=on(month, day + 5), title=titles[day], **more)
    if not place.is_github:
        place.world.group("acme")


@pytest.fixture(params=["github", "gitlab"])
def ci(request, tmp_path_factory):
    """A place with work, a machine, and what runs there."""
    with (github_place if request.param == "github" else gitlab_place)() as place:
        months(place)
        machine = Machine(tmp_path_factory.mktemp("m"), at(2))
        kind = Action if place.is_github else Component
        yield place, machine, kind(machine, place.server.url, TEAM, place.server.token)


def run(ci, now: dt.datetime, **inputs: str) -> int:
    """A run with a configuration of another name, which an input says."""
    place, machine, recipe = ci
    machine.now = place.world.now = now
    return recipe.run({"work.toml": configured(place)["harvester.toml"]}, config="work.toml", **PRELUDE, **inputs)


def texts(place) -> list[str]:
    """The published issues in their order, with nothing of the server's address in them."""
    found = [each for each in place.issues if place.body(each).startswith("<!-- published")]
    return [re.sub(r"localhost:\d+", "localhost", f"{each['title']}\n\n{place.body(each)}") for each in found]


def down(asked) -> Fault | None:
    """A service that answers no question about work, and still takes issues."""
    return Fault(503) if (asked.query and "viewer { login } }" not in asked.query) or "/events" in asked.path else None


def test_three_months_in_a_row(ci):
    """A limit, then an outage, then a lost cache: three issues, each true, complete or saying what is missing."""
    place, machine, _ = ci
    limit = Fault(429, "", {"retry-after": "30"})
    place.server.script(None, limit)
    assert run(ci, at(2)) == 0
    assert machine.waited == [30]

    place.server.rule = down
    assert run(ci, at(3)) == 3
    assert len(texts(place)) == 2
    assert "Incomplete" in texts(place)[1]
    place.server.rule = lambda asked: None
    assert run(ci, at(3, 9)) == 0
    assert "Incomplete" not in texts(place)[1]

    machine.cache.clear()
    assert run(ci, at(4)) == 0
    found = texts(place)
    writes = len(place.writes())
    assert run(ci, at(4, 6)) == 0
    assert (texts(place), len(place.writes())) == (found, writes)
    for number, text in enumerate(found, 1):
        golden = GOLDEN / f"{place.kind}-2026-0{number}.md"
        if os.environ.get("REWRITE"):
            golden.write_text(text)
        assert text == golden.read_text()
    assert place.server.token not in machine.log
    assert [line for line in machine.log.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []
    assert not re.search("(?<!\u2060)@everyone", "".join(found))


def test_a_strangers_words_in_an_input_are_words(ci):
    """What a workflow passes on is one argument, whatever is in it."""
    place, machine, _ = ci
    machine.now = place.world.now = at(2)
    status = ci[2].run(configured(place), report="$(touch pwned) `touch pwned`; touch pwned", team='"; touch pwned; "')
    assert status == 1
    assert list(machine.folder.rglob("pwned")) == []
    assert "Unknown report" in machine.log


@pytest.mark.parametrize(
    "text",
    ["", "2026-07", "2026-07-01", "true", "07", "a: b", "a # b", "'", '"; x "', "- x", "{", "* &", "@x", "`", "\\n"],
)
def test_an_input_of_the_component_stays_text(text):
    """GitLab puts it into the YAML as it is, and refuses a variable that is no text or number there."""
    names = ("report", "period", "team", "person", "to", "config")
    variables = component_job(dict.fromkeys(names, text) | {"commit": "0" * 40})["variables"]
    assert [variables[f"HARVESTER_{name.upper()}" if name == "config" else name.upper()] for name in names] == [
        text
    ] * 6
    assert (variables["EVERYONE"], variables["PUBLIC"], variables["HARVESTER_COMMIT"]) == ("false", "false", "0" * 40)
    assert all(type(each) in (str, int) for each in variables.values())


@pytest.fixture
def actions(tmp_path):
    with github_place() as place:
        months(place)
        machine = Machine(tmp_path, at(2))
        yield place, machine, Action(machine, place.server.url, TEAM, place.server.token)


def test_a_public_repository_keeps_no_private_work(actions):
    """Forks' pull requests can read its cache, so nothing is kept, and the log says so. The issue needs `public`."""
    place, machine, _ = actions
    place.world.repositories[TEAM]["isPrivate"] = False
    place.world.repositories["acme/pay"]["isPrivate"] = True
    assert run(actions, at(2)) == 1
    assert "--public" in machine.log
    assert run(actions, at(2), public="true") == 0
    assert machine.cache == {}
    assert "not kept" in machine.log
    assert len(texts(place)) == 1


def test_a_public_repository_keeps_public_work(actions):
    place, machine, _ = actions
    place.world.repositories[TEAM]["isPrivate"] = False
    assert run(actions, at(2), public="true") == 0
    assert len(machine.cache) == 1


def test_nothing_is_kept_where_nobody_says_who_reads(actions):
    """Where the service does not say whether the repository is private, it counts as public."""
    place, machine, _ = actions
    place.world.repositories["acme/pay"]["isPrivate"] = True
    place.server.rule = lambda asked: (
        Fault(404, "{}")
        if asked.path == f"/api/v3/repos/{TEAM}" and asked.headers.get("User-Agent", "").startswith("curl")
        else None
    )
    assert run(actions, at(2)) == 0
    assert machine.cache == {}


def test_who_reads_the_cache_is_asked_with_its_own_token(actions):
    """The token that publishes may be one that sees the other repository alone."""
    place, machine, _ = actions
    place.world.repositories["acme/pay"]["isPrivate"] = True
    assert run(actions, at(2)) == 0
    assert run(actions, at(2), token="another") == 1
    assert len(machine.cache) == 2


def test_a_ledger_elsewhere_is_not_kept(actions):
    assert run(actions, at(2), ledger="") == 0
    assert actions[1].cache == {}


@pytest.mark.parametrize("make_place", [github_place, gitlab_place])
def test_a_month_of_twenty_people_needs_few_requests(tmp_path, make_place):
    """Ten repositories, 200 pull requests with a review each: at most 40 with a ledger, three times that without.

    With a ledger is in the next month, with as much new work.
    """
    people = [f"p{number}" for number in range(20)]

    def work(place, month):
        for number in range(200):
            author, reviewer = people[number % 20], people[(number + 7) % 20]
            made, reviewed = on(month, 1 + number % 25), on(month, 2 + number % 25)
            more = {"merged": on(month, 3 + number % 25), "merged_by": reviewer}
            if place.is_github:
                reviews = [(reviewer, "APPROVED", reviewed)]
                place.world.pull(f"acme/r{number % 10}", author, made, reviews=reviews, **more)
            else:
                place.world.merge_request(
                    f"acme/r{number % 10}", author, made, approvals=[(reviewer, reviewed)], **more
                )

    with make_place() as place:
        if not place.is_github:
            place.world.group("acme")
        config = configured(place)["harvester.toml"].replace('["alice", "bob"]', str(people).replace("'", '"'))
        config += "".join(f'[people.{each}]\naccounts.{place.kind} = "{each}"\n' for each in people)
        machine, counts = Machine(tmp_path, at(2)), []
        recipe = (Action if place.is_github else Component)(machine, place.server.url, TEAM, place.server.token)
        for month in (1, 2):
            work(place, month)
            machine.now = place.world.now = at(month + 1)
            before = len(place.server.asked)
            assert recipe.run({"harvester.toml": config}, **PRELUDE) == 0
            counts.append(len(place.server.asked) - before)
    assert all(re.search("200 (pull|merge) requests", each) for each in texts(place))
    assert (counts[0] <= 120, counts[1] <= 40, len(texts(place))) == (True, True, 2), counts


@pytest.mark.parametrize("incomplete", [False, True])
def test_the_script_for_cron(actions, incomplete):
    """From a folder with the configuration: the issue is there, and exit status 3 says that work is missing."""
    place, machine, _ = actions
    clone = machine.checkout(configured(place))
    (clone / "token").write_text(f"{place.server.token}\n")
    place.server.rule = down if incomplete else place.server.rule
    place.world.now = machine.now
    with machine.serving() as program:
        environ = {
            "PATH": f"{program.parent}:{os.environ['PATH']}", "DIGEST_HOME": str(clone),
            "GITHUB_TOKEN": place.server.token,
            "DIGEST_TO": f"github-issue:{place.server.url}/{TEAM}", "DIGEST_TOKEN": str(clone / "token"),
        }  # fmt: skip
        script = (ROOT / "docs" / "ci" / "digest.sh").read_text("utf-8")
        assert machine.shell(["sh", "-s"], script, clone, environ) == (3 if incomplete else 0)
    assert machine.log.splitlines()[-1].startswith("Created issue 'payments – digest, January 2026'")
    assert ("Incomplete" in texts(place)[0]) == incomplete


def workflows():
    return [ROOT / "action.yml", *sorted((ROOT / "docs" / "ci").glob("*.yml"))]


@pytest.mark.parametrize("path", workflows(), ids=lambda path: path.name)
def test_no_expression_is_in_a_script(path):
    """Inputs reach a script through variables only, and everything that is used has a commit."""
    loaded = yaml.safe_load(path.read_text("utf-8"))
    jobs = loaded.get("jobs", {"": loaded.get("runs")}).values()
    steps = [step for job in jobs for step in job["steps"]]
    assert steps
    assert [step for step in steps if "${{" in step.get("run", "")] == []
    assert [step["uses"] for step in steps if "uses" in step and not re.search("@[0-9a-f]{40}$", step["uses"])] == []
    if "jobs" in loaded:
        assert loaded["permissions"] == {}
        assert all(job["permissions"].get("contents") == "read" for job in jobs)
        lines = path.read_text("utf-8").splitlines()
        granted = [line for line in lines if re.match(r" {6}[\w-]+: (read|write)\b", line)]
        assert granted
        assert all("# to " in line for line in granted)


def test_every_input_is_used_and_described():
    """In both recipes, under the same names."""
    shared = {"report", "period", "team", "person", "everyone", "to", "public", "config"}
    assert shared <= set(ACTION["inputs"]) & set(HEAD["spec"]["inputs"])
    text = (ROOT / "action.yml").read_text("utf-8")
    assert all(f"inputs.{name}" in text.partition("\nruns:")[2] for name in ACTION["inputs"])
    script = yaml.safe_dump(JOB)
    assert all(f"inputs.{name} " in script for name in HEAD["spec"]["inputs"])
    assert "$[[" not in str(JOB["harvester-digest"]["script"]) + str(JOB["harvester-digest"]["before_script"])
    known = {**ACTION["inputs"], **HEAD["spec"]["inputs"]}
    assert [name for name, each in known.items() if not each.get("description")] == []


def test_every_script_is_shell():
    """What installs, too, which no test runs."""
    job = JOB["harvester-digest"]
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    for shell, script in [
        *(("bash", each) for each in scripts),
        ("sh", "\n".join(job["before_script"] + job["script"])),
    ]:
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_the_component_tests_itself():
    """At its own commit, with inputs that it has."""
    own = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text("utf-8"))
    (included,) = own["include"]
    assert included["component"].endswith("/digest@$CI_COMMIT_SHA")
    assert set(included["inputs"]) <= set(HEAD["spec"]["inputs"])
    assert "harvester-digest" in own
    assert {name for name, each in HEAD["spec"]["inputs"].items() if "default" not in each} == {"commit"}


def test_the_test_of_the_component_passes(tmp_path):
    """In a clone as ours is, without a configuration, it leaves the file that the job keeps."""
    own = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text("utf-8"))
    machine = Machine(tmp_path, at(2))
    inputs = {name: value if isinstance(value, str) else "true" for name, value in own["include"][0]["inputs"].items()}
    status = Component(machine, "https://gitlab.example", "tools/harvester", "").run({"README.md": "A\n"}, **inputs)
    assert status == 0, machine.log
    (kept,) = own["harvester-digest"]["artifacts"]["paths"]
    assert "Begin" in (tmp_path / "job-1" / "clone" / kept).read_text()


def test_what_is_installed_is_what_we_need():
    """The list of hashes has each dependency in a version that we take, and names no registry."""
    from packaging.requirements import Requirement

    text = (ROOT / ".ci" / "requirements.txt").read_text("utf-8")
    assert "://" not in text
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", text, re.MULTILINE))
    assert len(re.findall(r"^[a-z]", text, re.MULTILINE)) == len(pinned)
    assert all(len(each.split("--hash=sha256:")) > 1 for each in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:])
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    needed = re.findall(r'^    "([^"]+)",$', project.partition("\ndependencies = [")[2].partition("]")[0], re.MULTILINE)
    for each in map(Requirement, [*needed, "setuptools>=77"]):
        if each.marker is None or each.marker.evaluate():
            assert each.specifier.contains(pinned[each.name.casefold()]), each


def test_what_we_need_needs_is_pinned_too():
    """pip refuses a list with hashes that lacks a dependency of a dependency; seen where our version is the list's."""
    from importlib.metadata import requires, version

    from packaging.requirements import Requirement

    text = (ROOT / ".ci" / "requirements.txt").read_text("utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    needed = re.findall(r'^    "([^"]+)",$', project.partition("\ndependencies = [")[2].partition("]")[0], re.MULTILINE)
    left, seen = [*map(Requirement, needed)], set()
    while left:
        each = left.pop()
        name = re.sub("[-_.]+", "-", each.name).casefold()
        if (name, *each.extras) in seen or not (each.marker is None or each.marker.evaluate({"extra": ""})):
            continue
        seen.add((name, *each.extras))
        assert name in pinned, each
        if version(name) == pinned[name]:
            found = map(Requirement, requires(name) or ())
            wanted = each.extras or {""}
            for one in found:
                if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in wanted):
                    one.marker = None
                    left.append(one)
    assert len(seen) > len(needed)
