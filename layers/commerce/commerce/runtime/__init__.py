"""What a function needs to run: settings, wiring, HTTP, observability."""
