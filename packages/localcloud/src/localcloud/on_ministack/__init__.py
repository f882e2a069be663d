"""Adapter that runs localcloud's services on ministack.

Only this package uses names of ministack. tests/localcloud/test_ministack_names.py checks the private ones.
"""
