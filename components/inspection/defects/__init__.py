"""How small a fault is still found: planted faults, their pictures, the benchmark, its record."""
