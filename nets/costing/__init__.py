"""What a module costs: bytes over a training step, its peak, seconds on a device, and the largest batch."""
