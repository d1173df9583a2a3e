"""The command line: read the words, call one action, show the answer."""
