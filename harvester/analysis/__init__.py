"""Analysis of the frame: measures, threads, references and kinds of files."""
