"""The reporter's pages: filing, and what became of it."""
