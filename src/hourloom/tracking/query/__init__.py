"""ActivityWatch's query language: a parser, its transforms on integer intervals, and the interpreter."""
