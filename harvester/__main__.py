"""The console script, and `python -m harvester`."""


def run() -> None:
    """Run the command; whoever interrupts while it is still being loaded sees no traceback either."""
    try:
        from harvester.cli.main import run as started
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    started()


if __name__ == "__main__":
    run()
