"""Put back what Python 3.10 took from `collections`: the libraries within the client import it from there."""

import collections
import collections.abc

for name in collections.abc.__all__:
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
