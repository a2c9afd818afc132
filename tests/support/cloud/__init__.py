"""The shop's functions wired as the template wires them, in one process, under a clock that tests move."""
