git remote add origin https://git.example.org/app.git
grace 2025-11-02T10:00:00+00:00 src/compiler.py "Compile"
grace 2025-12-02T10:00:00+00:00 src/compiler.py "Compile faster"
who="dependabot[bot]" mail="49699333+dependabot[bot]@users.noreply.github.com" did 2025-12-03T10:00:00+00:00 lock "Bump a"
who="dependabot[bot]" mail="49699333+dependabot[bot]@users.noreply.github.com" did 2025-12-04T10:00:00+00:00 lock "Bump b"
who="dependabot[bot]" mail="49699333+dependabot[bot]@users.noreply.github.com" did 2025-12-05T10:00:00+00:00 lock "Bump c"
