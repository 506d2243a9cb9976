"""Files whose lines are not work: lock files, snapshots, what is generated and what is vendored.

Their lines are counted apart from the size of a change. The files are still among its paths, for goals and headings.
The names are those that the tools give these files. For generated and vendored ones it is the part of GitHub's list
that leaves no doubt (https://github.com/github-linguist/linguist/blob/main/lib/linguist/vendor.yml and generated.rb).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

Attribute = Literal["linguist-generated", "linguist-vendored"]
"""The attributes with which a repository says what is generated or vendored in it
(https://docs.github.com/repositories/working-with-files/managing-files/customizing-how-changed-files-appear-on-github)."""

ATTRIBUTES: tuple[Attribute, ...] = ("linguist-generated", "linguist-vendored")

LOCK_FILES = (
    "*.lock", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "bun.lockb", "go.sum", "packages.lock.json",
    "gradle.lockfile", ".terraform.lock.hcl", "Package.resolved", ".pnp.cjs", "pylock.toml", "pylock.*.toml",
)  # fmt: skip
SNAPSHOTS = ("*.snap", "*.ambr", "__snapshots__/", "__image_snapshots__/")
GENERATED = (
    "*.min.js", "*.min.css", "*.js.map", "*.css.map", "*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*.pb.go", "*.pb.cc",
    "*.pb.h", "*.pb.gw.go", "*_pb.rb", "*_pb.js", "*_pb.d.ts", "*.g.dart", "*.freezed.dart", "*.designer.cs",
    "*.Designer.cs", "zz_generated.*", "__generated__/",
)  # fmt: skip
VENDORED = (
    "node_modules/", "bower_components/", "/vendor/", "/third_party/", "/third-party/", "**/vendor/bundle/",
    "**/vendor/modules.txt", "**/vendor/*.com/", "**/vendor/*.dev/", "**/vendor/*.in/", "**/vendor/*.io/",
    "**/vendor/*.net/", "**/vendor/*.org/", "**/Godeps/_workspace/", "**/.yarn/releases/", "**/.yarn/plugins/",
    "**/.yarn/cache/",
)  # fmt: skip
"""Below the root `vendor/` may be work, such as a shop's `src/vendor/`; there only what Bundler and Go put in it counts
(https://go.dev/ref/mod#vendoring: modules are named after hosts)."""

NOT_WORK: Mapping[Attribute, tuple[str, ...]] = {
    "linguist-generated": (*LOCK_FILES, *SNAPSHOTS, *GENERATED),
    "linguist-vendored": VENDORED,
}
"""As in `.gitignore`; by the attribute with which a repository says that some of these files are work after all."""

Verdict = Callable[[str], bool | None]
"""Whether a path is work; None where that is left to others."""


def regex(globs: Sequence[str]) -> str:
    """A regular expression, to be searched for, of names (`*.lock`) and folders (`vendor/`, `**/a/b/`) at any depth.

    What begins with a slash (`/vendor/`) is at the root alone.
    """
    names = "|".join(_regex(each) for each in globs if not each.endswith("/"))
    folders = "|".join(_regex(each) for each in globs if each.endswith("/"))
    parts = [part for part in (names and f"(?:{names})$", folders and f"(?:{folders})") if part]
    return rf"(?:^|/)(?:{'|'.join(parts)})"


def _regex(glob: str) -> str:
    root = "^" if glob.startswith("/") else ""
    return root + re.escape(glob.removeprefix("**/").removeprefix("/")).replace(r"\*", "[^/]*")


_DEFAULT = {attribute: re.compile(regex(globs)) for attribute, globs in NOT_WORK.items()}


def is_work(path: str, attributes: Mapping[Attribute, bool], configured: Verdict) -> bool:
    """Whether the lines of a file are work: by what is configured, else by its attributes, else by its name.

    `attributes` are those that are set (True) or unset (False) for the path.
    """
    verdict = configured(path)
    if verdict is not None:
        return verdict
    if any(attributes.values()):
        return False
    return not any(attribute not in attributes and each.search(path) for attribute, each in _DEFAULT.items())


def configured(lines: Collection[str]) -> Verdict:
    """What lines as in `.gitignore` say: a file that they select is no work, one that a `!` line selects is.

    The last line that matches decides. Raises ValueError, which names the line, where one is no glob.
    """
    if not lines:
        return lambda path: None
    import pathspec

    for line in lines:
        _check(line)
    spec = pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")

    def verdict(path: str) -> bool | None:
        selected = spec.check_file(path).include
        return None if selected is None else not selected

    return verdict


def _check(line: str) -> None:
    import pathspec

    try:
        (pattern,) = pathspec.GitIgnoreSpec.from_lines([line], backend="simple").patterns
    except (ValueError, re.error) as error:
        raise ValueError(f"{line!r} is no glob as in .gitignore") from error
    if pattern.include is None:
        raise ValueError(f"{line!r} is no glob as in .gitignore")
