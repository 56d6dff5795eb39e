"""What is simulated, as plain frozen data: workers, server, network, protocol, and when to stop."""

from sim.scenario.network import Network, Server, Stop
from sim.scenario.scenario import Scenario

__all__ = ["Network", "Scenario", "Server", "Stop"]
