"""Ways a packed message can travel."""
