"""Blueprint, compiler, code policy and explanation: pure."""
