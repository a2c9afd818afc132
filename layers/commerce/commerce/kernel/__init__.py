"""What every area stands on: money, time, identifiers, errors and the commit."""
