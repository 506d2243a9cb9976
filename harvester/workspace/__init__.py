"""What a program, the command, a server and CI call alike: data in, data out, errors raised, nothing printed."""
