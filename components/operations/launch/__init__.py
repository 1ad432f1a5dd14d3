"""Everything on one machine: programs kept running, drawings watched."""
