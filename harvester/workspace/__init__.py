"""What a person's program, the command, a server and CI call alike."""
