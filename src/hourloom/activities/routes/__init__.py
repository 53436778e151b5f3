"""Activities, categories and rules over HTTP."""
