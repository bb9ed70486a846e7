"""Prints how many worlds the split finder explores: `python -m tests.protocols.worlds`."""

import protocols
from tests.protocols.explore import explore
from tests.protocols.network import explore_network

if __name__ == "__main__":
    for each in protocols.tables():
        network = f"{explore_network(each).worlds:7} on the network" if each.reliable else ""
        print(f"{each.id:55} {explore(each).worlds:5} ordered {network}  0 splits")
