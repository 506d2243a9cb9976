"""Ladders are read from the shapes in which they are published, and nothing hostile in a file does harm."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.errors import ConfigError, UnknownError
from harvester.ladders import markdown_ladder, shapes, yaml_text
from harvester.ladders.choose import find_levels, find_role
from harvester.ladders.model import Ladder, LadderCriterion, Level
from harvester.ladders.read import parse_ladder, read_ladder
from harvester.ladders.shipped import SHIPPED, shipped_ladder

FT = """
name: Engineering
summary: |
  Competencies for engineers.
levels:
  - id: engineer
    name: Engineer
  - id: senior-1
    name: Senior Engineer 1
themes:
  - id: technical
    name: Technical
    summary: Shares expertise.
competencies:
  - id: 1ce54b83-4e0a-4f88-b9db-e2a99ff3ec53
    level: senior-1
    theme: technical
    summary: |
      1. Writes clear code.
      2. Considers performance.
    proficiency: Foundational
  - id: 8fab36c8-90b8-4371-98b8-2cea36d4522b
    level: engineer
    theme: technical
    summary: Writes code\u200b.
    proficiency: Awareness
"""
MONZO = """---
path: "/engineering/backend"
title: "🛠️ Backend Engineering Framework"
levels: 6
topics:
  - name: "mastery-analytics"
    title: "📈 Mastery - Data Analytics"
    content:
      - level: 10
        exampleCriteria:
          - criteria: "Implements RPC handlers"
            examples:
              - "Basic CRUD handlers"
              - "API proxies"
  - name: "communication"
    title:
    content:
      - level: 2
        criteria:
          - "Accepts feedback: graciously"
          - "Gives feedback"
        exampleCriteria:
---
### About our frameworks
- not a criterion
"""
DEVELOPER = """
# Developer

| Level | Position |
| :---: | :---: |
| 1 | [D1](#d1) |

## D1 - Developer 1

<picture><img alt="x" src="x.png"></picture>

* **Adopts**: actively learns the [tools](https://example.org) of
  the `team`
  * which is more about it

## D2: Developer 2

Some words about it.

1. **Designs**: designs **large** features
2. Reviews

```
* no criterion
```

# Other Pages

* [Introduction](README.md)
"""
DESIGN = (
    "---\ntitle: x\nyaml: false\n---\n## Level 1\n\nIn general.\n\n### Knowledge\n\nYou are early on.\n\nAnd more.\n"
)
IMPACT = """
id: delivery
name: Delivery
skills:
  - name: Task Completion
    human:
      proficiencyDescriptions:
        awareness: You complete
          tasks.
        working: You own them.
"""
LEVELS = "- id: J040\n  professionalTitle: Level I\n  expectations:\n    impactScope: Tasks\n"
OWN = {
    "title": "Acme", "source": "https://example.org", "levels": [{"name": "l1", "title": "One"}, {"name": "l2"}],
    "criteria": [
        {"text": "Tests", "level": "one", "theme": "Code", "roles": "backend"},
        {"text": "Listens", "level": "l2", "name": "listens"},
        {"text": "Is kind"},
    ],
}  # fmt: skip


def parsed(text, suffix):
    return parse_ladder(text, suffix, Path(f"ladder{suffix}"))


def facts(ladder):
    """The level, the theme and the text of each criterion."""
    return [(each.level, each.theme, each.text) for each in ladder.criteria]


def test_the_financial_times_shape_is_read():
    ladder = parsed(FT, ".yml")
    assert (ladder.title, ladder.roles) == ("Engineering", ())
    assert ladder.levels == (Level("engineer", "Engineer"), Level("senior-1", "Senior Engineer 1"))
    assert facts(ladder) == [
        ("senior-1", "Technical", "1. Writes clear code. 2. Considers performance."),
        ("engineer", "Technical", "Writes code."),
    ]
    assert facts(parsed(json.dumps(yaml_text.parse_yaml(FT, Path("x"))), ".json")) == facts(ladder)


def test_monzos_front_matter_is_read():
    """Levels in the order of their numbers; pictures in titles and examples are left out, and examples counted."""
    ladder = parsed(MONZO, ".md")
    assert ladder.title == "Backend Engineering Framework"
    assert ladder.levels == (Level("L2", "Level 2"), Level("L10", "Level 10"))
    assert facts(ladder) == [
        ("L10", "Mastery - Data Analytics", "Implements RPC handlers"),
        ("L2", "Communication", "Accepts feedback: graciously"),
        ("L2", "Communication", "Gives feedback"),
    ]
    assert ladder.left_out == "2 examples"


def test_a_list_under_each_level_is_read():
    ladder = parsed(DEVELOPER, ".md")
    assert ladder.title == "Developer"
    assert ladder.levels == (Level("d1", "D1 - Developer 1"), Level("d2", "D2: Developer 2"))
    assert facts(ladder) == [
        ("d1", "Adopts", "actively learns the tools of the team"),
        ("d1", "", "which is more about it"),
        ("d2", "Designs", "designs large features"),
        ("d2", "", "Reviews"),
    ]


def test_paragraphs_under_a_theme_are_read():
    ladder = parsed(DESIGN, ".markdown")
    assert ladder.levels == (Level("level-1", "Level 1"),)
    assert facts(ladder) == [("level-1", "Knowledge", "You are early on."), ("level-1", "Knowledge", "And more.")]


def test_forward_impacts_shapes_are_read():
    assert facts(parsed(IMPACT, ".yaml")) == [
        ("awareness", "Task Completion", "You complete tasks."),
        ("working", "Task Completion", "You own them."),
    ]
    ladder = parsed(LEVELS, ".yaml")
    assert ladder.levels == (Level("j040", "Level I"),)
    assert facts(ladder) == [("j040", "Impact scope", "Tasks")]


def test_our_own_shape_is_read():
    """Levels by name or title; what has no level is asked at each, what has no role of everybody."""
    ladder = parsed(json.dumps(OWN), ".json")
    assert ladder.levels == (Level("l1", "One"), Level("l2", "l2"))
    assert facts(ladder) == [("l1", "Code", "Tests"), ("l2", "", "Listens"), ("", "", "Is kind")]
    assert [each.name for each in ladder.chosen(ladder.levels, "backend")] == ["is-kind", "l1-tests", "listens"]
    assert [each.text for each in ladder.chosen(ladder.levels[:1], "web")] == ["Is kind"]
    assert [ladder.count("l1", role) for role in ("backend", "web", None)] == [2, 1, 2]
    plain = parsed('[[criteria]]\ntext = "a"\nlevel = "B c"\n[[criteria]]\ntext = "d"\nlevel = "A"\n', ".toml")
    assert plain.levels == (Level("b-c", "B c"), Level("a", "A"))


def test_a_file_is_named_as_the_source(tmp_path):
    (tmp_path / "Ladder.YML").write_text("\ufeff" + FT.replace("\n", "\r\n"), encoding="utf-8")
    ladder = read_ladder(tmp_path / "Ladder.YML")
    assert (ladder.title, ladder.source, len(ladder.criteria)) == ("Engineering", "Ladder.YML", 2)
    with pytest.raises(ConfigError, match=r"a ladder is read from \.toml, \.json"):
        read_ladder(tmp_path / "ladder.txt")


def test_names_say_what_is_asked():
    """By theme where no level asks for two things under one; a name that two come to ends in a number."""
    one = Ladder("", (), (LadderCriterion("Writes code", "s-1", "Technical & Code"),))
    two = Ladder("", (), tuple(LadderCriterion(text, "L1", "Code") for text in ("Write it", "Write: it", "测试")))
    assert [each.name for each in one.chosen([Level("s-1", "")], None)] == ["s-1-technical-code"]
    assert [each.name for each in two.chosen([Level("L1", "")], None)] == [
        "l1-write-it",
        "l1-write-it-2",
        "l1-criterion",
    ]


# Counted from the originals by another program; docs/decisions/ladders.md has the commits.
COUNTS = {
    ("ft", None): [9] * 8,
    ("monzo", "backend"): [8, 21, 26, 37, 32, 11],
    ("monzo", "web"): [13, 29, 30, 42, 33, 18],
    ("monzo", "mobile"): [12, 27, 19, 34, 27, 8],
    ("monzo", "data"): [19, 18, 18, 41, 30, 15],
    ("monzo", "quality"): [13, 23, 19, 0, 0, 0],
}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_whole(name):
    """As many criteria at each level as the originals have, each name once, the licence and where it is from."""
    ladder = shipped_ladder(name)
    counted = {key: each for key, each in COUNTS.items() if key[0] == name}
    assert {(name, role) for role in ladder.roles or (None,)} == set(counted)
    for (_, role), numbers in counted.items():
        assert [len(ladder.chosen([level], role)) for level in ladder.levels] == numbers
        assert [ladder.count(level.name, role) for level in ladder.levels] == numbers
    names = [each.name for each in ladder.chosen(ladder.levels, None)]
    assert len(names) == len(set(names)) == len(ladder.criteria) == {"ft": 72, "monzo": 341}[name]
    assert "Permission is hereby granted" in ladder.licence
    assert ladder.credit.startswith("MIT License, Copyright (c) 2019 ")
    assert ladder.source.startswith("https://github.com/")
    with pytest.raises(KeyError):
        shipped_ladder("acme")


def test_a_level_is_found_by_what_people_write():
    ladder = shipped_ladder("monzo")

    def names(words):
        return [each.name for each in find_levels(ladder, words)]

    assert names("L4") == names("l4") == names("4") == names("Level 4") == ["L4"]
    assert names("L4..L5") == names("4 .. level 5") == ["L4", "L5"]
    assert names("L5..") == names("5..6") == ["L5", "L6"]
    assert names("..2") == ["L1", "L2"]
    assert [each.name for each in find_levels(shipped_ladder("ft"), "engineer..Senior Engineer 1")] == [
        "engineer", "senior-1",
    ]  # fmt: skip
    assert find_role(ladder, "Backend") == "backend"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: find_levels(shipped_ladder("ft"), "senor-1"), "no level 'senor-1' .*; did you mean 'senior-1'"),
        (lambda: find_levels(shipped_ladder("ft"), "1"), "no level '1'"),
        (lambda: find_levels(shipped_ladder("monzo"), "L5..L4"), "'Level 5' comes after 'Level 4'"),
        (lambda: find_levels(shipped_ladder("monzo"), "L4..L9"), "no level 'L9'"),
        (lambda: find_levels(shipped_ladder("monzo"), "L4...L5"), "no level '.L5'"),
        (lambda: find_levels(parsed('criteria = [{text = "a"}]', ".toml"), "L1"), "has no levels"),
        (lambda: find_role(shipped_ladder("ft"), "backend"), "has no roles"),
        (lambda: find_role(shipped_ladder("monzo"), "bakend"), "did you mean 'backend'"),
    ],
)
def test_what_is_not_found_is_said(call, message):
    with pytest.raises(UnknownError, match=message):
        call()


BOMB = "a: &a [x, x]\n" + "".join(
    f"{one}: &{one} [*{other}, *{other}]\n" for other, one in itertools.pairwise("abcdefgh")
)
HOSTILE = {
    "alias": (".yaml", BOMB, "line 2: an alias .* is not read"),
    "tag": (".yaml", "!!python/object/apply:os.system [exit]", "no shape of a ladder that is known; it has no keys"),
    "object": (".yaml", "criteria: !!python/name:os.system x", "criteria: input should be a valid list"),
    "flow": (".yaml", "[" * 100_000, "line 1: this is nested more than 32 deep"),
    "block": (".yaml", "- " * 100_000, "line 1: this is nested more than 32 deep"),
    "key twice": (".yaml", "criteria: []\ncriteria: []\n", "line 2: the key 'criteria' is here twice"),
    "key that is a list": (".yaml", "[a]: b", "line 1: found unhashable key"),
    "two documents": (".yaml", "a: b\n---\nc: d\n", "line 2: but found another document"),
    "no yaml": (".yaml", "a: b: c", "line 1: mapping values are not allowed here"),
    "control character": (".yaml", "a: \0", "this is not YAML: unacceptable character"),
    "empty": (".yaml", "", "it has no keys"),
    "large yaml": (".yml", "#" * (yaml_text.LARGEST + 1), "is too large"),
    "front matter": (".md", "---\ntopics: [\n---\n", "line 3: expected the node content|line 3: "),
    "large markdown": (".md", "#" * (markdown_ladder.LARGEST + 1), "is too large"),
    "long item": (".md", "---\na: b\n---\n## A\n\n- " + "x" * 2_001, "line 6: this text has more than 2,000"),
    "no list": (".md", "## Delivery\n\nManagers face pressure.\n\n# Other\n\n- x\n", "no criterion was found"),
    "json": (".json", "{", "line 1: this is not JSON"),
    "deep json": (".json", "[" * 100_000, "nested more than 32 deep"),
    "number": (".json", "9" * 5_000, "too many digits"),
    "long text": (".json", json.dumps({"criteria": [{"text": "x" * 2_001}]}), r"\[1\]\.text: this text has more"),
    "half a letter": (".json", '{"criteria": [{"text": "\\ud800"}]}', "this text is empty"),
    "truth": (".json", '{"criteria": [{"text": true}]}', r"criteria\[1\]\.text: write a text here"),
    "no criteria": (".json", '{"criteria": []}', "no criterion was found"),
    "rule": (".toml", "[[criteria]]\ntext = 'a'\n[criteria.match]\n", r"criteria\[1\]\.match: there is no such key"),
    "level": (".toml", "levels = [{name = 'l1'}]\ncriteria = [{text = 'a', level = 'l'}]", "there is no level 'l'"),
    "two levels": (".toml", "levels = [{name = 'a'}, {name = 'A'}]\ncriteria = [{text = 'a'}]", "two levels are"),
    "theme": (".yaml", FT.replace("theme: technical", "theme: tecnical"), r"\[1\]\.theme: .*mean 'technical'"),
    "a list": (".yaml", "- id: x\n- y\n", "no shape of a ladder"),
    "skills": (".yaml", "name: a\nskills: [{name: b}]", r"skills\[1\]\.human: this key is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_ladder_is_an_error(name):
    """With what was expected and where, and without taking long."""
    suffix, text, message = HOSTILE[name]
    with pytest.raises(ConfigError, match=message) as raised:
        parsed(text, suffix)
    assert raised.value.message.startswith(f"ladder{suffix}")


def test_too_many_criteria_and_levels_are_refused():
    many = {"criteria": [{"text": "a"}] * (shapes.MOST_CRITERIA + 1)}
    with pytest.raises(ConfigError, match="it has 5,001 criteria"):
        parsed(json.dumps(many), ".json")
    many = {"criteria": [{"text": "a", "level": f"l{number}"} for number in range(shapes.MOST_LEVELS + 1)]}
    with pytest.raises(ConfigError, match="it has 201 levels"):
        parsed(json.dumps(many), ".json")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([".yaml", ".json", ".toml", ".md"]),
    st.lists(
        st.sampled_from(
            ["criteria", "topics", "skills", "levels", "competencies", "text", ": ", "\n", "  ", "- ", "[", "]", "{",
             "}", '"', "'", "&a ", "*a ", "---\n", "## a\n", "### b\n", "**", "`", "[[criteria]]\n", 'text = "a"\n',
             "! ", "? "]
        ) | st.text(max_size=3),
        max_size=30,
    ),
)  # fmt: skip
def test_any_text_is_a_ladder_or_an_error(suffix, pieces):
    try:
        ladder = parsed("".join(pieces), suffix)
    except ConfigError:
        return
    assert ladder.criteria
