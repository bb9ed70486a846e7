"""What programs outside may ask of a running agent."""
