"""Programs that use the library as a team may."""
