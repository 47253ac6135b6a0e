"""A Cloud API for one machine and a phone page; a second, independent reading of the contract."""

from .app import Simulation, Simulator, create_simulator, run

__all__ = ["Simulation", "Simulator", "create_simulator", "run"]
