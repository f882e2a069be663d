"""The numbered path from an empty repository and empty accounts to the first release: FIRST-CONTACT.md."""
