"""What every simulated party has: a clock that tests may own, a client that reports to the shop, and its pace."""

from sandbox.simulator.clock import Action, Clock, VirtualClock, WallClock
from sandbox.simulator.moving_parts import Simulator

__all__ = ["Action", "Clock", "Simulator", "VirtualClock", "WallClock"]
