"""The buyers' journeys, for real: every story over HTTP on the local stack, then the race, then the promises."""
