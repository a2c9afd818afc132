"""The shop on one machine: the local stack, the simulated providers, sample data and the demo."""
