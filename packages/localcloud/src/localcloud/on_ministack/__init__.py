"""ministack as localcloud's host. Only this package uses ministack's names; tests/localcloud holds each private one."""
