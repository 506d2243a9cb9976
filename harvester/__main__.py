"""The console script, and `python -m harvester`."""


def run() -> None:
    """Run the command; an interrupt while it is still being loaded shows no traceback either."""
    try:
        from harvester.cli.main import run as run_command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run_command()


if __name__ == "__main__":
    run()
