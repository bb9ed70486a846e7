"""What people and machines start by hand. Not part of the distribution."""
