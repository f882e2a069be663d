"""Beliefs about AWS, each with its source, held against localcloud."""
