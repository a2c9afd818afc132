"""One folder for each payment provider; each fills the port of the payments area."""
