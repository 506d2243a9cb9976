git remote add origin https://git.example.org/app.git
ada 2026-07-03T09:00:00+02:00 README.md "docs: say what this is for"
ada 2026-07-31T23:30:00+02:00 src/engine.py "feat(engine): turn the crank"
grace 2026-08-02T10:00:00+02:00 src/compiler.py "feat: compile what the engine runs"
ada 2026-09-30T23:59:59+02:00 src/engine.py "fix(engine): stop at the last day of the quarter"
ada 2026-10-01T00:00:00+02:00 src/engine.py "feat(engine): belongs to the next quarter"
