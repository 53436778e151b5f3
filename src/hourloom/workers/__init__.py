"""Work on foreign bytes in processes that hold no key, reach no network and open no other file."""
