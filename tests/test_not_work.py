"""Files whose lines are not work: by name, by a repository's attributes, and by what is configured."""

import pathspec
import pytest

from harvester.sdk.not_work import NOT_WORK, configured, is_work, regex
from harvester.sdk.plugins import load_connector, settings_model
from harvester.sdk.sizes import NOTHING, Size, without_others

GENERATED, VENDORED = "linguist-generated", "linguist-vendored"
PLACES = (
    "uv.lock", "a/yarn.lock", "package-lock.json", "web/package-lock.json", "go.sum", "ui/__snapshots__/a.snap",
    "a.snap", "static/site.min.js", "api/x_pb2.py", "vendor/lib/a.c", "a/vendor/b.go", "node_modules/x/y.js",
    "third_party/z", "Godeps/_workspace/a", "b/Godeps/_workspace/a", "Godeps/Godeps.json",
    "zz_generated.deepcopy.go", "vendor", "vendors/a", "src/lock.py", "src/vendor.py", "src/go.sum.py",
    "locks/a.py", "my-package-lock.json", "src/snapshots/view.py", ".pnp.cjs", "xpnp.cjs", "pylock.dev.toml",
    "pylockXtoml", "a/min.js", "Amin.js", "a/vendor/x.com/b.go", "a/vendor/modules.txt", "a/vendor/bundle/b.rb",
    "a/third_party/b.c", "third-party/b.c", "web/node_modules/x.js", "a/vendor/b.com", "vendor/x.com/b.go",
)  # fmt: skip


@pytest.mark.parametrize("attribute", [GENERATED, VENDORED])
def test_names_are_read_as_gitignore_reads_them(attribute):
    """Of names and folders the list means what the same lines mean in `.gitignore`."""
    globs = NOT_WORK[attribute]
    spec = pathspec.GitIgnoreSpec.from_lines(globs)
    other = ({GENERATED, VENDORED} - {attribute}).pop()
    found = {place: is_work(place, {other: False}, configured(())) for place in PLACES}
    assert found == {place: not spec.match_file(place) for place in PLACES}
    assert len(set(found.values())) == 2
    assert regex(["a.b"]) == r"(?:^|/)(?:(?:a\.b)$)"


@pytest.mark.parametrize(
    ("attributes", "lines", "expected"),
    [
        ({}, (), (False, False, True)),
        ({GENERATED: False}, (), (True, False, True)),
        ({VENDORED: False}, (), (False, True, True)),
        ({GENERATED: True}, (), (False, False, False)),
        ({GENERATED: False, VENDORED: True}, (), (False, False, False)),
        ({GENERATED: True}, ["!src/"], (False, False, True)),
        ({}, ["*.py", "!uv.lock"], (True, False, False)),
        ({}, ["*", "!*.lock", "uv.*"], (False, False, False)),
    ],
)
def test_what_is_configured_decides_before_attributes(attributes, lines, expected):
    """What is configured decides, then an attribute that is set or unset, then the name."""
    paths = ("uv.lock", "vendor/a.c", "src/a.py")
    assert tuple(is_work(path, attributes, configured(lines)) for path in paths) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("vendor/lib/a.c", False),
        ("third_party/lib/a.c", False),
        ("web/node_modules/x/y.js", False),
        ("services/pay/vendor/github.com/a/b.go", False),
        ("services/pay/vendor/go.uber.org/zap/b.go", False),
        ("services/pay/vendor/modules.txt", False),
        ("Library/Homebrew/vendor/bundle/ruby/a.rb", False),
        ("src/vendor/views.py", True),
        ("app/models/vendor/invoice.rb", True),
        ("shop/third_party/stripe.py", True),
        ("src/vendor/bundle.py", True),
    ],
)
def test_a_shop_may_have_vendors_of_its_own(path, expected):
    """A folder `vendor` is others' work at the root, or where what lies in it leaves no doubt."""
    assert is_work(path, {}, configured(())) is expected


@pytest.mark.parametrize("line", ["", "# x", "docs/[z-a]", "a/["])
def test_a_line_that_is_no_glob_is_refused(line):
    """It is refused when the configuration is read, with the key and the line."""
    with pytest.raises(ValueError, match=r"is no glob as in \.gitignore"):
        configured([line])
    with pytest.raises(ValueError, match=r"not_work[\s\S]*is no glob"):
        settings_model(load_connector("git")).model_validate({"repositories": ["."], "not_work": [line]})


CODE, LOCK, BINARY = ("a.py", 7, 2), ("uv.lock", 500, 9), ("bun.lockb", 0, 0)


@pytest.mark.parametrize(
    ("files", "work", "left_out"),
    [
        ([CODE, LOCK], Size(1, 7, 2), "1 +500 -9"),
        ([LOCK], Size(0, 0, 0), "1 +500 -9"),
        ([CODE, BINARY], Size(1, 7, 2), "1"),
        ([CODE, LOCK, BINARY], Size(1, 7, 2), "2 +500 -9"),
        ([("logo.png", 0, 0), LOCK], Size(1, 0, 0), "1 +500 -9"),
    ],
)
def test_a_forge_s_size_without_other_files(files, work, left_out):
    """As git has it: the work, and files and lines of the rest; no lines where all of the rest may be binary."""
    size, others = without_others(Size(len(files), 999, 999), files)
    assert (size, others.words()) == (work, left_out)


@pytest.mark.parametrize("whole", [Size(2, 10, 3), Size(), Size(2)])
@pytest.mark.parametrize("files", [[], [LOCK], [CODE, ("b.py", 3, 1)], [LOCK] * 3])
def test_where_nothing_is_left_out_the_forge_decides(whole, files):
    """Its own totals stay where all files are work, and where not all are known or it counts others than it lists."""
    assert without_others(whole, files) == (whole, NOTHING)
